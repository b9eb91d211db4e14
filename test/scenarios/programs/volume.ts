import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { expect } from "vitest";
import { filesOf, generationOf } from "./generation.ts";

/** Every file below a directory with its text; none when there is no such directory. */
function textsOf(directory: string): Record<string, string> {
  const paths = existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: "utf8" }).sort() : [];
  const files = paths.filter((path) => statSync(`${directory}/${path}`).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(`${directory}/${path}`, "utf8")]));
}

/**
 * Which generation of a pack a directory is, whole, with nothing missing and nothing too many but these foreign files;
 * 0: nothing but these.
 */
export function wholeGeneration(directory: string, ref: string, foreign: Readonly<Record<string, string>>): number {
  const there = textsOf(directory);
  const manifest = there["pack.yaml"];
  const generation = manifest === undefined ? 0 : generationOf(ref, "pack.yaml", manifest);
  expect(generation, `a whole pack.yaml of ${ref}`).toBeDefined();
  const own = generation === undefined || generation === 0 ? [] : [...filesOf(ref, generation)];
  expect(there, `${ref}, generation ${generation}`).toEqual({ ...Object.fromEntries(own), ...foreign });
  return generation ?? 0;
}

/** What is in `.packsync` when nothing is under way; the last ones where something was installed, or a daemon was. */
const OWN = ["CACHEDIR.TAG", "lock", "releases", "staging", "state.db", "installed", "installing", "events.db"];

/**
 * What is not in order in a volume where nothing is under way: whatever stands half-done, and any manifest that is not
 * of a release that is live or has its tree, any tree without manifest, any number given twice.
 */
export function disorderIn(volume: string, live: readonly string[]): string[] {
  const own = `${volume}/.packsync`;
  const strange = readdirSync(own).filter((name) => !OWN.includes(name));
  const staged = readdirSync(`${own}/staging`).map((name) => `staging/${name}`);
  const refs = readdirSync(`${own}/releases`);
  return [
    ...strange,
    ...staged,
    ...unfinishedIn(`${own}/installing`),
    ...refs.flatMap((ref) => disorderOf(`${own}/releases/${ref}`, ref, live.includes(ref))),
  ];
}

/** An installation that went live may wait to be settled. */
function unfinishedIn(installing: string): string[] {
  const refs = existsSync(installing) ? readdirSync(installing) : [];
  return refs.flatMap((ref) => (existsSync(`${installing}/${ref}/live`) ? [] : [`installing/${ref}`]));
}

function disorderOf(directory: string, ref: string, isLive: boolean): string[] {
  const names = readdirSync(directory);
  const manifests = names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  const trees = names.filter((name) => !name.endsWith(".json"));
  const treeless = manifests.filter((name) => !trees.includes(name) && isRelease(`${directory}/${name}.json`));
  const numbers = manifests.map((name) => name.split("-")[0]);
  return [
    ...trees.filter((name) => !manifests.includes(name)).map((name) => `${ref}: ${name} has no manifest`),
    ...(treeless.length > (isLive ? 1 : 0)
      ? [`${ref}: of these manifests at most one is of a release: ${treeless}`]
      : []),
    ...(new Set(numbers).size < numbers.length ? [`${ref}: numbers given twice: ${numbers}`] : []),
  ];
}

/** A retirement's manifest has no files, and no tree either. */
function isRelease(manifest: string): boolean {
  return Object.keys(JSON.parse(readFileSync(manifest, "utf8")).files).length > 0;
}
