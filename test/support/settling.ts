import { type Dirty, due, type Hint, NOTHING_DIRTY, noted, type Place } from "../../src/plan/settle.ts";

/** Hints, and when they come. */
export type Happening = readonly [atMs: number, ...hints: Hint[]];

export interface Settled extends Place {
  readonly atMs: number;
}

export function hint(directory: string | undefined, kind: Hint["kind"] = "changed", source = "packs"): Hint {
  return { source, directory, kind };
}

/** What a loop that asks exactly when it was told to makes of this, until nothing is dirty any more. */
export function settle(happenings: readonly Happening[], onAsked = (_dirty: Dirty, _now: number) => {}): Settled[] {
  const settled: Settled[] = [];
  let dirty: Dirty = NOTHING_DIRTY;
  const rest = (untilMs: number): void => {
    for (;;) {
      const { nextAtMs } = due(dirty, Number.NEGATIVE_INFINITY);
      if (nextAtMs === undefined || nextAtMs >= untilMs) return;
      const now = nextAtMs;
      onAsked(dirty, now);
      const answer = due(dirty, now);
      settled.push(...answer.ready.map((place) => ({ ...place, atMs: now })));
      dirty = answer.rest;
    }
  };
  for (const [atMs, ...hints] of happenings) {
    rest(atMs);
    dirty = noted(dirty, hints, atMs);
  }
  rest(Number.POSITIVE_INFINITY);
  return settled;
}
