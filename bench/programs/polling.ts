/** Nothing that is waited for takes longer, unless it was lost. */
const DEADLINE_MS = 60_000;
/** A look costs some microseconds: well under a tenth of a core. */
const POLL_MS = 0.25;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread, as timers know whole milliseconds only. */
export function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

/**
 * Looks again and again until it is so.
 *
 * @param what for the error when it never becomes so
 */
export function waitUntil(isSo: () => boolean, what: string): void {
  const until = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > until) throw new Error(`Expected ${what} within ${DEADLINE_MS / 1000} s`);
    sleep(POLL_MS);
  }
}
