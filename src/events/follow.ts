import type { Entry, Ring } from "./ring.ts";

/** Some of the kept events after one. `gone`: events up to this one are not all kept. */
export interface KeptPage {
  readonly entries: readonly Entry[];
  readonly gone: number;
}

export interface Following {
  readonly ring: Ring;
  /** What is kept after an event, the oldest first, some at a time. It does not fail: what cannot be read is not there. */
  readonly kept: (after: number) => Promise<KeptPage>;
}

/** What a follower is given. `gap`: there were events after the one he has that nobody has any more. */
export type Followed =
  | { readonly kind: "events"; readonly entries: readonly Entry[] }
  | { readonly kind: "gap"; readonly after: number; readonly gone: number };

/**
 * Every event after one that is still to be had, each once and in order, at the reader's own pace: what is kept, then what is in memory, then
 * whatever happens. Who reads too slowly for the memory is given what is kept again.
 *
 * Nothing is missed between reading the memory and waiting: both stand in one turn of the event loop.
 *
 * @param after 0: all there are, however many are gone
 * @param abort ends it when everything in memory is told
 */
export async function* follow(
  after: number,
  { ring, kept }: Following,
  abort: AbortSignal,
): AsyncGenerator<Followed, void> {
  let wake = (): void => {};
  using _ = ring.listen(() => wake());
  abort.addEventListener("abort", () => wake(), { once: true });
  for (let [last, told] = [after, after]; ; ) {
    const entries = ring.after(last);
    if (entries !== undefined && entries.length > 0) {
      yield { kind: "events", entries };
      last = entries.at(-1)?.id ?? last;
    } else if (abort.aborted) {
      return;
    } else if (entries === undefined) {
      const reach = ring.from;
      const page = await kept(last);
      if (last > 0 && page.gone > told && page.gone > last) {
        told = page.gone;
        yield { kind: "gap", after: last, gone: page.gone };
      }
      if (page.entries.length > 0) yield { kind: "events", entries: page.entries };
      last = page.entries.at(-1)?.id ?? Math.max(last, reach);
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
