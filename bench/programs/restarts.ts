import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { between, seeded } from "../random.ts";
import { sleep, waitUntil } from "./polling.ts";

/*
 * A person at work beside a service that is restarted: `node restarts.ts <JSON of Work>` saves one definition again and again, as editors do, and prints for
 * each save how long everything took. The thread beside it stands between packsync and the engine (`engine-times.ts`): one clock for all of it.
 */

interface Work {
  /** The engine's socket, and the one at which packsync thinks it is. */
  readonly engine: string;
  readonly socket: string;
  readonly source: string;
  readonly volume: string;
  /** Relative to both. */
  readonly file: string;
  /** Where the service writes down what it reads when it starts. */
  readonly out: string;
  readonly saves: number;
}

/** In milliseconds, one after the other. */
export interface Restarted {
  /** From the save until the volume has the new bytes. */
  readonly visibleMs: number;
  /** From then until the engine is asked to restart the service; negative if that is found first. */
  readonly issuedMs: number;
  /** From then until the new process has read them. */
  readonly restartedMs: number;
}

/** A service is told every two seconds at most: whoever waits for that is not measured. Not in step with anybody's timer. */
const PAUSE_MS = { min: 2200, max: 2500 };
const SEED = 20_260_603;

async function main(work: Work): Promise<readonly Restarted[]> {
  const issued = new Float64Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL("engine-times.ts", import.meta.url), { workerData: { ...work, issued } });
  await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  const random = seeded(SEED);
  const restarts = Array.from({ length: work.saves }, (_, index) => {
    sleep(between(random, PAUSE_MS.min, PAUSE_MS.max));
    return restart(`# save ${index}`, work, issued);
  });
  await worker.terminate();
  return restarts;
}

function restart(mark: string, { source, volume, file, out }: Work, issued: Float64Array): Restarted {
  const path = join(source, file);
  const bytes = Buffer.concat([readFileSync(path), Buffer.from(`\n${mark}\n`)]);
  const temporary = `${path}___jb_tmp___`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
  const savedAt = now();
  waitUntil(() => readFileSync(join(volume, file)).equals(bytes), `\`${file}\` to be in the volume as it was saved`);
  const visibleAt = now();
  waitUntil(() => (issued[0] ?? 0) > savedAt, "the engine to be asked for a restart");
  const issuedAt = issued[0] ?? 0;
  const hasStarted = () => readFileSync(join(out, "starts"), "utf8").endsWith(`${mark}\n`);
  waitUntil(hasStarted, `the service to have read \`${mark}\``);
  return { visibleMs: visibleAt - savedAt, issuedMs: issuedAt - visibleAt, restartedMs: now() - issuedAt };
}

/** Milliseconds of a clock that all threads share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[2] ?? "{}"))));
