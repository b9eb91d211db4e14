import { setImmediate as nextTurn } from "node:timers/promises";
import { PacksyncError } from "../../errors.ts";
import type { Log } from "../../platform/log.ts";
import { type Following, follow } from "./follow.ts";
import { isOver, type Job, type JobError, type JobEvent, type JobKind, type JobWork } from "./job.ts";
import { openJournal } from "./journal.ts";
import { type JobOrder, type OneJob, oneJob } from "./one-job.ts";
import type { JobList, JobPage, JobStore } from "./store.ts";

/** The long calls of one server: each runs as a job that others can look at, follow and cancel. */
export interface Jobs extends AsyncDisposable {
  /**
   * Runs `work` as soon as fewer than {@link JobLimits.atOnce} others run; a rollback at once.
   *
   * @throws PacksyncError `STOPPED` (retryable) when too many wait already, or the server ends; `VOLUME_UNUSABLE` when it cannot be written down
   */
  start<T>(order: JobOrder, work: JobWork<T>): Started<T>;
  get(id: string): Job | undefined;
  /** What a job gave that succeeded. */
  result(id: string): unknown;
  list(page: JobPage): JobList;
  /** @returns the job, which may take a moment to end; `over` when it has; `undefined` when nobody knows it */
  cancel(id: string, reason: string): Job | "over" | undefined;
  /** All that happened after an event, then all that happens, until the job is over. Whoever is slow only delays himself. */
  events(id: string, after: number, abort: AbortSignal): AsyncIterable<JobEvent>;
}

export interface Started<T> {
  readonly job: Job;
  /** What `work` gives or throws; the reason when it was cancelled. */
  readonly result: Promise<T>;
}

export interface JobLimits {
  readonly atOnce: number;
  /** Those that wait for their turn. */
  readonly queued: number;
  /** Jobs that are over. */
  readonly kept: number;
  readonly keptDays: number;
  /** Of one job. */
  readonly events: number;
  readonly eventBytes: number;
  /** How long the end waits for jobs that were told to stop. */
  readonly graceMs: number;
}

export const JOB_LIMITS: JobLimits = {
  atOnce: 4,
  queued: 1000,
  kept: 200,
  keptDays: 7,
  events: 5000,
  eventBytes: 2 * 2 ** 20,
  graceMs: 5000,
};

export interface JobsDeps {
  readonly store: JobStore;
  readonly log: Log;
  readonly now: () => Date;
  readonly limits: JobLimits;
  /** As the API answers for it. */
  readonly failureOf: (error: unknown) => JobError;
}

/** Whoever goes back is in trouble: these are quick, and wait for nobody's downloads. */
const URGENT: readonly JobKind[] = ["rollback", "uninstall", "pin", "unpin", "notify"];

/** Nobody else writes this store. */
export function createJobs(deps: JobsDeps): Jobs {
  const { store, log, limits } = deps;
  const journal = openJournal({ ...deps, maxEvents: limits.events, maxBytes: limits.eventBytes });
  /** Those that are not over, and those whose end is not written yet. */
  const active = new Map<string, OneJob>();
  const waiting: OneJob[] = [];
  const ending = new AbortController();
  const closed = new AbortController();
  let running = 0;

  const get = (id: string): Job | undefined => active.get(id)?.facts() ?? store.get(id);
  const next = (): void => {
    for (let job = take(); job !== undefined; job = take()) void run(job);
  };
  const take = (): OneJob | undefined => {
    const first = running < limits.atOnce ? 0 : waiting.findIndex((job) => URGENT.includes(job.facts().kind));
    return first === -1 ? undefined : waiting.splice(first, 1)[0];
  };
  const run = async (job: OneJob): Promise<void> => {
    running += 1;
    await job.run();
    running -= 1;
    retire(job.facts().id);
    next();
  };
  const endWaiting = (job: OneJob): void => {
    waiting.splice(waiting.indexOf(job), 1);
    job.end();
    retire(job.facts().id);
  };
  /** It stays known until its end is written. */
  const retire = (id: string): void => {
    if (journal.unwritten(id).change === undefined) {
      forget(id);
      return;
    }
    const listening = journal.listen(id, () => {
      listening[Symbol.dispose]();
      forget(id);
    });
  };
  const forget = (id: string): void => {
    active.delete(id);
    journal.close(id);
    prune(deps);
  };
  const admit = (): void => {
    if (ending.signal.aborted) throw serverEnds();
    if (waiting.length >= limits.queued) throw tooMany(limits);
  };
  const isEnded = (id: string): boolean => isOver(get(id)?.state ?? "failed");
  const following: Following = { journal, store, isOver: isEnded, closed: closed.signal };
  prune(deps);
  return {
    get,
    start<T>(order: JobOrder, work: JobWork<T>): Started<T> {
      const settled = Promise.withResolvers<T>();
      void release(settled.promise, order.held, log);
      try {
        admit();
        const job = oneJob(order, work, settled, { ...deps, journal });
        active.set(job.facts().id, job);
        waiting.push(job);
        next();
        return { job: job.facts(), result: settled.promise };
      } catch (error) {
        settled.reject(error);
        throw error;
      }
    },
    result(id) {
      const result = active.get(id)?.result();
      return result === undefined ? store.result(id) : JSON.parse(result);
    },
    list(page) {
      const { jobs, total } = store.list(page);
      return { total, jobs: jobs.map((job) => active.get(job.id)?.facts() ?? job) };
    },
    cancel(id, reason) {
      const job = active.get(id);
      if (job === undefined || isEnded(id)) return get(id) === undefined ? undefined : "over";
      job.stop(new PacksyncError("STOPPED", reason), "cancelled");
      if (waiting.includes(job)) endWaiting(job);
      return job.facts();
    },
    events: (id, after, abort) => follow(id, after, following, abort),
    async [Symbol.asyncDispose]() {
      if (ending.signal.aborted) return;
      ending.abort();
      const all = [...active.values()];
      for (const job of all) job.stop(serverEnds(), "interrupted");
      for (const job of [...waiting]) endWaiting(job);
      const ends = all.map(({ settled }) => settled);
      await allOrLate(ends, limits.graceMs);
      for (const job of all) job.end();
      journal[Symbol.dispose]();
      await nextTurn(); // whoever keeps up is told the end
      closed.abort();
    },
  };
}

const DAY_MS = 24 * 3600 * 1000;

/** What only tidies up must not fail what was done. */
function prune({ store, limits, log, now }: JobsDeps): void {
  try {
    store.prune(limits.kept, new Date(now().getTime() - limits.keptDays * DAY_MS));
  } catch (error) {
    log.warn({ error: messageOf(error) }, "old jobs could not be removed");
  }
}

/** Once it is over; whoever does not wait for it reads in the job how it ended. */
async function release(settled: Promise<unknown>, held: AsyncDisposable | undefined, log: Log): Promise<void> {
  await settled.catch(() => {});
  try {
    await held?.[Symbol.asyncDispose]();
  } catch (error) {
    log.warn({ error: messageOf(error) }, "what a job worked with could not be removed");
  }
}

async function allOrLate(promises: readonly Promise<unknown>[], graceMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, graceMs);
  await Promise.race([Promise.allSettled(promises), late.promise]);
  clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function serverEnds(): PacksyncError {
  return new PacksyncError("STOPPED", "The server ended before the job did.", {
    hint: "Ask for the same again.",
    retryable: true,
  });
}

function tooMany({ queued }: JobLimits): PacksyncError {
  return new PacksyncError("STOPPED", `Expected at most ${queued} jobs to wait, got one more.`, {
    hint: "Try again when some are done.",
    retryable: true,
  });
}
