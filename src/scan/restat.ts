import { type Fingerprint, sizeOf } from "./fingerprint.ts";
import { isStill, type SourceDirectory } from "./look.ts";
import type { Place } from "./scanner.ts";
import type { ScanThread } from "./thread.ts";
import type { ScanLimits } from "./walk.ts";

/** One directory whose fingerprint is compared with what is there now. */
interface Comparison {
  readonly at: SourceDirectory;
  readonly fingerprint: Fingerprint;
}

/**
 * Comparisons that two threads share: each takes the next one that nobody has, until none is left. `cells`: the next
 * to take, how many are done, then an answer each (0 open, 1 unchanged, 2 changed).
 */
export interface SharedWork {
  readonly comparisons: readonly Comparison[];
  readonly limits: ScanLimits;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

const NEXT = 0;
const DONE = 1;
const ANSWERS = 2;
const UNCHANGED = 1;
const CHANGED = 2;

/** Fewer paths than this are looked at sooner than a thread has started: 10,000 files in 124 ms alone, in 132 ms together. */
const WORTH_A_THREAD = 30_000;

/** Of each place whether its source still is what the last scan saw; a place that was never scanned is not. */
export function areStill(places: readonly Place[], limits: ScanLimits, thread: () => ScanThread): boolean[] {
  const known = places.flatMap(({ at, known }, index) =>
    known?.fingerprint ? [{ at, fingerprint: known.fingerprint, index }] : [],
  );
  const paths = known.reduce((sum, { fingerprint }) => sum + sizeOf(fingerprint), 0);
  const work: SharedWork = {
    comparisons: known,
    limits,
    cells: new Int32Array(new SharedArrayBuffer(4 * (ANSWERS + known.length))),
  };
  if (paths >= WORTH_A_THREAD) thread().help(work);
  takeAll(work);
  awaitOthers(work);
  const answers = places.map(() => false);
  for (const [position, { index }] of known.entries()) answers[index] = work.cells[ANSWERS + position] === UNCHANGED;
  return answers;
}

/** What each thread does: nobody takes what another has, because taking is one atomic addition. */
export function takeAll({ comparisons, limits, cells }: SharedWork): void {
  for (let index = Atomics.add(cells, NEXT, 1); index < comparisons.length; index = Atomics.add(cells, NEXT, 1)) {
    const comparison = comparisons[index];
    const isSame = comparison !== undefined && isStill(comparison.at, comparison.fingerprint, limits);
    Atomics.store(cells, ANSWERS + index, isSame ? UNCHANGED : CHANGED);
    Atomics.add(cells, DONE, 1);
    Atomics.notify(cells, DONE);
  }
}

const PATIENCE_MS = 30_000;

/** The other thread has at most one left. If it died over that, the place counts as changed and is scanned: slower, not wrong. */
function awaitOthers({ comparisons, cells }: SharedWork): void {
  for (let done = Atomics.load(cells, DONE); done < comparisons.length; done = Atomics.load(cells, DONE)) {
    if (Atomics.wait(cells, DONE, done, PATIENCE_MS) === "timed-out") return;
  }
}
