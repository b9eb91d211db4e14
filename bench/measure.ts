import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, run } from "./process.ts";

/** One program in a comparison. */
export interface Contender<Name extends string> {
  readonly name: Name;
  readonly command: Command;
  /** What counts of a run; wall clock from spawn to exit unless given. */
  readonly measure?: Measure;
  /** Brings about the state that a run starts from; not timed. */
  readonly before?: () => Promise<void>;
  /** Throws unless the run did what it is timed for; not timed. */
  readonly after?: () => Promise<void>;
}

/** What every run of a comparison has in common. */
export interface Rounds {
  /** Measured runs of each contender. */
  readonly runs: number;
  /** Somewhere on the file system that is made quiet before each run. */
  readonly root: string;
  readonly abort: AbortSignal;
}

/** The measured values of each contender, in milliseconds or bytes; the same index is the same round. */
export type Samples<Name extends string> = ReadonlyMap<Name, readonly number[]>;

const SETTLE_MS = 200;

/**
 * Runs the contenders alternately, one warm-up each and then `runs` rounds: A B C, B C A, C A B, …
 *
 * Turns, so that whatever else the machine does falls on all of them; in rotating order, so that nobody
 * always runs in the wake of the same other one.
 *
 * @returns wall-clock milliseconds of each run
 */
export async function timeAlternately<Name extends string>(
  contenders: readonly Contender<Name>[],
  { runs, root, abort }: Rounds,
): Promise<Samples<Name>> {
  const samples = new Map<Name, number[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await warmUp(contender, { root, abort });
  for (let round = 0; round < runs; round += 1) {
    for (const contender of rotated(contenders, round)) {
      samples.get(contender.name)?.push(await once(contender, { root, abort }));
    }
  }
  return samples;
}

/**
 * Peak resident memory of a contender.
 *
 * @returns bytes of each run
 */
export async function measurePeakMemory<Name extends string>(
  contender: Contender<Name>,
  { runs, root, abort }: Rounds,
): Promise<Samples<Name>> {
  const measure = existsSync(GNU_TIME) ? peakByGnuTime : peakByProc;
  await warmUp(contender, { root, abort });
  const peaks: number[] = [];
  for (let round = 0; round < runs; round += 1) peaks.push(await once({ ...contender, measure }, { root, abort }));
  return new Map([[contender.name, peaks]]);
}

/** Runs a command and says what counts of it. */
type Measure = (command: Command, abort: AbortSignal) => Promise<number>;

/** The warm-up's complaints are kept: a program that cannot work at all says why. */
async function warmUp<Name extends string>(contender: Contender<Name>, where: Omit<Rounds, "runs">): Promise<void> {
  const { command } = contender;
  await once({ ...contender, command: { ...command, stderr: join(command.cwd, "stderr") } }, where);
}

async function once<Name extends string>(
  { command, measure = run, before, after }: Contender<Name>,
  { root, abort }: Omit<Rounds, "runs">,
): Promise<number> {
  await before?.();
  await settle(root, abort);
  const measured = await measure(command, abort);
  await after?.();
  return measured;
}

/** Nothing of the run before is left to be written while the next one is timed. */
async function settle(root: string, abort: AbortSignal): Promise<void> {
  await run({ program: "sync", args: ["--file-system", root], cwd: "/" }, abort);
  await sleep(SETTLE_MS, undefined, { signal: abort });
}

const GNU_TIME = "/usr/bin/time";

/** GNU time starts the program from a tiny process: what a child inherits as its peak (getrusage(2)) is not ours. */
async function peakByGnuTime(command: Command, abort: AbortSignal): Promise<number> {
  const report = join(command.cwd, "time");
  const args = ["-f", "%M", "-o", report, command.program, ...command.args];
  await run({ ...command, program: GNU_TIME, args }, abort);
  return Number(readFileSync(report, "utf8").trim()) * 1024;
}

const POLL_MS = 5;

/** `VmHWM` of proc_pid_status(5) only grows, so all that polling can miss is growth in the last 5 ms. */
async function peakByProc(command: Command, abort: AbortSignal): Promise<number> {
  let peak = 0;
  let poll: NodeJS.Timeout | undefined;
  try {
    await run(command, abort, (pid) => {
      poll = setInterval(() => {
        peak = Math.max(peak, highWaterMark(pid));
      }, POLL_MS);
    });
  } finally {
    clearInterval(poll);
  }
  return peak;
}

function highWaterMark(pid: number): number {
  try {
    const [, kib = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib) * 1024;
  } catch {
    return 0; // between its end and the exit event
  }
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
