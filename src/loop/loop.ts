import { ahead, due, type Hint, noted } from "../plan/settle.ts";
import {
  judgeSuspicions,
  keyOf,
  lookAhead,
  lookAtEverything,
  lookAtSettled,
  lookAtSlice,
  startOver,
  take,
  telling,
  verifyNext,
  type Working,
} from "./jobs.ts";
import { rescanSoon } from "./roots.ts";
import { type Ask, createState, type Job, type LoopDeps, type LoopState, statusOf } from "./state.ts";
import type { LoopStatus } from "./status.ts";

/** Watch → settle → cycle, for ever. */
export interface Loop {
  /** @param tookMs until they were known, in milliseconds */
  hint(hints: readonly Hint[], tookMs?: number): void;
  /** Hints may be missing: everything there is looked at. */
  doubt(source: string): void;
  /** Whether all of a source's directories can be watched. */
  degrade(source: string, isDegraded: boolean): void;
  /** Does it as soon as what is under way is over. */
  readonly request: Ask;
  status(): LoopStatus;
  /** How long the volume has been asked for something, altogether. */
  busyMs(): number;
  /** Runs until `abort`. The first cycle looks at everything, and its failure is the loop's. */
  run(abort: AbortSignal): Promise<void>;
}

export function createLoop(given: LoopDeps): Loop {
  const state = createState(given);
  const deps = { ...given, ask: timed(given.ask, state) };
  const alarm = createAlarm(deps.now);
  const stop = new AbortController();
  const working: Working = { state, deps, stopping: stop.signal, sleepUntil: alarm.sleepUntil };
  const isCanarys = ({ source }: Hint): boolean => source === deps.canary?.source;
  return {
    hint(hints, tookMs = 0) {
      const [own, real] = [hints.filter(isCanarys), hints.filter((hint) => !isCanarys(hint))];
      for (const hint of real) hear(hint, tookMs, working);
      if (real.length > 0) state.dirty = noted(state.dirty, real, deps.now());
      if (own.length > 0) state.dirtyCanary = noted(state.dirtyCanary, own, deps.now());
      alarm.ring();
    },
    doubt(source) {
      const root = state.roots.get(source);
      if (root !== undefined) rescanSoon(root, deps.now());
      alarm.ring();
    },
    degrade(source, isDegraded) {
      const root = state.roots.get(source);
      if (root === undefined) return;
      telling(root, working, () => {
        root.isDegraded = isDegraded;
      });
    },
    request: (kind, request, onProgress, abort) =>
      new Promise((resolve, reject) => {
        if (stop.signal.aborted) return reject(stop.signal.reason);
        const job: Job = async () => {
          const until = AbortSignal.any([abort, stop.signal]);
          if (until.aborted) return reject(until.reason);
          await deps.ask(kind, request, onProgress, until).then(resolve, reject);
          for (const root of state.roots.values()) rescanSoon(root, deps.now());
        };
        state.requests.push({ job, gone: abort });
        alarm.ring();
      }),
    status: () => statusOf(state, deps),
    busyMs: state.publishing.busyMs,
    async run(abort) {
      const onAbort = (): void => {
        stop.abort(abort.reason);
        alarm.ring();
      };
      abort.addEventListener("abort", onAbort, { once: true });
      if (abort.aborted) onAbort();
      try {
        await begin(working);
        for (;;) {
          await deps.hearAll();
          if (stop.signal.aborted) break;
          const next = nextOf(state, working);
          if (typeof next === "number") await alarm.sleepUntil(next);
          else await next();
        }
      } catch (error) {
        stop.abort(error);
        throw error;
      } finally {
        abort.removeEventListener("abort", onAbort);
        await Promise.all(state.requests.splice(0).map(({ job }) => job())); // each is told that it is over
      }
    },
  };
}

/** Whatever is asked of the volume is known to be under way. */
function timed(ask: Ask, { publishing }: LoopState): Ask {
  return (kind, request, onProgress, abort) =>
    publishing.run((progressed) =>
      ask(
        kind,
        request,
        (done, total) => {
          progressed();
          onProgress(done, total);
        },
        abort,
      ),
    );
}

async function begin(working: Working): Promise<void> {
  const { deps, state, stopping } = working;
  const startedMs = deps.now();
  const news = await deps.ask("cycle", { look: "everything" }, () => {}, stopping);
  take(news, working);
  startOver(news, working);
  for (const report of news.packs) deps.say({ kind: "pack", report, elapsedMs: undefined });
  deps.say({ kind: "started", news, status: statusOf(state, deps), tookMs: deps.now() - startedMs });
}

function hear({ source, directory }: Hint, tookMs: number, working: Working): void {
  const { state, deps } = working;
  const root = state.roots.get(source);
  if (root === undefined) return;
  const key = keyOf({ source, directory });
  if (!state.watchedMs.has(key)) state.watchedMs.set(key, tookMs);
  state.suspicions.heard(source, directory, deps.now());
  telling(root, working, () => {
    root.events++;
  });
}

/**
 * The next job, or when to ask again. Somebody waits for a request; what was saved comes before a look at everything, unless
 * that is long overdue; what is only verified has time.
 */
function nextOf(state: LoopState, working: Working): Job | number {
  const now = working.deps.now();
  const asked = state.requests.shift();
  if (asked !== undefined) return asked.job;
  if (state.trouble !== undefined)
    return state.trouble.retryAtMs > now ? state.trouble.retryAtMs : () => lookAtEverything(working);

  judgeSuspicions(working);
  const roots = [...state.roots.values()].sort((a, b) => a.nextSliceAtMs - b.nextSliceAtMs);
  const [first] = roots;
  if (first !== undefined && first.nextSliceAtMs + working.deps.rescanMs < now)
    return () => lookAtSlice(first, working);
  const { ready, rest, nextAtMs = Number.POSITIVE_INFINITY } = due(state.dirty, now);
  if (ready.length > 0) {
    state.dirty = rest;
    return () => lookAtSettled(ready, working);
  }
  const soon = ahead(state.dirty, now);
  const { next } = soon;
  if (next !== undefined) return () => lookAhead(next, working);
  if (first !== undefined && first.nextSliceAtMs <= now) return () => lookAtSlice(first, working);
  const sliceAtMs = first?.nextSliceAtMs ?? Number.POSITIVE_INFINITY;
  const calmUntilMs = Math.min(nextAtMs, soon.nextAtMs, sliceAtMs);
  const canary = canaryOf(state, calmUntilMs, working);
  if (typeof canary === "function") return canary;
  if (state.verifyAtMs <= now) return () => verifyNext(working);
  return Math.min(calmUntilMs, canary, state.verifyAtMs, state.suspicions.nextAtMs());
}

/** The canary takes some milliseconds: it waits for a moment when nobody else needs them, but not for ever. */
const CANARY_ROOM_MS = 50;
const CANARY_WAITS_MS = 1000;

function canaryOf(state: LoopState, calmUntilMs: number, { deps, stopping }: Working): Job | number {
  const now = deps.now();
  const { ready, rest, nextAtMs = Number.POSITIVE_INFINITY } = due(state.dirtyCanary, now);
  const [song] = ready;
  if (song === undefined) return nextAtMs;
  if (calmUntilMs - now < CANARY_ROOM_MS && now - song.sinceMs < CANARY_WAITS_MS) return calmUntilMs;
  state.dirtyCanary = rest;
  return async () => await deps.canary?.look(stopping);
}

/** Wakes whoever sleeps; nothing slips in between looking and sleeping, for both are in one turn of the event loop. */
function createAlarm(now: () => number) {
  let ring = (): void => {};
  return {
    ring: () => ring(),
    async sleepUntil(atMs: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(Math.max(0, atMs - now()), LONGEST_SLEEP_MS));
      ring = resolve;
      await promise;
      clearTimeout(timer);
    },
  };
}

/** Timers of Node cannot wait for ever. */
const LONGEST_SLEEP_MS = 3_600_000;
