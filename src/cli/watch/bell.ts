import { lastKept } from "../../events/history.ts";
import { followEvents } from "../../follow-events.ts";

/** Rings when something has happened: the daemon tells of it, or has come or gone. */
export interface Bell {
  /** Resolves with whether it rang, in so many milliseconds at most; what it rang meanwhile counts. */
  rang(withinMs: number): Promise<boolean>;
}

export function hangBell(stateDir: string, abort: AbortSignal): Bell {
  let hasRung = false;
  let wake = (): void => {};
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  abort.addEventListener("abort", ring, { once: true }); // nobody waits any longer
  const follow = async (): Promise<void> => {
    for await (const _ of followEvents(stateDir, () => lastKept(stateDir), abort)) ring();
  };
  follow().catch(() => {}); // of an older daemon, or one that we may not talk to, everything is found by looking
  return {
    async rang(withinMs) {
      if (!hasRung) await woken(withinMs, (rung) => (wake = rung));
      const answer = hasRung;
      hasRung = abort.aborted;
      return answer;
    },
  };
}

function woken(withinMs: number, onWait: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, withinMs);
    onWait(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
