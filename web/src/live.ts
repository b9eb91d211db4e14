import { signal } from "@preact/signals";
import { answerOf } from "./api.ts";
import type { DaemonStatus, LiveEvent } from "./documents.ts";
import { type Message, messageReader } from "./sse.ts";

/** How the page hears of what happens. */
export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** Nobody looks at the page: a browser has few connections for all of them. */
  | { readonly state: "paused" }
  /** `since`: ms since the epoch. */
  | { readonly state: "lost"; readonly since: number; readonly why: string };

export const connection = signal<Connection>({ state: "connecting" });

export interface LiveOptions {
  /** After which event news begin. */
  readonly after: () => number;
  readonly onEvent: (event: LiveEvent) => void;
  readonly onStatus: (status: DaemonStatus) => void;
  /** Something may have been missed: everything is to be asked for anew. */
  readonly onGap: () => void;
  /** The server does not know any more who we are. */
  readonly onStranger: () => void;
}

/** The server says something at least every 15 s. */
const SILENCE_MS = 35_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;

/** Hears live events until it is disposed of; comes back by itself, and goes on after the last event it saw. */
export function hearLive(options: LiveOptions): Disposable {
  const stop = new AbortController();
  void keepHearing(options, stop.signal);
  return { [Symbol.dispose]: () => stop.abort() };
}

async function keepHearing(options: LiveOptions, stop: AbortSignal): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !stop.aborted; ) {
    const heard = await hear(options, stop);
    if (stop.aborted || heard === "stranger") return;
    if (heard === "unseen") {
      connection.value = { state: "paused" };
      await seen(stop);
      continue;
    }
    if (heard.hasHeard) retryMs = FIRST_RETRY_MS;
    lose(heard.why);
    await pause(retryMs, stop);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

function lose(why: string): void {
  const { value } = connection;
  const since = value.state === "lost" ? value.since : Date.now();
  connection.value = { state: "lost", since, why };
}

interface Heard {
  readonly hasHeard: boolean;
  readonly why: string;
}

/** One connection, until it ends. */
async function hear(options: LiveOptions, stop: AbortSignal): Promise<Heard | "stranger" | "unseen"> {
  let hasHeard = false;
  const silent = new AbortController();
  const offline = () => silent.abort(new Error("This device is offline."));
  addEventListener("offline", offline);
  using _ = whenUnseen(UNSEEN_MS, () => silent.abort(UNSEEN));
  using watchdog = alarm(SILENCE_MS, () => silent.abort(new Error("packsync went silent.")));
  try {
    const response = await fetch(`api/v1/events?status=true&after=${options.after()}`, {
      headers: { accept: "text/event-stream" },
      cache: "no-store",
      signal: AbortSignal.any([stop, silent.signal]),
    });
    if (response.status === 401) {
      options.onStranger();
      return "stranger";
    }
    if (!response.ok || response.body === null) return { hasHeard, why: await refused(response) };
    hasHeard = true;
    const before = connection.peek().state;
    connection.value = { state: "live" };
    if (before === "lost" || before === "paused") options.onGap();
    const read = messageReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      watchdog.rewind();
      for (const message of read(part.value)) take(message, options);
    }
    return { hasHeard, why: "packsync has ended the connection." };
  } catch {
    if (silent.signal.reason === UNSEEN) return "unseen";
    return { hasHeard, why: reasonOf(silent.signal) };
  } finally {
    removeEventListener("offline", offline);
  }
}

const UNSEEN_MS = 60_000;
const UNSEEN = Symbol("unseen");

/** Calls once the page was hidden for so long without a break. */
function whenUnseen(ms: number, call: () => void): Disposable {
  const over = new AbortController();
  let timer: number | undefined;
  const look = (): void => {
    clearTimeout(timer);
    timer = document.visibilityState === "hidden" ? setTimeout(call, ms) : undefined;
  };
  document.addEventListener("visibilitychange", look, { signal: over.signal });
  look();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      over.abort();
    },
  };
}

/** Resolves once somebody looks at the page. */
async function seen(stop: AbortSignal): Promise<void> {
  while (document.visibilityState === "hidden" && !stop.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = new AbortController();
    document.addEventListener("visibilitychange", () => resolve(), { signal: over.signal });
    stop.addEventListener("abort", () => resolve(), { signal: over.signal });
    await promise;
    over.abort();
  }
}

async function refused(response: Response): Promise<string> {
  const answer = await answerOf(response);
  return "failure" in answer ? answer.failure.error : "packsync sends no events.";
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : "packsync cannot be reached.";
}

function take({ event, data }: Message, { onEvent, onStatus, onGap }: LiveOptions): void {
  switch (event) {
    case "event":
      onEvent(JSON.parse(data));
      break;
    case "status":
      onStatus(JSON.parse(data));
      break;
    case "gap":
      onGap();
      break;
    default: // of a newer server
  }
}

function alarm(ms: number, ring: () => void): Disposable & { rewind(): void } {
  let timer = setTimeout(ring, ms);
  return {
    rewind() {
      clearTimeout(timer);
      timer = setTimeout(ring, ms);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** Ends early when the device is online again, or somebody looks at the page. */
async function pause(ms: number, stop: AbortSignal): Promise<void> {
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  addEventListener("online", () => resolve(), { signal: over.signal });
  document.addEventListener("visibilitychange", () => resolve(), { signal: over.signal });
  stop.addEventListener("abort", () => resolve(), { signal: over.signal });
  await promise;
  clearTimeout(timer);
  over.abort();
}
