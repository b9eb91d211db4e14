import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long the event loop was kept from turning, at most; watched while there is something to do, for that alone wakes it a hundred times a second. */
export function watchDelay(): Disposable & { watch(): void; reset(): void; maxMs(): number } {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  let resting: NodeJS.Timeout | undefined;
  return {
    watch() {
      delay.enable();
      clearTimeout(resting);
      resting = setTimeout(() => delay.disable(), 50).unref();
    },
    reset: () => delay.reset(),
    maxMs: () => Math.round(delay.max / 1e6),
    [Symbol.dispose]() {
      clearTimeout(resting);
      delay.disable();
    },
  };
}
