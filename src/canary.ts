import { CANARY_SOURCE, type Canary, createCanary } from "./canary/canary.ts";
import { canaryPlace } from "./canary/paths.ts";
import type { Config } from "./config/config.ts";
import type { Loop } from "./loop/loop.ts";
import { monotonicMs } from "./platform/clock.ts";
import type { Thread } from "./platform/thread-client.ts";
import type { Answers, Requests } from "./requests.ts";
import type { WatchEvents } from "./watch/events.ts";
import type { Watcher } from "./watch/watcher.ts";

interface Beside {
  readonly config: Config;
  readonly loop: Loop;
  readonly watcher: Watcher;
  readonly worker: Thread<Requests, Answers>;
}

/** Composition root of the canary: it takes the daemon's own watcher, loop and thread. `undefined`: there is to be none. */
export function canaryBeside({ config, loop, watcher, worker }: Beside): Canary | undefined {
  const { canarySeconds, limitSeconds } = config.health;
  if (canarySeconds === 0) return undefined;
  return createCanary({
    place: canaryPlace(config.stateDir),
    everyMs: canarySeconds * 1000,
    limitMs: limitSeconds * 1000,
    now: monotonicMs,
    busyMs: loop.busyMs,
    fly: (onScanned, abort) => worker.ask("canary", {}, onScanned, abort),
    watch: watcher.add,
    isUnwatched: () => watcher.stateOf(CANARY_SOURCE) === "degraded",
    recheck: () => watcher.recheck(CANARY_SOURCE, true),
    hint: loop.hint,
  });
}

/** What the watcher says of the canary is the canary's: nobody else hears of it. */
export function withCanary(
  canary: () => Canary | undefined,
  { onHints, onDoubt, onDegraded }: WatchEvents,
): WatchEvents {
  return {
    onHints(hints, tookMs) {
      if (hints.some(({ source }) => source === CANARY_SOURCE)) canary()?.heard();
      onHints(hints, tookMs);
    },
    onDoubt: (source, why) => void (source === CANARY_SOURCE || onDoubt(source, why)),
    onDegraded: (degraded) => void (degraded.source === CANARY_SOURCE || onDegraded(degraded)),
  };
}
