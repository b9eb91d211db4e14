import {
  due,
  type Ending,
  ended,
  hurried,
  nextDueAt,
  type Queue,
  type QueuePolicy,
  type Releases,
  type ServiceState,
  started,
  unknownTo,
  want,
} from "./queue.ts";

/** How an attempt ended, and what shows it. */
export interface Result {
  readonly ending: Ending;
  readonly why: string | undefined;
  readonly evidence: readonly string[];
}

/** An attempt that is over. `failures`: since the last success. */
export interface Ended extends Result {
  readonly service: string;
  /** What the service knows now, unless it failed. */
  readonly told: Releases;
  readonly tookMs: number;
  readonly failures: number;
}

export interface RunnerDeps {
  /** Tells one service; it rejects for no other reason than the abort. */
  readonly tell: (service: string, unknown: Releases, abort: AbortSignal) => Promise<Result>;
  readonly onEnded: (ended: Ended) => void;
  readonly policy: () => QueuePolicy;
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly chance: () => number;
}

/** Tells services what they are to know: works off the queue, with one attempt at a time for each. */
export interface Runner extends AsyncDisposable {
  want(wanted: ReadonlyMap<string, Releases>): void;
  /** Tells a service this now, whenever its turn would be. Resolves with the end of the attempt that begins with it. */
  tellNow(service: string, wanted: Releases): Promise<Ended>;
  queue(): Queue;
  /** Resolves when nobody waits for anything, or those who do have failed; or on abort. */
  settled(abort: AbortSignal): Promise<void>;
}

/** @param from what is known of earlier */
export function createRunner(from: Queue, deps: RunnerDeps): Runner {
  let queue = from;
  let timer: NodeJS.Timeout | undefined;
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, ((ended: Ended) => void)[]>();
  let onRest: (() => void)[] = [];

  /** Nothing slips in between: what is due is marked as started in the same turn of the event loop. */
  const pump = (): void => {
    clearTimeout(timer);
    if (stop.signal.aborted) return;
    const policy = deps.policy();
    for (const service of due(queue, deps.now(), policy)) begin(service);
    const at = nextDueAt(queue, deps.now(), policy);
    if (at !== undefined)
      timer = setTimeout(pump, Math.min(Math.max(0, at - deps.now()) + 1, LONGEST_SLEEP_MS)).unref();
    if (isSettled(queue)) for (const rest of onRest.splice(0)) rest();
  };
  const begin = (service: string): void => {
    queue = started(queue, service, deps.now());
    const unknown = queue.get(service)?.inFlight ?? new Map();
    running.set(service, attempt(service, unknown));
  };
  const attempt = async (service: string, unknown: Releases): Promise<void> => {
    const startedMs = deps.now();
    const asking = waiting.get(service)?.splice(0) ?? [];
    try {
      const result = await deps.tell(service, unknown, stop.signal);
      running.delete(service);
      if (stop.signal.aborted) return;
      queue = ended(queue, service, result.ending, deps.now(), deps.chance(), deps.policy());
      const failures = queue.get(service)?.failures ?? 0;
      const told: Releases = result.ending === "failed" ? new Map() : unknown;
      const end = { ...result, service, told, failures, tookMs: deps.now() - startedMs };
      deps.onEnded(end);
      for (const resolve of asking) resolve(end);
      pump();
    } catch (error) {
      running.delete(service);
      if (!stop.signal.aborted) throw error;
    }
  };
  return {
    want(wanted) {
      for (const [service, releases] of wanted) queue = want(queue, service, releases);
      pump();
    },
    tellNow(service, wanted) {
      const { promise, resolve } = Promise.withResolvers<Ended>();
      waiting.set(service, [...(waiting.get(service) ?? []), resolve]);
      queue = hurried(want(queue, service, wanted), service);
      pump();
      return promise;
    },
    queue: () => queue,
    async settled(abort) {
      if (isSettled(queue)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onRest = [...onRest, resolve];
      abort.addEventListener("abort", () => resolve(), { once: true });
      if (abort.aborted) resolve();
      await promise;
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      stop.abort(new Error("packsync ends"));
      await Promise.allSettled(running.values());
    },
  };
}

/** Nobody is being told, and whoever is to be told has failed since. */
function isSettled(queue: Queue): boolean {
  return [...queue.values()].every((state) => {
    const isWaiting = unknownTo(state).size > 0 && state.retryAt === undefined;
    return state.inFlight === undefined && !isWaiting;
  });
}

/** Timers of Node cannot wait for ever. */
const LONGEST_SLEEP_MS = 3_600_000;

/** What was known of a service when packsync ended: a failure is tried again at once. */
export function remembered(
  wanted: Releases,
  acknowledged: Releases,
  last: { readonly ending: Ending; readonly failures: number } | undefined,
): ServiceState {
  return {
    wanted,
    acknowledged,
    inFlight: undefined,
    startedAt: undefined,
    failures: last?.failures ?? 0,
    retryAt: undefined,
    lastEnding: last?.ending,
  };
}
