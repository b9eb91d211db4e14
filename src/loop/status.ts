/**
 * How a source is watched. `events`: changes announce themselves; `polling`: none ever did, only rescans find them;
 * `degraded`: the kernel has no watches left for it, so rescans do; `vanished`: its directory is not there.
 */
export type Watching = "events" | "polling" | "degraded" | "vanished";

/** One source, as the daemon sees it. Times are ISO. */
export interface RootStatus {
  readonly name: string;
  readonly path: string;
  readonly watching: Watching;
  readonly held: string | undefined;
  /** Hints that came. */
  readonly events: number;
  /** Packs whose change a rescan found that no event had announced. */
  readonly missedEvents: number;
  /** From one look at everything to the next. */
  readonly rescanIntervalMs: number;
  /** When the last look at everything of it was over; `undefined`: none is yet. */
  readonly lastRescanAt: string | undefined;
  /** How long the next one is overdue, though the volume has nothing else to do; 0: it is not. */
  readonly rescanLateMs: number;
}

/** How long a stage of the flow has had something to do of which nothing came; 0: it has nothing to do, or has just got on. */
export interface StageStatus {
  readonly name: "watch" | "settle" | "publish" | "register" | "tell";
  readonly ageMs: number;
}

/** What the daemon knows beside what stands in the volume. Times are ISO. */
export interface LoopStatus {
  readonly roots: readonly RootStatus[];
  readonly packs: number;
  readonly findings: number;
  /** `undefined` until the first cycle is over. */
  readonly lastCycle: { readonly at: string; readonly durationMs: number } | undefined;
  /** How long the oldest change waits that is not looked at yet; 0: none does. */
  readonly lagMs: number;
  readonly missedEvents: number;
  readonly stages: readonly StageStatus[];
  readonly watches: number;
  /** `undefined`: the system does not say. */
  readonly watchesAllowed: number | undefined;
  /** What keeps the volume from being used. */
  readonly trouble: string | undefined;
  /** The longest time that the first thread did not listen, in milliseconds. */
  readonly eventLoopDelayMs: number;
}
