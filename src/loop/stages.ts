import type { StageStatus } from "./status.ts";

/** One stage of the flow: how long it has had something to do of which nothing came. */
export interface Stage {
  /** @param work is told how to say that something came of it */
  run<T>(work: (progressed: () => void) => Promise<T>): Promise<T>;
  status(): StageStatus;
  /** How long it has had something to do, altogether. */
  busyMs(): number;
}

/**
 * @param now milliseconds of a clock that only goes forward
 * @param seenMs when it got on last, by that clock, as far as somebody else can see it
 */
export function createStage(name: StageStatus["name"], now: () => number, seenMs = () => 0): Stage {
  let underWay = 0;
  let progressedAtMs = 0;
  let beganMs = 0;
  let spentMs = 0;
  const progressed = (): void => {
    progressedAtMs = now();
  };
  return {
    async run(work) {
      if (underWay++ === 0) {
        progressed();
        beganMs = progressedAtMs;
      }
      try {
        return await work(progressed);
      } finally {
        progressed();
        if (--underWay === 0) spentMs += progressedAtMs - beganMs;
      }
    },
    status: () => ({ name, ageMs: underWay === 0 ? 0 : Math.round(now() - Math.max(progressedAtMs, seenMs())) }),
    busyMs: () => spentMs + (underWay === 0 ? 0 : now() - beganMs),
  };
}
