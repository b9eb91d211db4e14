import type { StageStatus } from "./status.ts";

/** One stage of the flow: how long it has had something to do of which nothing came. */
export interface Stage {
  /** @param work is told how to say that something came of it */
  run<T>(work: (progressed: () => void) => Promise<T>): Promise<T>;
  status(): StageStatus;
}

/** @param now milliseconds of a clock that only goes forward */
export function createStage(name: StageStatus["name"], now: () => number): Stage {
  let underWay = 0;
  let progressedAtMs = 0;
  const progressed = (): void => {
    progressedAtMs = now();
  };
  return {
    async run(work) {
      if (underWay++ === 0) progressed();
      try {
        return await work(progressed);
      } finally {
        underWay--;
        progressed();
      }
    },
    status: () => ({ name, ageMs: underWay === 0 ? 0 : Math.round(now() - progressedAtMs) }),
  };
}
