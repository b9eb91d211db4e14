import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { createHistory, publishedFrom, readThroughHandle, refsOf, SOURCES } from "../programs/churned.ts";
import type { Churned, ChurnOrder } from "../programs/churner.ts";
import { type Program, startProgram } from "../programs/start.ts";
import { PATIENCE } from "./daemon.ts";
import { pack } from "./packs.ts";
import type { Story } from "./story.ts";
import type { Tree } from "./tree.ts";

const CHURNER = new URL("../programs/churner.ts", import.meta.url);
const READER = new URL("../programs/release-reader.ts", import.meta.url);
const OWNERS = [0, 1, 2] as const;

export const CHURNED_REFS: readonly string[] = OWNERS.flatMap(refsOf);

/** A dozen valid packs, which the churners of {@link startChurn} know. */
export function churnedPacks(): Tree {
  return Object.fromEntries(
    CHURNED_REFS.map((ref) => [ref, pack(ref, { "README.md": "first\n", lib: { "a.txt": "a" } })]),
  );
}

/** Several processes that change the same packs at random. */
export interface Churn extends AsyncDisposable {
  /** All of them, at the same time, until each is done. */
  order(order: ChurnOrder): Promise<Churned>;
}

export function startChurn(it: Story, seed: number): Churn {
  const programs = OWNERS.map((index) => startProgram(CHURNER, it.directory, `${index}`, `${seed}`));
  return {
    async order(order) {
      const all = await Promise.all(programs.map((program) => program.ask<Churned>(order)));
      const sum = (count: (each: Churned) => number) => all.reduce((total, each) => total + count(each), 0);
      return {
        done: sum(({ done }) => done),
        failed: sum(({ failed }) => failed),
        broken: all.flatMap(({ broken }) => broken),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(programs.map((program) => program.kill()));
    },
  };
}

/** Reads every pack again and again; see `release-reader.ts`. */
export function startReader(it: Story): Program {
  return startProgram(READER, it.at("volume"), ...CHURNED_REFS);
}

type Packs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Ref → files as they have to be live, wherever the pack's directory is and whatever it is called. */
export function churnedSources(it: Story): Packs {
  const places = SOURCES.flatMap((source) =>
    existsSync(it.at(source)) ? readdirSync(it.at(source)).map((name) => it.at(`${source}/${name}`)) : [],
  );
  const found = places.flatMap((place) => {
    const ref = /^ref: (.*)$/m.exec(
      existsSync(`${place}/pack.yaml`) ? readFileSync(`${place}/pack.yaml`, "utf8") : "",
    )?.[1];
    return ref === undefined ? [] : [[ref, publishedFrom(place)] as const];
  });
  return Object.fromEntries(found);
}

export function churnedVolume(it: Story): Packs {
  const found = CHURNED_REFS.flatMap((ref) => {
    const files = readThroughHandle(it.at(`volume/${ref}`));
    return files === undefined ? [] : [[ref, files] as const];
  });
  return Object.fromEntries(found);
}

/** Waits until the volume holds these packs, and no other ones. */
export async function untilVolumeIs(it: Story, wanted: Packs): Promise<void> {
  await expect.poll(() => attempt(() => churnedVolume(it)), PATIENCE).toEqual(wanted);
}

/** Of what changes while it is read nothing is known. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Every pack in the volume is exactly one release, whatever was going on a moment ago. */
export function expectWholeReleases(it: Story): void {
  const history = createHistory(it.at("volume"));
  const torn = Object.entries(churnedVolume(it)).filter(([ref, files]) => !history.has(ref, files));
  expect(torn, "packs that are no release").toEqual([]);
}
