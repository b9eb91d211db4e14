import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Bench } from "./cases.ts";
import { fill, packsync, packsyncDaemon, volumeOf, work } from "./contenders.ts";
import { answerOf, saves } from "./daemon.ts";
import { type Command, run } from "./process.ts";
import { startStaying } from "./staying.ts";
import { type Measurement, SUBJECT } from "./targets.ts";

const CONNECTIONS = 10;
const SECONDS = 5;
/** So many saves make a round, as in `live`. */
const SAVES = 20;
const WARM_UP_SAVES = 5;
/** Longer than any round of saves: it is ended with the round. */
const FOR_LONG = 600;

/**
 * The daemon's HTTP API is read by autocannon: requests a second, of a page of packs and of one pack; and what that does to saves, in pairs with
 * rounds in which nobody asks anything.
 */
export async function api(bench: Bench): Promise<readonly Measurement[]> {
  await fill(bench, packsync(bench));
  await using daemon = await startApi(bench);
  const { size } = bench;
  const [first = ""] = readdirSync(bench.source).sort();
  const paths = { "api: list": "/api/v1/packs", "api: pack": `/api/v1/packs/${first}` } as const;
  const rates = { "api: list": [] as number[], "api: pack": [] as number[] } as const;
  for (let round = 0; round <= bench.runs; round++)
    for (const name of ["api: list", "api: pack"] as const) {
      const rate = await requestsPerSecond(paths[name], daemon, bench);
      if (round > 0) rates[name].push(rate);
    }
  const samples = await savesBesideReading(paths["api: list"], daemon, bench);
  return [
    ...(["api: list", "api: pack"] as const).map((name) => ({
      case: name,
      size,
      samples: new Map([[SUBJECT, rates[name]]] as const),
    })),
    { case: "api: saves", size, samples },
  ];
}

/** A daemon with its HTTP API. */
export interface Api extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

export async function startApi(bench: Bench): Promise<Api> {
  const command = packsyncDaemon(bench);
  const settings = join(bench.root, "api.yaml");
  writeFileSync(settings, "server: { rateLimit: 0 }\n");
  const stderr = join(command.cwd, "api.stderr");
  const args = [...command.args, "--listen", "127.0.0.1:0", "--config", settings];
  const isReady = (line: string) => line.includes('"msg":"watching"');
  const daemon = await startStaying({ ...command, args, stderr }, isReady, bench.abort);
  const [url, token] = await told(stderr, bench.abort);
  return { url, token, pid: daemon.pid, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() };
}

/** Where it listens, and the token for this run, which it says once. */
async function told(stderr: string, abort: AbortSignal): Promise<readonly [url: string, token: string]> {
  for (let tries = 0; tries < 1000; tries++) {
    const text = readFileSync(stderr, "utf8");
    const url = /listens at (http:[^ ,]+)/.exec(text)?.[1];
    const token = /the token for this run is (\S+)/.exec(text)?.[1];
    if (url !== undefined && token !== undefined) return [url, token];
    await sleep(20, undefined, { signal: abort });
  }
  throw new Error("Expected the daemon to say where it listens, and a token");
}

function autocannon(path: string, seconds: number, { url, token }: Api, bench: Bench): Command {
  const program = fileURLToPath(import.meta.resolve("autocannon"));
  const header = ["-H", `authorization=Bearer ${token}`];
  const options = ["--json", "--connections", String(CONNECTIONS), "--duration", String(seconds), ...header];
  return { program: bench.node, args: [program, ...options, `${url}${path}`], cwd: work(bench) };
}

async function requestsPerSecond(path: string, daemon: Api, bench: Bench): Promise<number> {
  const answer = await answerOf(autocannon(path, SECONDS, daemon, bench), bench);
  const { requests, non2xx, errors } = resultOf(answer);
  if (non2xx + errors > 0) throw new Error(`Expected every request to be answered, got ${non2xx + errors} failures`);
  return requests.average;
}

interface Result {
  readonly requests: { readonly average: number };
  readonly non2xx: number;
  readonly errors: number;
}

function resultOf(answer: unknown): Result {
  if (typeof answer === "object" && answer !== null && "requests" in answer) return answer as Result;
  throw new Error("Expected the result of autocannon as JSON");
}

async function savesBesideReading(path: string, daemon: Api, bench: Bench): Promise<Measurement["samples"]> {
  const volume = volumeOf(bench, SUBJECT);
  await saves(bench, volume, WARM_UP_SAVES, "warm-up");
  const [read, idle]: [number[], number[]] = [[], []];
  const idleRound = async (round: number) => {
    idle.push(...(await saves(bench, volume, SAVES, `the idle API, ${round}`)));
  };
  const readRound = async (round: number) => {
    read.push(
      ...(await besides(autocannon(path, FOR_LONG, daemon, bench), bench.abort, () =>
        saves(bench, volume, SAVES, `the API, ${round}`),
      )),
    );
  };
  for (let round = 0; round < bench.runs; round++)
    for (const each of round % 2 === 0 ? [idleRound, readRound] : [readRound, idleRound]) await each(round);
  return new Map([
    [SUBJECT, read],
    ["idle API", idle],
  ] as const);
}

/** @returns what `work` gives, throughout which the command runs */
async function besides<T>(command: Command, abort: AbortSignal, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const running = run(command, AbortSignal.any([abort, stop.signal])).then(() => {
    throw new Error("Expected the load to go on until it is stopped, got its end");
  });
  try {
    return await Promise.race([work(), running]);
  } finally {
    stop.abort();
    await running.catch(() => {}); // whatever it was, the race has told
  }
}
