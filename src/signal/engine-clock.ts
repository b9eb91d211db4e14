import type { Engine } from "./engine.ts";

/** The engine's clock, which may be another machine's. Moments are in milliseconds since 1970. */
export interface EngineClock {
  /** A moment of packsync's by the engine's clock, at the latest: the answer takes its time. */
  at(ownMs: number, abort: AbortSignal): Promise<number>;
  /** The same as far as it was found out last, for nothing; `undefined`: nobody has asked yet. */
  about(ownMs: number): number | undefined;
}

/** To ask costs the engine ten milliseconds: it says the time beside much else. @param now packsync's own clock */
export function engineClock(engine: Engine, now: () => number): EngineClock {
  let aheadMs: number | undefined;
  return {
    async at(ownMs, abort) {
      const askedMs = now();
      aheadMs = Date.parse(await engine.now(abort)) - askedMs;
      return ownMs + aheadMs;
    },
    about: (ownMs) => (aheadMs === undefined ? undefined : ownMs + aheadMs),
  };
}
