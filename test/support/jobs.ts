import { setTimeout as sleep } from "node:timers/promises";
import { PacksyncError } from "../../src/errors.ts";
import type { StageProgress } from "../../src/install/stages.ts";
import type { Log } from "../../src/platform/log.ts";
import type { Job, JobError, JobEvent } from "../../src/server/jobs/job.ts";
import { JOB_LIMITS, type JobLimits, type Jobs } from "../../src/server/jobs/jobs.ts";
import type { JobOrder } from "../../src/server/jobs/one-job.ts";
import { openJobs } from "../../src/server/jobs/open-jobs.ts";

const silent = () => {};
export const SILENT: Log = { error: silent, warn: silent, info: silent, debug: silent };

export const ORDER: JobOrder = { kind: "register", request: {}, packs: 1 };

/** As the server answers for an error. */
export function failureOf(error: unknown): JobError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof PacksyncError ? error.code : "INTERNAL_SERVER_ERROR";
  return { error: message, code, message, status: 500 };
}

export async function jobsIn(directory: string, limits: Partial<JobLimits> = {}, log = SILENT): Promise<Jobs> {
  const about = { directory, owner: undefined, log, failureOf, now: () => new Date(), lockTimeoutSeconds: 0 };
  return await openJobs({ ...about, limits: { ...JOB_LIMITS, ...limits } }, new AbortController().signal);
}

/** A job's work that goes on when the test says so. */
export interface Steered {
  readonly work: (onStage: (progress: StageProgress) => void, abort: AbortSignal) => Promise<unknown>;
  /** Resolves once it runs. */
  readonly begun: Promise<void>;
  say(progress: StageProgress): void;
  lines(...lines: readonly string[]): void;
  finish(document: unknown): void;
  fail(error: unknown): void;
}

/** It ends when it is told to, unless it is deaf. */
export function steered(hearing: "hears" | "deaf" = "hears"): Steered {
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<unknown>();
  over.promise.catch(silent); // it may fail before it begins
  let tell: (progress: StageProgress) => void = silent;
  const say = (progress: StageProgress): void => tell(progress);
  return {
    begun: begun.promise,
    async work(onStage, abort) {
      tell = onStage;
      begun.resolve();
      if (hearing === "hears") abort.addEventListener("abort", () => over.reject(abort.reason), { once: true });
      return await over.promise;
    },
    say,
    lines: (...lines) => {
      for (const line of lines) say({ stage: "tests", pack: "sky", line });
    },
    finish: (document) => over.resolve(document),
    fail: (error) => over.reject(error),
  };
}

/** All of a job's events, until it is over. */
export async function eventsOf(jobs: Jobs, id: string, after = 0): Promise<readonly JobEvent[]> {
  return await Array.fromAsync(jobs.events(id, after, new AbortController().signal));
}

/** The job once it has a state. */
export async function jobIn(jobs: Pick<Jobs, "get">, id: string, state: Job["state"]): Promise<Job> {
  for (;;) {
    const job = jobs.get(id);
    if (job?.state === state) return job;
    await sleep(5);
  }
}
