import { PacksyncError } from "../../errors.ts";
import type { Log } from "../../platform/log.ts";
import type { Owner } from "../../platform/ownership.ts";
import { VERSION } from "../../platform/version.ts";
import { acquireLock, describeHolder, type Lock, readHolder } from "../../publish/lock.ts";
import { openJobsDatabase } from "./database.ts";
import type { Job, JobError } from "./job.ts";
import { createJobs, type JobLimits, type Jobs } from "./jobs.ts";
import { jobStore } from "./store.ts";

export interface JobsPlace {
  /** Where `state.db` stands; it is there. */
  readonly directory: string;
  readonly owner: Owner | undefined;
  readonly limits: JobLimits;
  readonly log: Log;
  readonly now: () => Date;
  readonly failureOf: (error: unknown) => JobError;
  /** Of a server that ends; in seconds. */
  readonly lockTimeoutSeconds: number;
}

/**
 * Opens the jobs of a volume, for its only server. What an earlier server left running or waiting is `interrupted` from now on.
 *
 * @throws PacksyncError `LOCK_TIMEOUT` when another server has them; `VOLUME_UNUSABLE` when they cannot be written
 */
export async function openJobs(place: JobsPlace, abort: AbortSignal): Promise<Jobs> {
  await using opened = new AsyncDisposableStack();
  opened.use(await lock(place, abort));
  const { directory, owner, log, now } = place;
  const database = opened.use(openJobsDatabase(directory, owner, log));
  const store = jobStore(database);
  const interrupted = store.interrupt((job) => interruptedJob(job, place), now());
  if (interrupted > 0) log.warn({ jobs: interrupted }, "jobs were interrupted when the server ended before them");
  const jobs = opened.use(createJobs({ ...place, store }));
  const mine = opened.move();
  return { ...jobs, [Symbol.asyncDispose]: () => mine.disposeAsync() };
}

async function lock({ directory, owner, lockTimeoutSeconds }: JobsPlace, abort: AbortSignal): Promise<Lock> {
  const path = `${directory}/server.lock`;
  const timeoutSeconds = lockTimeoutSeconds;
  const request = { path, version: VERSION, doing: "serve", owner, timeoutSeconds, onWait: () => {} };
  try {
    return await acquireLock(request, abort);
  } catch (error) {
    if (!(error instanceof PacksyncError) || error.code !== "LOCK_TIMEOUT") throw error;
    const holder = describeHolder(readHolder(path));
    throw new PacksyncError("LOCK_TIMEOUT", `Expected no other server for this volume, got ${holder}.`, {
      hint: "One server is enough: stop it, or ask it.",
      retryable: true,
      cause: error,
    });
  }
}

function interruptedJob(job: Job, { now, failureOf }: JobsPlace): Job {
  const why = new PacksyncError("STOPPED", "The server ended before the job did.", {
    hint: "Ask for the same again.",
    retryable: true,
  });
  return { ...job, state: "interrupted", ended: now().toISOString(), error: failureOf(why) };
}
