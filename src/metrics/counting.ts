import type { PacksyncEvent } from "../events/event.ts";
import { countsOf } from "./counts.ts";
import type { Measures } from "./registry.ts";

/** What whoever counts is told of a daemon's events. `began`: this one was not counted before; `current`: everything until now was told. */
export type Happened =
  | { readonly kind: "began" | "current" }
  | { readonly kind: "event"; readonly event: PacksyncEvent };

/** Counts what daemons say, one after the other, each from its start on. */
export interface Counting extends AsyncDisposable {
  /** Resolves when everything was counted that had happened. */
  current(): Promise<void>;
}

/** @param happened is asked once; it does not fail */
export function startCounting(
  measures: Pick<Measures, "add" | "startOver">,
  happened: (abort: AbortSignal) => AsyncIterable<Happened>,
): Counting {
  const stop = new AbortController();
  let current = Promise.withResolvers<void>();
  let isCurrent = false;
  const count = async (): Promise<void> => {
    for await (const told of happened(stop.signal)) {
      if (told.kind === "event") measures.add(countsOf(told.event));
      else if (told.kind === "current") {
        isCurrent = true;
        current.resolve();
      } else {
        measures.startOver();
        if (isCurrent) current = Promise.withResolvers(); // else somebody waits already
        isCurrent = false;
      }
    }
  };
  const done = count();
  return {
    current: () => current.promise,
    async [Symbol.asyncDispose]() {
      stop.abort();
      current.resolve();
      await done;
    },
  };
}
