import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./cases.ts";
import { type Participant, remove, volumeOf, work } from "./contenders.ts";
import { timeAlternately } from "./measure.ts";
import { expectOutcomes } from "./outcomes.ts";
import type { Command } from "./process.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { DEFINITIONS } from "./tree.ts";
import { prepare } from "./validation.ts";

/**
 * The packs are registered in an empty volume by one call, against what people do without it: they copy them into a source, and sync. Both
 * validate, publish and register the same packs; who installs keeps a copy for himself, and can take back each batch until it is registered.
 */
export async function registerBatch(bench: Bench): Promise<Measurement["samples"]> {
  const { packs } = await prepare(bench);
  const refs = readdirSync(packs).sort();
  const source = join(bench.root, "volumes", "copied-source");
  const nothing = ["--packs-dev", join(bench.root, "no-packs-dev"), "--format", "json"];
  const subject: Participant = {
    name: SUBJECT,
    command: {
      ...reporting(bench, "registered.json"),
      program: bench.node,
      args: [
        ...[bench.program, "register", ...refs.map((ref) => join(packs, ref))],
        ...["--packs", join(bench.root, "no-packs"), "--volume", volumeOf(bench, SUBJECT), ...nothing],
      ],
    },
    before: () => remove(bench, volumeOf(bench, SUBJECT)),
    after: async () => expectRegistered(reporting(bench, "registered.json").stdout),
  };
  const sync = [bench.node, bench.program, "--once", "--packs", source, "--volume", volumeOf(bench, "cp -r, sync")];
  const peer: Participant = {
    name: "cp -r, sync",
    command: {
      ...reporting(bench, "synced.json"),
      program: "sh",
      args: ["-c", 'cp -r "$1/." "$2" && shift 2 && exec "$@"', "sh", packs, source, ...sync, ...nothing],
    },
    before: async () => {
      for (const path of [source, volumeOf(bench, "cp -r, sync")]) await remove(bench, path);
      mkdirSync(source, { recursive: true });
    },
    after: async () => expectOutcomes(reporting(bench, "synced.json").stdout, DEFINITIONS.packs, refs),
  };
  return await timeAlternately([subject, peer], bench);
}

function reporting(bench: Bench, name: string): Pick<Command, "cwd"> & { readonly stdout: string } {
  return { cwd: work(bench), stdout: join(work(bench), name) };
}

/** The definition of a pack is one, too. */
function expectRegistered(report: string): void {
  const { success_count, failure_count, total_components } = JSON.parse(readFileSync(report, "utf8")).summary;
  const found = [success_count, failure_count, success_count + total_components];
  const expected = [DEFINITIONS.packs, 0, DEFINITIONS.files];
  if (String(found) !== String(expected))
    throw new Error(`Expected packs, failures and definitions to be ${expected}, got ${found}`);
}
