import type { SettleWindows } from "./settle-windows.ts";

/** What the hints of one place add up to, since it became dirty. */
export interface DirtyPlace {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Since when it is touched without a rest of `sourceQuietMs`. */
  readonly busySinceMs: number;
  /** The largest time between two hints. */
  readonly gapMs: number;
  /** Nothing appeared or was written, so far. */
  readonly onlyWent: boolean;
  readonly vanished: boolean;
  readonly inBatch: boolean;
  /** Half-written when it was looked at: it waits until then, and `untouched` if nothing was written since. */
  readonly waitsUntilMs: number | undefined;
  readonly untouched: boolean;
}

/** What a hint of this kind makes of a place that was clean, or dirty already. */
export function touch(
  before: DirtyPlace | undefined,
  kind: "changed" | "removed" | "vanished",
  now: number,
  { sourceQuietMs }: SettleWindows,
): DirtyPlace {
  const { firstMs, lastMs, busySinceMs, gapMs, onlyWent, vanished } = before ?? cleanPlace(now);
  return {
    firstMs,
    lastMs: now,
    busySinceMs: now - lastMs < sourceQuietMs ? busySinceMs : now,
    gapMs: Math.max(gapMs, now - lastMs),
    onlyWent: onlyWent && kind !== "changed",
    vanished: vanished || kind === "vanished",
    inBatch: before?.inBatch ?? false,
    waitsUntilMs: before?.waitsUntilMs,
    untouched: false,
  };
}

/** The place once it was found half-written; `sinceMs` is when it first became dirty. What was touched meanwhile stays so. */
export function waiting(
  before: DirtyPlace | undefined,
  sinceMs: number,
  now: number,
  { halfWrittenMs }: SettleWindows,
): DirtyPlace {
  const firstMs = Math.min(sinceMs, before?.firstMs ?? sinceMs);
  const place = before ?? { ...cleanPlace(now), onlyWent: false, untouched: true };
  return { ...place, firstMs, waitsUntilMs: now + halfWrittenMs };
}

/** When the place itself has come to rest, if nothing more happens to it. */
export function restsAtMs(place: DirtyPlace, windows: SettleWindows): number {
  const { lastMs, waitsUntilMs, untouched } = place;
  if (untouched && waitsUntilMs !== undefined) return waitsUntilMs;
  return Math.max(lastMs + quietMs(place, windows), waitsUntilMs ?? lastMs);
}

/** What vanished and came back is being replaced as a whole: a clone makes a directory long before it fills it. */
function quietMs(place: DirtyPlace, windows: SettleWindows): number {
  if (place.vanished && place.onlyWent) return windows.vanishedQuietMs;
  if (place.vanished || place.onlyWent || place.inBatch) return windows.sourceQuietMs;
  return Math.min(Math.max(2 * place.gapMs, windows.quietMs), windows.piecesQuietMs);
}

function cleanPlace(now: number): DirtyPlace {
  return {
    firstMs: now,
    lastMs: now,
    busySinceMs: now,
    gapMs: 0,
    onlyWent: true,
    vanished: false,
    inBatch: false,
    waitsUntilMs: undefined,
    untouched: false,
  };
}
