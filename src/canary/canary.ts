import type { Hint } from "../plan/settle.ts";
import type { Owner } from "../platform/ownership.ts";
import type { CanaryFlight } from "../requests.ts";
import {
  createFlight,
  type Flight,
  hasArrived,
  pass,
  type Standstill,
  standstillOf,
  stuckAt,
  written,
} from "./flight.ts";
import { CANARY, type CanaryPlace } from "./paths.ts";
import { hear, prepareSource, sing } from "./place.ts";
import type { CanaryStatus } from "./status.ts";

/** What the watcher and the loop call the canary's source; no other one has a slash in its name. */
export const CANARY_SOURCE = "/canary";

/**
 * A change of packsync's own that goes the way of all changes, ever again: what does not get through is known before anybody misses it. It takes
 * the same watcher, loop and thread, into a volume of its own.
 */
export interface Canary extends AsyncDisposable {
  /** Begins, once all packs were looked at for the first time. */
  start(owner: Owner | undefined): void;
  /** The watcher has told of it. */
  heard(): void;
  /** Its change has come to rest: the loop's turn for it. It does not fail. */
  look(abort: AbortSignal): Promise<void>;
  status(): CanaryStatus;
}

export interface CanaryDeps {
  readonly place: CanaryPlace;
  readonly everyMs: number;
  /** What is away for longer has stalled. */
  readonly limitMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** How long the volume has been busy with what is real, altogether, in milliseconds. */
  readonly busyMs: () => number;
  readonly fly: (onScanned: () => void, abort: AbortSignal) => Promise<CanaryFlight>;
  /** Watches its source as all others are. */
  readonly watch: (source: { readonly name: string; readonly path: string }) => Promise<void>;
  /** Whether no directory more can be watched, which is said elsewhere. */
  readonly isUnwatched: () => boolean;
  /** Looks for a watch that was lost, as each rescan does. */
  readonly recheck: () => void;
  readonly hint: (hints: readonly Hint[]) => void;
}

/** Everything that changes while it lives. */
interface State {
  timer: NodeJS.Timeout | undefined;
  isPrepared: boolean;
  isWatched: boolean;
  writing: Promise<void> | undefined;
  isLooking: boolean;
  flight: Flight | undefined;
  /** Where the one before it was held up. */
  stuck: Standstill | undefined;
  rounds: number;
  last: Pick<CanaryStatus, "lastAt" | "legs">;
  back: { readonly atMs: number; readonly busyMs: number };
}

export function createCanary(deps: CanaryDeps): Canary {
  const { now } = deps;
  const stop = new AbortController();
  const state = createState(deps);
  return {
    start(owner) {
      state.back = restOf(deps);
      const next = () => tick(state, owner, deps);
      state.timer = setInterval(next, deps.everyMs).unref();
      next();
    },
    heard() {
      if (state.flight?.leg === "watch") pass(state.flight, "settle", now());
    },
    async look(abort) {
      const { flight } = state;
      if (flight === undefined || stop.signal.aborted) return;
      state.isLooking = true;
      try {
        await fly(flight, AbortSignal.any([abort, stop.signal]), state, deps);
      } catch (error) {
        flight.why = reasonOf(error);
      } finally {
        state.isLooking = false;
      }
    },
    status: () => statusOf(state, deps),
    async [Symbol.asyncDispose]() {
      clearInterval(state.timer);
      stop.abort(new Error("packsync ends"));
      await Promise.race([state.writing, patience()]); // a disk may take nothing any more
    },
  };
}

function createState(deps: CanaryDeps): State {
  return {
    timer: undefined,
    isPrepared: false,
    isWatched: false,
    writing: undefined,
    isLooking: false,
    flight: undefined,
    stuck: undefined,
    rounds: 0,
    last: { lastAt: undefined, legs: undefined },
    back: restOf(deps),
  };
}

function restOf({ now, busyMs }: CanaryDeps): State["back"] {
  return { atMs: now(), busyMs: busyMs() };
}

/** The next one is sent; instead of one that got lost, too, but nobody waits for two. */
function tick(state: State, owner: Owner | undefined, deps: CanaryDeps): void {
  if (state.writing !== undefined || state.isLooking || isComingToRest(state.flight, deps.now())) return;
  if (state.flight !== undefined) state.stuck = stuckAt(state.flight, state.stuck);
  if (state.stuck?.leg === "watch") deps.recheck();
  const flight = createFlight(state.rounds, deps.now());
  state.flight = flight;
  state.writing = write(flight, state, owner, deps).finally(() => {
    state.writing = undefined;
  });
}

/** Its turn in the loop comes within so long. */
const REST_MS = 1000;

/** Whoever writes it anew more often than it takes to come to rest would never see it get through. */
function isComingToRest(flight: Flight | undefined, nowMs: number): boolean {
  return flight?.leg === "settle" && nowMs - flight.sinceMs < REST_MS;
}

async function write(flight: Flight, state: State, owner: Owner | undefined, deps: CanaryDeps): Promise<void> {
  const { place, now, hint } = deps;
  try {
    if (!state.isPrepared) await prepareSource(place, owner);
    state.isPrepared = true;
    if (!state.isWatched) await deps.watch({ name: CANARY_SOURCE, path: place.source });
    state.isWatched = true;
    await sing(place, flight.song);
    written(flight, now());
    arriveIfDone(flight, state, deps);
    if (!deps.isUnwatched()) return;
    [flight.leg, flight.sinceMs] = ["settle", now()];
    hint([{ source: CANARY_SOURCE, directory: CANARY, kind: "changed" }]);
  } catch (error) {
    state.isPrepared = false;
    flight.why = reasonOf(error);
  }
}

async function fly(flight: Flight, abort: AbortSignal, state: State, deps: CanaryDeps): Promise<void> {
  const { now, place } = deps;
  pass(flight, "scan", now());
  const { scanMs, publishMs } = await deps.fly(() => pass(flight, "publish", now()), abort);
  pass(flight, "read", now(), publishMs);
  flight.legs.scan = scanMs;
  const heard = await hear(place);
  if (heard !== flight.song) throw new Error("readers find another state than the one that was published");
  pass(flight, undefined, now());
  arriveIfDone(flight, state, deps);
}

function arriveIfDone(flight: Flight, state: State, deps: CanaryDeps): void {
  if (flight !== state.flight || !hasArrived(flight)) return;
  state.last = { lastAt: new Date().toISOString(), legs: flight.legs };
  state.back = restOf(deps);
  state.rounds++;
  [state.flight, state.stuck] = [undefined, undefined];
}

function statusOf({ back, rounds, last, flight, stuck }: State, deps: CanaryDeps): CanaryStatus {
  const { now, busyMs, limitMs, everyMs } = deps;
  const ageMs = Math.max(0, Math.round(now() - back.atMs - (busyMs() - back.busyMs)));
  const state = ageMs > Math.max(limitMs, 2 * everyMs) ? "stalled" : rounds === 0 ? "waiting" : "well";
  const { leg, sinceMs = now(), why } = flight === undefined ? {} : standstillOf(flight, stuck);
  return { state, rounds, ...last, ageMs, leg, legMs: Math.round(now() - sinceMs), why };
}

const PATIENCE_MS = 500;

function patience(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, PATIENCE_MS).unref());
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
