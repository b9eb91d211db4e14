import { monotonicMs } from "./clock.ts";

/** When a thread that cannot be asked now got on last: in memory that another thread sees, for a message a file would cost as much as the file. */
export type Pulse = SharedArrayBuffer;

export function createPulse(): Pulse {
  return new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
}

export function beat(pulse: Pulse): void {
  new Float64Array(pulse)[0] = monotonicMs(); // of all threads it is the same clock
}

/** Milliseconds of the monotonic clock; 0: never. */
export function lastBeatMs(pulse: Pulse): number {
  return new Float64Array(pulse)[0] ?? 0;
}
