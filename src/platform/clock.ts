/** Milliseconds since some moment, never set back: `performance.now()` without the module that it takes a millisecond to load. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Milliseconds since a moment of {@link monotonicMs}, in whole microseconds. */
export function msSince(startedMs: number): number {
  return wholeMicroseconds(monotonicMs() - startedMs);
}

export function wholeMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
