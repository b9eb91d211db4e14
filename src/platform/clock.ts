/** Milliseconds since some moment, never set back: `performance.now()` without the module that it takes a millisecond to load. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
