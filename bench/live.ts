import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench } from "./cases.ts";
import { cp, fill, type Participant, packsync, rsync, volumeOf, work } from "./contenders.ts";
import { programOf, saves, startDaemon } from "./daemon.ts";
import { type Staying, startStaying } from "./staying.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { expectSameTree } from "./verify.ts";

type Samples = Measurement["samples"];

/** Everybody is taught by some saves first. */
const WARM_UP = 5;
/** So many saves make a round: a tail takes many to be seen, and the peers take a second or more for each. */
const SAVES = { [SUBJECT]: 20, "copy loop": 3, lsyncd: 3 } as const;

type Watching = keyof typeof SAVES;

/** A file is saved: until its bytes are in the volume. One after the other, each with a daemon of its own. */
export async function live(bench: Bench): Promise<Samples> {
  const samples = new Map<Watching, readonly number[]>();
  samples.set(SUBJECT, await savesSeenBy(SUBJECT, packsync(bench), startDaemon, bench));
  samples.set("copy loop", await savesSeenBy("copy loop", cp(bench), startCopyLoop, bench));
  if (hasLsyncd()) samples.set("lsyncd", await savesSeenBy("lsyncd", rsync(bench), startLsyncd, bench));
  else
    process.stderr.write(`${bench.size}: live is compared without lsyncd, which is not installed (Debian: lsyncd)\n`);
  return samples;
}

/** @param filling fills the volume that is watched for then */
async function savesSeenBy(
  who: Watching,
  filling: Participant,
  startWatching: (bench: Bench) => Promise<Staying>,
  bench: Bench,
): Promise<readonly number[]> {
  await fill(bench, filling);
  const volume = volumeOf(bench, filling.name);
  await using daemon = await startWatching(bench);
  const times = await saves(bench, volume, WARM_UP + SAVES[who] * bench.runs, who);
  expectSameTree(bench.source, volume);
  const missed = daemon.said.find((line) => line.includes("no event announced"));
  if (missed !== undefined) throw new Error(`Expected every save to be announced, got ${missed}`);
  return times.slice(WARM_UP);
}

/** The least delay that it knows, as it counts in whole seconds. */
async function startLsyncd(bench: Bench): Promise<Staying> {
  const args = ["-nodaemon", "-delay", "1", "-rsync", bench.source, volumeOf(bench, "rsync -a")];
  const command = { program: "lsyncd", args, cwd: work(bench), stderr: join(work(bench), "stderr") };
  return await startStaying(command, (line) => line.includes("Startup of") && line.includes("finished"), bench.abort);
}

async function startCopyLoop(bench: Bench): Promise<Staying> {
  const command = programOf(bench, "copy-loop", [bench.source, volumeOf(bench, "cp -rf")]);
  return await startStaying(command, (line) => line === "watching", bench.abort);
}

function hasLsyncd(): boolean {
  try {
    execFileSync("lsyncd", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
