/** Scanning costs at most this part of one core: two in a hundred, with the watcher and what cannot be counted beside it. */
const SHARE = 0.0125;

/** Where events are known to get lost, at least so often. */
const DOUBTFUL_MS = 1000;

/** How long to rest after a look that cost so much: a piece of one whose other pieces nobody knows. */
export function restMs(costMs: number): number {
  return costMs / SHARE;
}

export interface RescanNeed {
  /** What looking at everything costs, in milliseconds of processor time. */
  readonly costMs: number;
  /** The least time between two looks, in milliseconds, where events can be relied on. */
  readonly floorMs: number;
  /** Whether something changed lately that no event announced. */
  readonly isDoubtful: boolean;
}

/** From the beginning of one look at everything to the next, in milliseconds. */
export function rescanIntervalMs({ costMs, floorMs, isDoubtful }: RescanNeed): number {
  return Math.max(isDoubtful ? Math.min(floorMs, DOUBTFUL_MS) : floorMs, costMs / SHARE);
}
