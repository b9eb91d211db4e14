import type { JobEvent } from "./job.ts";
import type { Journal } from "./journal.ts";
import type { JobStore } from "./store.ts";

export interface Following {
  readonly journal: Pick<Journal, "listen" | "unwritten">;
  readonly store: Pick<JobStore, "events">;
  readonly isOver: (job: string) => boolean;
  /** The server ends: nothing is read any more. */
  readonly closed: AbortSignal;
}

/** So many are in memory for one follower. */
const PAGE = 100;

/**
 * Reads a job's events at the reader's own pace, those that happened and those that will.
 *
 * Nothing is missed between reading and waiting: both stand in one turn of the loop, and writing happens in another.
 */
export async function* follow(
  job: string,
  after: number,
  { journal, store, isOver, closed }: Following,
  abort: AbortSignal,
): AsyncGenerator<JobEvent, void> {
  let wake = (): void => {};
  using _ = journal.listen(job, () => wake());
  const stop = AbortSignal.any([abort, closed]);
  stop.addEventListener("abort", () => wake(), { once: true });
  for (let last = after; !stop.aborted; ) {
    const isLast = isOver(job);
    const page = store.events(job, last, PAGE);
    for (const event of page) {
      yield event;
      if (stop.aborted) return;
      last = event.id;
    }
    if (page.length > 0) continue;
    // What ended on a full disk is told from memory.
    if (isLast) return yield* journal.unwritten(job).events.filter(({ id }) => id > last);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
