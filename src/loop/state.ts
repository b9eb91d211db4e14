import type { Config } from "../config/config.ts";
import type { CycleNews } from "../cycle/news.ts";
import { type Dirty, NOTHING_DIRTY } from "../plan/settle.ts";
import type { Answers, RequestKind, Requests } from "../requests.ts";
import type { Say } from "./events.ts";
import { createRoot, intervalOf, type Root, rescanLateMs, watchingOf } from "./roots.ts";
import { createStage, type Stage } from "./stages.ts";
import type { LoopStatus, RootStatus, StageStatus } from "./status.ts";
import { createSuspicions, type Suspicions } from "./suspicions.ts";

/** Asks the volume, which does one thing at a time. */
export type Ask = <K extends RequestKind>(
  kind: K,
  request: Requests[K],
  onProgress: (done: number, total: number) => void,
  abort: AbortSignal,
) => Promise<Answers[K]>;

export interface LoopDeps {
  readonly sources: readonly { readonly name: string; readonly path: string }[];
  readonly ask: Ask;
  readonly say: Say;
  /** Readers have what is new; it is said once it is remembered, too. */
  readonly onLive: () => void;
  /** Resolves when all hints have come of what the kernel had told by now: nothing counts as quiet before. */
  readonly hearAll: () => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** The least time between two looks at everything, in milliseconds. */
  readonly rescanMs: number;
  /** How often everything is verified, in milliseconds; 0: never. */
  readonly verifyMs: number;
  /** What becomes of published files that somebody else changed. */
  readonly drift: Config["watch"]["drift"];
  /** Looks whether all of a source is watched, before its rescan. */
  readonly recheck: (source: string, isThorough: boolean) => void;
  /** Something of packsync's own that settles as packs do, and is looked at when nobody else waits; `look` does not fail. */
  readonly canary?: { readonly source: string; readonly look: (abort: AbortSignal) => Promise<void> };
  /** When the volume's thread got on with what it does, by the same clock. */
  readonly pulseMs?: () => number;
  readonly machine: () => Pick<LoopStatus, "watches" | "watchesAllowed" | "eventLoopDelayMs">;
}

/** What the volume is asked next. It does not fail for the volume's sake. */
export type Job = () => Promise<void>;

/** Everything that changes while the loop runs. */
export interface LoopState {
  readonly roots: Map<string, Root>;
  readonly requests: { readonly job: Job; readonly gone: AbortSignal }[];
  readonly suspicions: Suspicions;
  readonly publishing: Stage;
  dirty: Dirty;
  /** The canary's: it counts for nothing else. */
  dirtyCanary: Dirty;
  /** By `<source>/<directory>`, or by source, of what is dirty: how long it took until it was known, in milliseconds. */
  readonly watchedMs: Map<string, number>;
  last: { readonly news: CycleNews; readonly at: string } | undefined;
  trouble: Trouble | undefined;
  /** When packs were verified last; see {@link LoopDeps.verifyMs}. */
  verifyAtMs: number;
  toVerify: readonly string[];
}

/** What keeps the volume from being used, and when to try again. */
export interface Trouble {
  readonly message: string;
  readonly sinceMs: number;
  readonly waitMs: number;
  readonly retryAtMs: number;
}

export function createState({ sources, now, verifyMs, pulseMs }: LoopDeps): LoopState {
  return {
    roots: new Map(sources.map((source) => [source.name, createRoot(source, now())])),
    requests: [],
    suspicions: createSuspicions(),
    publishing: createStage("publish", now, pulseMs),
    dirty: NOTHING_DIRTY,
    dirtyCanary: NOTHING_DIRTY,
    watchedMs: new Map(),
    last: undefined,
    trouble: undefined,
    verifyAtMs: verifyMs === 0 ? Number.POSITIVE_INFINITY : now() + verifyMs / 24, // also of a daemon that is started every day
    toVerify: [],
  };
}

export function statusOf(state: LoopState, deps: LoopDeps): LoopStatus {
  const { now, machine } = deps;
  const roots = [...state.roots.values()];
  const totals = Object.values(state.last?.news.totals ?? {});
  const lagMs = lagOf(state.dirty, now());
  return {
    roots: roots.map((root) => rootStatus(root, state, deps)),
    packs: totals.reduce((sum, count) => sum + count, 0),
    findings: state.last?.news.findings ?? 0,
    lastCycle: state.last && { at: state.last.at, durationMs: state.last.news.durationMs },
    lagMs,
    missedEvents: roots.reduce((sum, { missed }) => sum + missed, 0),
    stages: [{ name: "settle", ageMs: lagMs }, publishingOf(state, now())],
    trouble: state.trouble?.message,
    ...machine(),
  };
}

/** A volume that cannot be used is not published into, however often it is tried. */
function publishingOf({ publishing, trouble }: LoopState, now: number): StageStatus {
  const { name, ageMs } = publishing.status();
  return { name, ageMs: trouble === undefined ? ageMs : Math.round(now - trouble.sinceMs) };
}

export function rootStatus(
  root: Root,
  { publishing }: Pick<LoopState, "publishing">,
  { rescanMs, now }: Pick<LoopDeps, "rescanMs" | "now">,
): RootStatus {
  const { name, path, held, events, missed, rescannedAt: lastRescanAt } = root;
  const rescans = {
    rescanIntervalMs: intervalOf(root, rescanMs),
    lastRescanAt,
    rescanLateMs: rescanLateMs(root, publishing.busyMs(), now()),
  };
  return { name, path, watching: watchingOf(root), held, events, missedEvents: missed, ...rescans };
}

/** How long the oldest change waits that was not looked at yet. */
function lagOf(dirty: Dirty, now: number): number {
  const since = [...dirty.values()].flatMap(({ places }) => [...places.values()].map(({ firstMs }) => firstMs));
  return since.length === 0 ? 0 : Math.round(now - Math.min(...since));
}
