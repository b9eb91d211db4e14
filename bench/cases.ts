import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Contender, measurePeakMemory, type Rounds, timeAlternately } from "./measure.ts";
import { expectOutcomes } from "./outcomes.ts";
import { type Command, run } from "./process.ts";
import { registering } from "./registering.ts";
import { type Case, type Measurement, type Peer, SUBJECT } from "./targets.ts";
import { editOneFile, FILES_PER_PACK, LARGE_PACK, SIZES, type Size, writeLargePack } from "./tree.ts";
import { validateCold, validateEdit, validateMemory, validateWarm } from "./validation.ts";
import { expectFileCount, expectSameTree } from "./verify.ts";

/** One generated tree and what is measured on it. */
export interface Bench extends Rounds {
  readonly size: Size;
  /** The tree; `edit` changes it. */
  readonly source: string;
  /** The Node that runs packsync. */
  readonly node: string;
  /** packsync, bundled to one JavaScript file. */
  readonly program: string;
}

/**
 * Runs one case and removes its volumes; after a failure they stay for whoever wants to look (`--keep`).
 *
 * @returns `undefined` when what it is compared with is not installed
 */
export async function runCase(name: Case, bench: Bench): Promise<Measurement | undefined> {
  work(bench);
  const samples = await samplesFor(name, bench);
  await remove(bench, join(bench.root, VOLUMES));
  return samples && { case: name, size: bench.size, samples };
}

const VOLUMES = "volumes";

type Participant = Contender<typeof SUBJECT | Peer>;

function samplesFor(name: Case, bench: Bench): Promise<Measurement["samples"] | undefined> {
  switch (name) {
    case "cold":
      return cold(bench);
    case "noop":
      return noop(bench);
    case "edit":
      return edit(bench);
    case "rollback":
      return rollback(bench);
    case "memory":
      return memory(bench);
    case "validate":
      return validateCold(bench);
    case "revalidate":
      return validateWarm(bench);
    case "save":
      return validateEdit(bench);
    case "validate-memory":
      return validateMemory(bench);
    case "register":
      return registering(bench, "embedded");
    case "register-attune":
      return registering(bench, "attune");
    default:
      return name satisfies never;
  }
}

/** Everybody into a fresh empty directory; the first copy of each is compared by digest, the others are counted. */
async function cold(bench: Bench): Promise<Measurement["samples"]> {
  const contenders = [packsync(bench), cp(bench), rsync(bench)].map((one) => intoFresh(bench, one));
  return await timeAlternately(contenders, bench);
}

/** The same commands again while nothing changed; at 1k, where start-up is nearly all, also a Node that does nothing. */
async function noop(bench: Bench): Promise<Measurement["samples"]> {
  const contenders = [packsync(bench), rsync(bench)];
  for (const contender of contenders) await fill(bench, contender);
  await expectNothingToDo(bench);
  return await timeAlternately(bench.size === "1k" ? [...contenders, idleNode(bench)] : contenders, bench);
}

/** One file changed in place, against the same volume with nothing to do; both report as JSON, so that both can be checked. */
async function edit(bench: Bench): Promise<Measurement["samples"]> {
  const report = join(work(bench), "report.json");
  const { command } = packsync(bench);
  const reporting: Command = { ...command, args: [...command.args, "--format", "json"], stdout: report };
  let edits = 0;
  let edited: readonly string[] = [];
  const afterEdit: Participant = {
    name: SUBJECT,
    command: reporting,
    before: async () => {
      edits += 1;
      edited = [editOneFile(bench.source, bench.size, edits)];
    },
    after: async () => expectOutcomes(report, SIZES[bench.size], edited),
  };
  const ownNoop: Participant = {
    name: "own noop",
    command: reporting,
    after: async () => expectOutcomes(report, SIZES[bench.size], []),
  };
  await fill(bench, packsync(bench));
  return await timeAlternately([afterEdit, ownNoop], bench);
}

/**
 * A pack of 1,000 files goes back and forth between two releases that have no file in common. What counts is the time inside the
 * process that stays, from the moment the files are verified until readers have the other release; verifying, and the same in a
 * fresh process, are told apart.
 */
async function rollback(bench: Bench): Promise<Measurement["samples"]> {
  const source = join(bench.root, "large");
  const report = join(work(bench), "report.json");
  const { command } = packsync({ ...bench, source });
  const volume = volumeOf(bench, SUBJECT);
  await remove(bench, volume);
  for (const generation of [1, 2]) {
    writeLargePack(source, generation);
    await run({ ...command, stderr: join(command.cwd, "stderr") }, bench.abort);
  }
  const args = [bench.program, "rollback", LARGE_PACK, "--volume", volume, "--format", "json"];
  const going = { name: SUBJECT, command: { ...command, args, stdout: report } };
  const published: number[] = [];
  const after = async () => {
    const { liveInMs, changes } = JSON.parse(readFileSync(report, "utf8"));
    if (changes.replaced < 900) throw new Error(`Expected a rollback of nearly 1,000 files, got ${changes.replaced}`);
    published.push(liveInMs);
  };
  await timeAlternately([{ ...going, after }], bench);
  const staying = [join(import.meta.dirname, "rollbacks.ts"), volume, LARGE_PACK, String(bench.runs)];
  await run({ ...command, args: staying, stdout: report }, bench.abort);
  const times: { readonly liveInMs: number; readonly verifiedInMs: number }[] = JSON.parse(
    readFileSync(report, "utf8"),
  );
  return new Map([
    [SUBJECT, times.map(({ liveInMs }) => liveInMs)],
    ["re-hashing", times.map(({ verifiedInMs }) => verifiedInMs)],
    ["fresh process", published.slice(1)],
  ] as const);
}

/** Three runs are enough for a peak, which hardly varies. */
async function memory(bench: Bench): Promise<Measurement["samples"]> {
  return await measurePeakMemory(intoFresh(bench, packsync(bench)), { ...bench, runs: Math.min(bench.runs, 3) });
}

function packsync(bench: Bench): Participant {
  const args = ["--once", "--packs", bench.source, "--packs-dev", join(bench.root, "no-packs-dev")];
  const command = [bench.node, bench.program, ...args, "--volume", volumeOf(bench, SUBJECT)] as const;
  return { name: SUBJECT, command: commandOf(bench, command) };
}

/** What init-packs does. */
function cp(bench: Bench): Participant {
  const command = commandOf(bench, ["cp", "-rf", `${bench.source}/.`, volumeOf(bench, "cp -rf")]);
  return { name: "cp -rf", command };
}

function rsync(bench: Bench): Participant {
  const command = commandOf(bench, ["rsync", "-a", `${bench.source}/`, `${volumeOf(bench, "rsync -a")}/`]);
  return { name: "rsync -a", command };
}

function idleNode(bench: Bench): Participant {
  return { name: "node -e 0", command: commandOf(bench, [bench.node, "-e", "0"]) };
}

function intoFresh(bench: Bench, contender: Participant): Participant {
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
async function fill(bench: Bench, contender: Participant): Promise<void> {
  const { command, before, after } = intoFresh(bench, contender);
  await before?.();
  await run({ ...command, stderr: join(command.cwd, "stderr") }, bench.abort);
  await after?.();
}

/** Says by JSON what the timed runs say to `/dev/null`. */
async function expectNothingToDo(bench: Bench): Promise<void> {
  const { command } = packsync(bench);
  const report = join(command.cwd, "report.json");
  await run({ ...command, args: [...command.args, "--format", "json"], stdout: report }, bench.abort);
  expectOutcomes(report, SIZES[bench.size], []);
}

function commandOf(bench: Bench, [program, ...args]: readonly [string, ...string[]]): Command {
  return { program, args, cwd: work(bench) };
}

/** An empty working directory: no `packsync.yaml` to be found by chance. */
function work({ root }: Bench): string {
  const directory = join(root, "work");
  mkdirSync(directory, { recursive: true });
  return directory;
}

function volumeOf({ root }: Bench, name: string): string {
  return join(root, VOLUMES, name.replaceAll(" ", "_"));
}

/** By a process of its own: removing 100k files takes a second, and Ctrl-C should work meanwhile. */
async function remove({ abort }: Bench, directory: string): Promise<void> {
  await run({ program: "rm", args: ["-rf", directory], cwd: "/" }, abort);
}
