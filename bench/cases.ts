import { readFileSync } from "node:fs";
import { join } from "node:path";
import { api } from "./api.ts";
import {
  cp,
  fill,
  idleNode,
  intoFresh,
  type Participant,
  packsync,
  remove,
  rsync,
  VOLUMES,
  volumeOf,
  work,
} from "./contenders.ts";
import { idleCpu, idleMemory, start } from "./daemon.ts";
import { registerBatch } from "./installing.ts";
import { listened } from "./listened.ts";
import { live } from "./live.ts";
import { measurePeakMemory, type Rounds, timeAlternately } from "./measure.ts";
import { expectOutcomes } from "./outcomes.ts";
import { type Command, run } from "./process.ts";
import { registering } from "./registering.ts";
import { signal } from "./signal.ts";
import { branchSwitch } from "./switch.ts";
import { type Case, type Measurement, SUBJECT } from "./targets.ts";
import { editOneFile, LARGE_PACK, SIZES, type Size, writeLargePack } from "./tree.ts";
import { validateCold, validateEdit, validateMemory, validateWarm } from "./validation.ts";

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
export async function runCase(name: Case, bench: Bench): Promise<readonly Measurement[] | undefined> {
  work(bench);
  const measured = await measure(name, bench);
  await remove(bench, join(bench.root, VOLUMES));
  return measured;
}

function measure(name: Case, bench: Bench): Promise<readonly Measurement[] | undefined> {
  if (name === "signal") return signal(bench);
  if (name === "listened") return listened(bench);
  return name === "api" ? api(bench) : alone(name, bench);
}

/** Those that are several rows have a way of their own. */
type Single = Exclude<Case, "signal" | "api" | "listened">;

async function alone(name: Single, bench: Bench): Promise<readonly Measurement[] | undefined> {
  const samples = await samplesFor(name, bench);
  return samples && [{ case: name, size: bench.size, samples }];
}

function samplesFor(name: Single, bench: Bench): Promise<Measurement["samples"] | undefined> {
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
    case "start":
      return start(bench);
    case "idle-memory":
      return idleMemory(bench);
    case "idle-cpu":
      return idleCpu(bench);
    case "live":
      return live(bench);
    case "switch":
      return branchSwitch(bench);
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
    case "register-batch":
      return registerBatch(bench);
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

/** Says by JSON what the timed runs say to `/dev/null`. */
async function expectNothingToDo(bench: Bench): Promise<void> {
  const { command } = packsync(bench);
  const report = join(command.cwd, "report.json");
  await run({ ...command, args: [...command.args, "--format", "json"], stdout: report }, bench.abort);
  expectOutcomes(report, SIZES[bench.size], []);
}
