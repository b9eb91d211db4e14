import type { Pace } from "./backoff.ts";
import { retryAt } from "./backoff.ts";

/** By pack: what names its state, be it a release or that it is gone. */
export type Releases = ReadonlyMap<string, string>;

/** How an attempt to tell a service ended. `unhealthy`: it was told, but did not come back. */
export type Ending = "told" | "absent" | "unhealthy" | "failed";

/** `pending`: it is to be told, or is being told; `retrying`: that failed; `failed`: so often that a person should look. */
export type ServiceStatus = "told" | "pending" | "retrying" | "failed" | "unhealthy" | "absent";

/** What is known of one service. Times in milliseconds of a clock that is never set back. */
export interface ServiceState {
  /** What it should know. */
  readonly wanted: Releases;
  /** What it does know: stored after the signal, never before. */
  readonly acknowledged: Releases;
  /** What it is being told; while it is, newer states wait, and only the newest of them counts. */
  readonly inFlight: Releases | undefined;
  readonly startedAt: number | undefined;
  /** Failures since the last success. */
  readonly failures: number;
  /** Not before. */
  readonly retryAt: number | undefined;
  readonly lastEnding: Ending | undefined;
}

/** All services that were ever to be told. Every function gives a new one. */
export type Queue = ReadonlyMap<string, ServiceState>;

export interface QueuePolicy {
  /** Between two starts for one service. */
  readonly minIntervalMs: number;
  /** Services told at once; and so many of those that have failed. */
  readonly atOnce: number;
  /** Attempts without success that make a service `failed`; it is tried on. */
  readonly failedAfter: number;
  readonly pace: Pace;
  /** By service: those that are told before it, if they are to be told at all. Without circles. */
  readonly after: ReadonlyMap<string, readonly string[]>;
}

const NEVER_TOLD: ServiceState = {
  wanted: new Map(),
  acknowledged: new Map(),
  inFlight: undefined,
  startedAt: undefined,
  failures: 0,
  retryAt: undefined,
  lastEnding: undefined,
};

/** A service is to know these releases: the latest of each pack wins. What it knows already changes nothing. */
export function want(queue: Queue, service: string, releases: Releases): Queue {
  const state = queue.get(service) ?? NEVER_TOLD;
  return put(queue, service, { ...state, wanted: new Map([...state.wanted, ...releases]) });
}

/** What a service does not know yet. */
export function unknownTo({ wanted, acknowledged }: ServiceState): Releases {
  return new Map([...wanted].filter(([pack, release]) => acknowledged.get(pack) !== release));
}

/**
 * Whom to tell now, in the order in which they have waited: one signal for all that changed. Nobody is told twice at once, and a
 * service that fails delays no other.
 */
export function due(queue: Queue, now: number, policy: QueuePolicy): readonly string[] {
  const ready = [...queue].filter(([service, state]) => {
    const at = dueAt(state, policy);
    return at !== undefined && at <= now && !isHeldUp(service, queue, policy);
  });
  const inOrder = ready.sort(([, a], [, b]) => (dueAt(a, policy) ?? 0) - (dueAt(b, policy) ?? 0));
  const chosen = [hasFailed, isFine].flatMap((isOne) => {
    const busy = [...queue.values()].filter((state) => isOne(state) && state.inFlight !== undefined).length;
    return inOrder.filter(([, state]) => isOne(state)).slice(0, Math.max(policy.atOnce - busy, 0));
  });
  return inOrder.filter((each) => chosen.includes(each)).map(([service]) => service);
}

/** Whoever fails may take its whole time-out each time: the others have places of their own. */
function hasFailed({ failures }: ServiceState): boolean {
  return failures > 0;
}

function isFine(state: ServiceState): boolean {
  return !hasFailed(state);
}

/**
 * When to ask for {@link due} again, if nothing happens before; `undefined`: only when something does. Whoever could be told now, and is not,
 * waits for another's end.
 */
export function nextDueAt(queue: Queue, now: number, policy: QueuePolicy): number | undefined {
  const times = [...queue.values()].flatMap((state) => dueAt(state, policy) ?? []).filter((at) => at > now);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A service waits for nothing more: neither for the interval, nor for the next attempt. */
export function hurried(queue: Queue, service: string): Queue {
  const state = queue.get(service);
  return state === undefined ? queue : put(queue, service, { ...state, startedAt: undefined, retryAt: undefined });
}

/** A service is told, from now on, all that it does not know. */
export function started(queue: Queue, service: string, now: number): Queue {
  const state = queue.get(service) ?? NEVER_TOLD;
  return put(queue, service, { ...state, inFlight: unknownTo(state), startedAt: now });
}

/**
 * An attempt has ended. Whoever is absent knows by starting what is live: it counts as told.
 *
 * @param chance from 0 to 1: how much of the wait before the next attempt is left out
 */
export function ended(
  queue: Queue,
  service: string,
  ending: Ending,
  now: number,
  chance: number,
  policy: QueuePolicy,
): Queue {
  const state = queue.get(service);
  if (state?.inFlight === undefined) return queue;
  const { acknowledged, inFlight, failures } = state;
  const rest = { ...state, inFlight: undefined, lastEnding: ending };
  if (ending === "failed")
    return put(queue, service, {
      ...rest,
      failures: failures + 1,
      retryAt: retryAt(now, failures + 1, chance, policy.pace),
    });
  const known = new Map([...acknowledged, ...inFlight]);
  return put(queue, service, { ...rest, acknowledged: known, failures: 0, retryAt: undefined });
}

export function statusOf(state: ServiceState, { failedAfter }: Pick<QueuePolicy, "failedAfter">): ServiceStatus {
  const { failures, inFlight, lastEnding } = state;
  if (failures >= failedAfter) return "failed";
  if (failures > 0) return "retrying";
  if (inFlight !== undefined || unknownTo(state).size > 0) return "pending";
  return lastEnding === undefined || lastEnding === "failed" ? "told" : lastEnding;
}

/** At once, unless it was just told, or has failed. */
function dueAt(state: ServiceState, { minIntervalMs }: QueuePolicy): number | undefined {
  const { inFlight, startedAt, retryAt } = state;
  if (inFlight !== undefined || unknownTo(state).size === 0) return undefined;
  return Math.max(
    startedAt === undefined ? Number.NEGATIVE_INFINITY : startedAt + minIntervalMs,
    retryAt ?? Number.NEGATIVE_INFINITY,
  );
}

/** Those before it have their turn, but only one: then they are on their own. */
function isHeldUp(service: string, queue: Queue, { after }: QueuePolicy): boolean {
  return (after.get(service) ?? []).some((other) => {
    const state = queue.get(other);
    return state !== undefined && state.failures === 0 && (state.inFlight !== undefined || unknownTo(state).size > 0);
  });
}

function put(queue: Queue, service: string, state: ServiceState): Queue {
  return new Map([...queue, [service, state]]);
}
