import { existsSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { type Askable, agrees, PROTOCOL, socketPath } from "./control/protocol.ts";
import { PacksyncError } from "./errors.ts";
import { performOnce, type RunOptions } from "./once.ts";
import type { Answers, Requests } from "./requests.ts";

/** While we wait for the lock, a daemon that holds it may begin to listen. */
const LOOK_MS = 250;

/**
 * Does what a command was asked: by the daemon that holds the volume, if there is one that speaks our protocol (and, of what
 * reads sources, means the same ones), else by itself under the lock.
 *
 * @throws PacksyncError what the request throws; `LOCK_TIMEOUT` when somebody else holds the volume
 */
export async function ask<K extends Askable>(
  kind: K,
  request: Requests[K],
  options: Omit<RunOptions, "onProgress"> & Partial<Pick<RunOptions, "onProgress">>,
  abort: AbortSignal,
): Promise<Answers[K]> {
  const run = { onProgress: () => {}, ...options };
  for (;;) {
    const answer = (await askDaemon(kind, request, run, abort)) ?? (await askSelf(kind, request, run, abort));
    if (answer !== undefined) return answer.answer;
  }
}

interface Answered<K extends Askable> {
  readonly answer: Answers[K];
}

/** @returns `undefined` when there is no daemon, or it went away: then nobody knows better than ourselves */
async function askDaemon<K extends Askable>(
  kind: K,
  request: Requests[K],
  { config, onProgress }: RunOptions,
  abort: AbortSignal,
): Promise<Answered<K> | undefined> {
  if (!existsSync(socketPath(config.stateDir))) return undefined;
  const { DaemonGone } = await import("./control/client.ts");
  const daemon = await suitableDaemon(kind, config);
  if (daemon === undefined) return undefined;
  try {
    return { answer: await daemon.ask(kind, request, onProgress, abort) };
  } catch (error) {
    const isOver = error instanceof DaemonGone || (error instanceof PacksyncError && error.code === "STOPPED");
    if (!isOver || abort.aborted) throw error;
    if (kind === "sync" || kind === "verify") return undefined; // doing it twice is doing it once
    throw new PacksyncError("STOPPED", `The daemon ended while it was to do this: ${error.message}.`, {
      hint: "See with `packsync history` whether it was done, then try again.",
    });
  }
}

async function suitableDaemon(kind: Askable, config: Config) {
  const { findDaemon } = await import("./control/client.ts");
  const daemon = await findDaemon(config.stateDir);
  if (daemon === undefined) return undefined;
  const isEqual =
    kind === "sync" || kind === "verify" ? agrees(daemon.about, config) : daemon.about.protocol === PROTOCOL;
  return isEqual ? daemon : undefined;
}

/** @returns `undefined` when a daemon has come up meanwhile, which holds the lock for good */
async function askSelf<K extends Askable>(
  kind: K,
  request: Requests[K],
  options: RunOptions,
  abort: AbortSignal,
): Promise<Answered<K> | undefined> {
  const found = new AbortController();
  const timer = setInterval(async () => {
    const isThere = await suitableDaemonIfAny(kind, options.config).catch(() => false);
    if (isThere) found.abort();
  }, LOOK_MS);
  timer.unref();
  try {
    return { answer: await performOnce(kind, request, options, AbortSignal.any([abort, found.signal])) };
  } catch (error) {
    if (found.signal.aborted && !abort.aborted) return undefined;
    throw error;
  } finally {
    clearInterval(timer);
  }
}

async function suitableDaemonIfAny(kind: Askable, config: Config): Promise<boolean> {
  return existsSync(socketPath(config.stateDir)) && (await suitableDaemon(kind, config)) !== undefined;
}
