import { join } from "node:path";
import { type Api, startApi } from "./api.ts";
import type { Bench } from "./cases.ts";
import { fill, packsync, volumeOf, work } from "./contenders.ts";
import { programOf, residentBytes, saves } from "./daemon.ts";
import { type Staying, startStaying } from "./staying.ts";
import { type Measurement, SUBJECT } from "./targets.ts";

const LISTENERS = 200;
/** So many saves make a round; with five rounds people listen for more than a minute. */
const SAVES = 30;
const WARM_UP_SAVES = 10;

/**
 * Saves while 200 live streams of events are open and a scraper asks for the metrics every second, in pairs with rounds in which nobody looks; and what
 * the daemon's memory was after the first round of each, and after the last.
 */
export async function listened(bench: Bench): Promise<readonly Measurement[]> {
  await fill(bench, packsync(bench));
  await using daemon = await startApi(bench);
  const times = { listened: [] as number[], alone: [] as number[] };
  const rounds = {
    alone: async (count: number, name: string) => await saves(bench, volumeOf(bench, SUBJECT), count, name),
    listened: async (count: number, name: string) => {
      await using _listeners = await startListeners(daemon, bench);
      return await saves(bench, volumeOf(bench, SUBJECT), count, name);
    },
  };
  for (const each of ["alone", "listened"] as const) await rounds[each](WARM_UP_SAVES, `${each}, to learn`);
  const resident: number[] = [];
  for (let round = 0; round < bench.runs; round++) {
    for (const each of round % 2 === 0 ? (["alone", "listened"] as const) : (["listened", "alone"] as const))
      times[each].push(...(await rounds[each](SAVES, `${each}, ${round}`)));
    resident.push(residentBytes(daemon.pid));
  }
  const [before = 0, after = before] = [resident[0], resident.at(-1)];
  const { size } = bench;
  return [
    {
      case: "listened: saves",
      size,
      samples: new Map([[SUBJECT, times.listened] as const, ["nobody listens", times.alone] as const]),
    },
    { case: "listened: memory", size, samples: new Map([[SUBJECT, [after]] as const, ["before", [before]] as const]) },
  ];
}

async function startListeners({ url, token }: Api, bench: Bench): Promise<Staying> {
  const command = programOf(bench, "listeners", [url, token, String(LISTENERS)]);
  const stderr = join(work(bench), "listeners.stderr");
  return await startStaying({ ...command, stderr }, (line) => line === "listening", bench.abort);
}
