import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config/config.ts";
import type { Log } from "./platform/log.ts";
import { startThread, type Thread, threadEntry } from "./platform/thread-client.ts";

export interface ServingRequests {
  readonly listen: object;
}

export interface ServingAnswers {
  readonly listen: Listening;
}

/** Where the HTTP API is, and whether the generated token is the way in. */
export interface Listening {
  readonly url: string;
  readonly isGenerated: boolean;
}

interface ServeBesideOptions {
  readonly config: Config;
  readonly log: Log;
  readonly generatedToken: string;
  /** Whether a daemon keeps the volume in sync, or nobody has to. */
  readonly beside: "daemon" | "nobody";
  readonly onListening: (listening: Listening) => void;
}

/** The HTTP API in a thread of its own. */
interface ServingBeside extends AsyncDisposable {
  /** Rejected when it cannot listen at all. */
  readonly refused: Promise<never>;
}

/** So long it takes until a thread that ended is started anew. */
const REST_MS = 1000;

/** A token that nobody chose. */
export function generateToken(): string {
  return process.getBuiltinModule("node:crypto").randomBytes(24).toString("base64url");
}

/** Serves beside a daemon, or nobody. Whatever becomes of the thread, the daemon goes on; it serves again a moment later. */
export function serveBeside({ config, log, generatedToken, beside, onListening }: ServeBesideOptions): ServingBeside {
  const stop = new AbortController();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {}); // whoever cares asks
  let thread: Thread<ServingRequests, ServingAnswers> | undefined;
  let hasListened = false;
  const start = async (): Promise<never> => {
    thread = startThread(threadEntry("server-thread", import.meta.url), { config, generatedToken, beside }, log);
    const listening = await thread.ask("listen", {}, () => {}, stop.signal);
    hasListened = true;
    onListening(listening);
    return await thread.died;
  };
  const again = async (error: unknown): Promise<void> => {
    if (stop.signal.aborted) return;
    log.error({ why: String(error) }, "the HTTP API has ended; it is started anew");
    await sleep(REST_MS, undefined, { ref: false, signal: stop.signal });
    await start();
  };
  const keep = async (): Promise<void> => {
    let failure: unknown = await start().catch((error: unknown) => error);
    if (!hasListened) return refusal.reject(failure);
    while (!stop.signal.aborted) failure = await again(failure).catch((error: unknown) => error);
  };
  void keep();
  return {
    refused: refusal.promise,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await thread?.[Symbol.asyncDispose]();
    },
  };
}
