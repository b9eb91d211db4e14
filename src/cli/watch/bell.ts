import { setTimeout as sleep } from "node:timers/promises";
import { lastKept } from "../../events/history.ts";
import { followEvents } from "../../follow-events.ts";

/** Rings when something has happened: the daemon tells of it, or has come or gone. */
export interface Bell {
  /** Resolves with whether it rang, in so many milliseconds at most; what it rang meanwhile counts. */
  rang(withinMs: number): Promise<boolean>;
}

export function hangBell(stateDir: string, abort: AbortSignal): Bell {
  let rung = Promise.withResolvers<true>();
  abort.addEventListener("abort", () => rung.resolve(true), { once: true }); // nobody waits any longer
  const follow = async (): Promise<void> => {
    for await (const _ of followEvents(stateDir, () => lastKept(stateDir), abort)) rung.resolve(true);
  };
  follow().catch(() => {}); // of an older daemon, or one that we may not talk to, everything is found by looking
  return {
    async rang(withinMs) {
      const over = new AbortController();
      const late = sleep(withinMs, false, { signal: over.signal }).catch(() => false);
      const answer = await Promise.race([rung.promise, late]);
      over.abort();
      if (answer) rung = Promise.withResolvers<true>();
      return answer;
    },
  };
}
