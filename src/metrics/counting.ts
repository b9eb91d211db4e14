import type { PacksyncEvent } from "../events/event.ts";
import { countsOf } from "./counts.ts";
import type { Measures } from "./registry.ts";

/** What whoever counts is told of a daemon's events. `began`: this one was not counted before; `current`: everything until now was told. */
export type Happened =
  | { readonly kind: "began" | "current" }
  | { readonly kind: "event"; readonly event: PacksyncEvent };

/** Counts what daemons say, one after the other, each from its start on. */
export interface Counting extends Disposable {
  /** What was counted; of a new daemon once all is counted that it said so far: who looks never sees a part of it. */
  counted(): Pick<Measures, "text">;
  /** Resolves when nothing is left to be counted that had happened. */
  current(): Promise<void>;
}

/** @param happened is asked once, and does not fail. @param create what nothing was counted into yet; `begun`: with the series that are there before */
export function startCounting(
  create: (begun: boolean) => Measures,
  happened: (abort: AbortSignal) => AsyncIterable<Happened>,
): Counting {
  const stop = new AbortController();
  let shown = create(false);
  let counting: Measures | undefined;
  let current = Promise.withResolvers<void>();
  const begin = (): void => {
    if (counting !== undefined && counting === shown) current = Promise.withResolvers(); // else somebody waits already
    counting = create(true);
  };
  const count = async (): Promise<void> => {
    for await (const told of happened(stop.signal)) {
      if (told.kind === "event") counting?.add(countsOf(told.event));
      else if (told.kind === "began") begin();
      else {
        shown = counting ?? shown;
        current.resolve();
      }
    }
  };
  void count();
  return {
    counted: () => shown,
    current: () => current.promise,
    [Symbol.dispose]() {
      stop.abort(); // a daemon that does not answer keeps nobody from ending
      current.resolve();
    },
  };
}
