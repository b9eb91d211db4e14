import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./cases.ts";
import type { Contender } from "./measure.ts";
import { type Command, run } from "./process.ts";
import { type Peer, SUBJECT } from "./targets.ts";
import { FILES_PER_PACK, SIZES } from "./tree.ts";
import { expectFileCount, expectSameTree } from "./verify.ts";

export type Participant = Contender<typeof SUBJECT | Peer>;

export function packsync(bench: Bench): Participant {
  const command = [bench.node, bench.program, "--once", ...directories(bench)] as const;
  return { name: SUBJECT, command: commandOf(bench, command) };
}

/** Stays; says on its standard output what it does, a JSON document a line. */
export function packsyncDaemon(bench: Bench): Command {
  return commandOf(bench, [bench.node, bench.program, ...directories(bench), "--log-style", "json"]);
}

/** What init-packs does. */
export function cp(bench: Bench): Participant {
  const command = commandOf(bench, ["cp", "-rf", `${bench.source}/.`, volumeOf(bench, "cp -rf")]);
  return { name: "cp -rf", command };
}

export function rsync(bench: Bench): Participant {
  const command = commandOf(bench, ["rsync", "-a", `${bench.source}/`, `${volumeOf(bench, "rsync -a")}/`]);
  return { name: "rsync -a", command };
}

export function idleNode(bench: Bench): Participant {
  return { name: "node -e 0", command: commandOf(bench, [bench.node, "-e", "0"]) };
}

export function intoFresh(bench: Bench, contender: Participant): Participant {
  const volume = volumeOf(bench, contender.name);
  let isCompared = false;
  return {
    ...contender,
    before: async () => {
      await remove(bench, volume);
      mkdirSync(volume, { recursive: true });
    },
    after: async () => {
      if (isCompared) expectFileCount(volume, SIZES[bench.size] * FILES_PER_PACK);
      else expectSameTree(bench.source, volume);
      isCompared = true;
    },
  };
}

/** One run into a fresh volume, checked and not measured. */
export async function fill(bench: Bench, contender: Participant): Promise<void> {
  const { command, before, after } = intoFresh(bench, contender);
  await before?.();
  await run({ ...command, stderr: join(command.cwd, "stderr") }, bench.abort);
  await after?.();
}

export function commandOf(bench: Bench, [program, ...args]: readonly [string, ...string[]]): Command {
  return { program, args, cwd: work(bench) };
}

/** An empty working directory: no `packsync.yaml` to be found by chance. */
export function work({ root }: Bench): string {
  const directory = join(root, "work");
  mkdirSync(directory, { recursive: true });
  return directory;
}

export const VOLUMES = "volumes";

export function volumeOf({ root }: Bench, name: string): string {
  return join(root, VOLUMES, name.replaceAll(" ", "_"));
}

/** By a process of its own: removing 100k files takes a second, and Ctrl-C should work meanwhile. */
export async function remove({ abort }: Bench, directory: string): Promise<void> {
  await run({ program: "rm", args: ["-rf", directory], cwd: "/" }, abort);
}

function directories(bench: Bench): readonly string[] {
  const packs = ["--packs", bench.source, "--packs-dev", join(bench.root, "no-packs-dev")];
  return [...packs, "--volume", volumeOf(bench, SUBJECT)];
}
