import type { StageProgress } from "../../install/stages.ts";
import type { JobKind, JobProgress } from "./job.ts";

export const NO_PROGRESS: JobProgress = { stage: undefined, pack: undefined, percentage: 0 };

/** Tells how far a job is, by what its stages say. */
export interface ProgressMeter {
  take(progress: StageProgress): JobProgress;
}

const ALMOST = 99;

/**
 * Each stage that a pack comes into is a step. How many there will be is known only roughly (what a pack depends on comes along), so
 * it never says that all is done.
 *
 * @param packs how many were asked for
 */
export function progressMeter(kind: JobKind, packs: number): ProgressMeter {
  const steps = Math.max(1, packs) * STAGES[kind];
  const seen = new Set<string>();
  let percentage = 0;
  return {
    take({ stage, pack, share }) {
      seen.add(`${stage} ${pack}`);
      percentage = Math.max(percentage, Math.min(ALMOST, Math.floor((share ?? (seen.size - 1) / steps) * 100)));
      return { stage, pack, percentage };
    },
  };
}

/** How many stages a pack goes through. */
const STAGES: Readonly<Record<JobKind, number>> = {
  download: 1,
  dependencies: 1,
  "build-envs": 1,
  register: 2,
  "register-batch": 2,
  install: 5,
  uninstall: 1,
  rollback: 1,
  pin: 1,
  unpin: 1,
  sync: 1,
  verify: 1,
  notify: 1,
  test: 1,
  upload: 2,
};
