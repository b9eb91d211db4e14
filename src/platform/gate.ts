/** Where a thread waits until another one decides, once, whether it may go on. */

const [UNDECIDED, OPEN, CLOSED] = [0, 1, 2];

export function createGate(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** Only the first decision counts. */
export function decide(gate: SharedArrayBuffer, mayGo: boolean): void {
  const state = new Int32Array(gate);
  Atomics.compareExchange(state, 0, UNDECIDED, mayGo ? OPEN : CLOSED);
  Atomics.notify(state, 0);
}

/** Blocks the thread. */
export function waitAt(gate: SharedArrayBuffer): boolean {
  const state = new Int32Array(gate);
  Atomics.wait(state, 0, UNDECIDED);
  return isOpen(gate);
}

export function isOpen(gate: SharedArrayBuffer): boolean {
  return Atomics.load(new Int32Array(gate), 0) === OPEN;
}
