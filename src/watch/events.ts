import type { Hint } from "../plan/settle.ts";
import type { Degraded } from "./limits.ts";

/** What is told, between two turns of the event loop. */
export interface WatchEvents {
  /** Where to look: never what is true. All hints of one turn, each but once. `tookMs`: since the kernel told, until it is known what that means. */
  onHints(hints: readonly Hint[], tookMs: number): void;
  /** Something of this source may have gone unheard: look at all of it. */
  onDoubt(source: string, why: string): void;
  /** Not every directory of this source can be watched; said once, until it is over. Look again from time to time. */
  onDegraded(degraded: Degraded): void;
}

/** `degraded`: some of it is not watched. `absent`: it is watched whether it comes. */
export type SourceState = "watched" | "degraded" | "absent";
