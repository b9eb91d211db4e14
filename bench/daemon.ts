import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bench } from "./cases.ts";
import { commandOf, fill, idleNode, type Participant, packsync, packsyncDaemon, volumeOf, work } from "./contenders.ts";
import { timeAlternately } from "./measure.ts";
import { type Command, run } from "./process.ts";
import { type Staying, startStaying } from "./staying.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { SIZES } from "./tree.ts";

type Samples = Measurement["samples"];

/** A daemon beside its volume, which is up to date already, and says so. */
export async function startDaemon(bench: Bench): Promise<Staying> {
  const command = packsyncDaemon(bench);
  const stderr = join(command.cwd, "stderr");
  return await startStaying({ ...command, stderr }, (line) => line.includes('"msg":"watching"'), bench.abort);
}

/** From spawn until it watches and is in sync, with nothing to do; a Node that does nothing; and the watcher alone. */
export async function start(bench: Bench): Promise<Samples> {
  await fill(bench, packsync(bench));
  const subject: Participant = {
    name: SUBJECT,
    command: packsyncDaemon(bench),
    measure: async () => {
      await using daemon = await startDaemon(bench);
      expectNothingToDo(bench, daemon);
      return daemon.readyMs;
    },
  };
  const watcher: Participant = {
    name: "watcher alone",
    command: programOf(bench, "watching", [bench.source]),
    measure: async (command) => Number(await answerOf(command, bench)),
  };
  return await timeAlternately([subject, idleNode(bench), watcher], bench);
}

const IDLE_MS = 10_000;

/** Resident bytes of a daemon that had nothing to do at its start, nor since. */
export async function idleMemory(bench: Bench): Promise<Samples> {
  await fill(bench, packsync(bench));
  const sizes: number[] = [];
  for (let round = 0; round < Math.min(bench.runs, 3); round += 1) {
    await using daemon = await startDaemon(bench);
    await idle(bench, daemon, IDLE_MS);
    sizes.push(residentBytes(daemon.pid));
    await expectAwake(bench);
  }
  return new Map([[SUBJECT, sizes]]);
}

const MINUTE_MS = 60_000;

/** Percent of one core, minute by minute. */
export async function idleCpu(bench: Bench): Promise<Samples> {
  await fill(bench, packsync(bench));
  await using daemon = await startDaemon(bench);
  await idle(bench, daemon, IDLE_MS);
  const shares: number[] = [];
  for (let round = 0; round < Math.min(bench.runs, 3); round += 1) {
    const before = processorMs(daemon.pid);
    await idle(bench, daemon, MINUTE_MS);
    shares.push((100 * (processorMs(daemon.pid) - before)) / MINUTE_MS);
  }
  await expectAwake(bench);
  return new Map([[SUBJECT, shares]]);
}

/** One of the programs beside this file; it prints one JSON value. */
export function programOf(bench: Bench, name: string, args: readonly string[]): Command {
  return commandOf(bench, [bench.node, resolve(import.meta.dirname, `programs/${name}.ts`), ...args]);
}

export async function answerOf(command: Command, bench: Bench): Promise<unknown> {
  const [stdout, stderr] = [join(work(bench), "answer.json"), join(work(bench), "answer.stderr")];
  await run({ ...command, stdout, stderr }, bench.abort);
  return JSON.parse(readFileSync(stdout, "utf8"));
}

/** Saves files, and throws unless each is in the volume at last. @returns milliseconds of each */
export async function saves(bench: Bench, volume: string, count: number, who: string): Promise<readonly number[]> {
  const answer = await answerOf(programOf(bench, "saves", [bench.source, volume, String(count), who]), bench);
  if (!Array.isArray(answer) || answer.length !== count) throw new Error(`Expected the times of ${count} saves`);
  return answer.map(Number);
}

function expectNothingToDo({ size }: Bench, { said: [first = "{}"] }: Staying): void {
  const { unchanged } = JSON.parse(first);
  if (unchanged !== SIZES[size]) throw new Error(`Expected ${SIZES[size]} unchanged packs, got ${first}`);
}

async function idle(bench: Bench, daemon: Staying, ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: bench.abort });
  expectNothingToDo(bench, daemon);
  const [, ...more] = daemon.said;
  if (more.length > 0) throw new Error(`Expected a daemon with nothing to do, got ${more.join("\n")}`);
}

let wakes = 0;

/** It did not only sleep: what is saved now is seen. */
async function expectAwake(bench: Bench): Promise<void> {
  wakes += 1;
  await saves(bench, volumeOf(bench, SUBJECT), 1, `the ${bench.size} idle daemon, ${wakes}`);
}

export function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) * 1024;
}

const CLOCK_TICK_MS = 10;

/** User and system time of all threads: fields 14 and 15 of proc_pid_stat(5); the name before them may have spaces. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}
