import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, isFailure } from "./api.ts";
import type { LiveEvent } from "./documents.ts";
import { connection } from "./live.ts";
import { type Load, onLiveEvent } from "./store.ts";

/**
 * What the API has at a path, asked for again whenever `version` is another. What was shown stays until then, and if it fails.
 *
 * @returns also what asks again
 */
export function useLoad<T>(path: string, version: unknown = undefined): readonly [Load<T>, () => void] {
  const [{ of, load }, setLoad] = useState<{ readonly of: string; readonly load: Load<T> }>(() => ({
    of: path,
    load: LOADING,
  }));
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    void ask<T>(path, { signal: stop.signal }).then((answer) => {
      if (stop.signal.aborted) return;
      const next: Load<T> = isFailure(answer)
        ? { state: "failed", failure: answer.failure }
        : { state: "ready", value: answer.data };
      setLoad((before) => (isStillGood(before, path, next) ? before : { of: path, load: next }));
    });
    return () => stop.abort();
  }, [path, version, asked]);
  const again = useCallback(() => setAsked((count) => count + 1), []);
  return [of === path ? load : LOADING, again];
}

const LOADING = { state: "loading" } as const;

/** A failure that may pass does not take away what is shown; that it is not there any more does. */
function isStillGood<T>(before: { readonly of: string; readonly load: Load<T> }, path: string, next: Load<T>): boolean {
  return before.of === path && before.load.state === "ready" && next.state === "failed" && next.failure.status !== 404;
}

/** Counts up, at most every 300 ms, when something happened that concerns what is shown, and when the connection is back. */
export function useNews(concerns: (event: LiveEvent) => boolean): number {
  const [count, setCount] = useState(0);
  const current = useRef(concerns);
  current.current = concerns;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setCount((before) => before + 1);
      }, REST_MS);
    };
    const stops = [onLiveEvent((event) => current.current(event) && soon()), onBack(soon)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, []);
  return count;
}

const REST_MS = 300;

/** Calls back when the connection is live after it was not. */
function onBack(back: () => void): () => void {
  let was = connection.peek().state;
  return connection.subscribe(({ state }) => {
    if (state === "live" && was !== "live") back();
    was = state;
  });
}
