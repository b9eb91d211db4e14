import type { PacksyncEvent } from "./event.ts";

/** An event, and how it is sent: written once for everybody. */
export interface Entry {
  readonly id: number;
  readonly event: PacksyncEvent;
  readonly json: string;
}

/** The newest events in memory: a bounded number of them, and of bytes. */
export interface Ring {
  /** It has every event after this one. */
  readonly from: number;
  /** The newest one; `from`, while there is none. */
  readonly last: number;
  push(entry: Entry): void;
  /** Those after an event, in order, some at a time; `undefined`: it does not reach back so far. */
  after(id: number): readonly Entry[] | undefined;
  /** Forgets everything: what comes next comes after this event. */
  reset(from: number): void;
  /** @param wake is called with every change */
  listen(wake: () => void): Disposable;
}

export interface RingLimits {
  readonly events: number;
  readonly bytes: number;
}

/** What is older is read again. */
export const RING_LIMITS: RingLimits = { events: 500, bytes: 2 ** 19 };

/** What is nowhere else stays longer. */
export interface Unkept {
  readonly limits: RingLimits;
  readonly isUnkept: (entry: Entry) => boolean;
}

export const UNKEPT_LIMITS: RingLimits = { events: 5000, bytes: 4 * 2 ** 20 };

/** So many are given at a time. */
const SOME = 500;

/** @param onDropped is told of every event that no longer fits */
export function createRing(
  from: number,
  limits: RingLimits,
  onDropped: (entry: Entry) => void = () => {},
  unkept?: Unkept,
): Ring {
  const listeners = new Set<() => void>();
  let entries: Entry[] = [];
  let [start, bytes, base] = [0, 0, from];
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  const isAbove = (most: RingLimits): boolean => entries.length - start > most.events || bytes > most.bytes;
  const isTooMuch = (): boolean => {
    const oldest = entries[start];
    const isUnkept = oldest !== undefined && unkept?.isUnkept(oldest) === true;
    return isAbove(limits) && (!isUnkept || isAbove(unkept.limits));
  };
  const drop = (): void => {
    const entry = entries[start++];
    if (entry === undefined) return;
    base = entry.id;
    bytes -= entry.json.length;
    if (start > SOME && start > entries.length / 2) {
      entries = entries.slice(start);
      start = 0;
    }
    onDropped(entry);
  };
  return {
    get from() {
      return base;
    },
    get last() {
      return entries.at(-1)?.id ?? base;
    },
    push(entry) {
      entries.push(entry);
      bytes += entry.json.length;
      while (entries.length - start > 1 && isTooMuch()) drop();
      wake();
    },
    after(id) {
      if (id < base) return undefined;
      const at = indexAfter(entries, start, id);
      return entries.slice(at, at + SOME);
    },
    reset(next) {
      [entries, start, bytes, base] = [[], 0, 0, next];
      wake();
    },
    listen(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

/** The first one with a greater id, by halves. */
function indexAfter(entries: readonly Entry[], start: number, id: number): number {
  let [low, high] = [start, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
