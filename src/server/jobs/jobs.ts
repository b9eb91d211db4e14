import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PacksyncError } from "../../errors.ts";
import type { Log } from "../../platform/log.ts";
import { type Following, follow } from "./follow.ts";
import { isOver, type Job, type JobError, type JobEvent, type JobKind, type JobState, type JobWork } from "./job.ts";
import { type Journal, openJournal } from "./journal.ts";
import { NO_PROGRESS, type ProgressMeter, progressMeter } from "./progress.ts";
import { shownLine, shownRequest } from "./shown.ts";
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

export interface JobOrder {
  readonly kind: JobKind;
  /** The request's body; of it only what may be shown is kept. */
  readonly request: Readonly<Record<string, unknown>>;
  /** How many packs it is about, as far as the request says. */
  readonly packs: number;
  /** What it works with: released once it is over, or if it cannot begin. */
  readonly held?: AsyncDisposable;
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

interface Active {
  job: Job;
  result: string | undefined;
  readonly work: JobWork<Done>;
  readonly meter: ProgressMeter;
  readonly stop: AbortController;
  readonly settled: Promise<unknown>;
  readonly reject: (why: unknown) => void;
}

interface Done {
  /** The document as JSON. */
  readonly result: string;
  /** Tells whoever waits. */
  readonly tell: () => void;
}

/** Nobody else writes this store. */
export function createJobs(deps: JobsDeps): Jobs {
  const { store, now, limits } = deps;
  const journal = openJournal({ ...deps, maxEvents: limits.events, maxBytes: limits.eventBytes });
  const active = new Map<string, Active>();
  const waiting: Active[] = [];
  const ending = new AbortController();
  const closed = new AbortController();
  let running = 0;

  const forgetOld = (): void => {
    store.prune(limits.kept, new Date(now().getTime() - limits.keptDays * DAY_MS));
  };
  const next = (): void => {
    for (let each = take(); each !== undefined; each = take()) void run(each);
  };
  const take = (): Active | undefined => {
    const first = running < limits.atOnce ? 0 : waiting.findIndex(({ job }) => URGENT.includes(job.kind));
    return first === -1 ? undefined : waiting.splice(first, 1)[0];
  };
  const run = async (each: Active): Promise<void> => {
    running += 1;
    change(each, { state: "running", started: now().toISOString() }, journal);
    journal.flush();
    await perform(each, journal, deps, ending.signal);
    running -= 1;
    retire(each);
    next();
  };
  /** It stays known until its end is written. */
  const retire = ({ job: { id } }: Active): void => {
    if (journal.unwritten(id).change !== undefined) {
      const listening = journal.listen(id, () => {
        listening[Symbol.dispose]();
        forget(id);
      });
      return;
    }
    forget(id);
  };
  const forget = (id: string): void => {
    active.delete(id);
    journal.close(id);
    attempt(forgetOld, deps.log);
  };
  const cancelQueued = (each: Active): void => {
    waiting.splice(waiting.indexOf(each), 1);
    end(each, stateOfStopped(ending.signal), each.stop.signal.reason, journal, deps);
    retire(each);
  };
  const get = (id: string): Job | undefined => active.get(id)?.job ?? store.get(id);
  const queued = <T>(order: JobOrder, settled: PromiseWithResolvers<T>, work: JobWork<T>): Active => {
    const job = queuedJob(order, now());
    journal.begin(job);
    const each: Active = {
      ...{ job, result: undefined, stop: new AbortController() },
      meter: progressMeter(order.kind, order.packs),
      work: async (onStage, abort) => {
        const document = await work(onStage, abort);
        return { result: JSON.stringify(document) ?? "null", tell: () => settled.resolve(document) };
      },
      settled: settled.promise,
      reject: settled.reject,
    };
    active.set(job.id, each);
    waiting.push(each);
    return each;
  };
  const unreleased = (error: unknown): void => {
    deps.log.warn({ error: messageOf(error) }, "what a job worked with could not be removed");
  };
  const following: Following = {
    journal,
    store,
    isOver: (id) => isOver(get(id)?.state ?? "failed"),
    closed: closed.signal,
  };
  attempt(forgetOld, deps.log);
  return {
    get,
    start<T>(order: JobOrder, work: JobWork<T>): Started<T> {
      const settled = Promise.withResolvers<T>();
      settled.promise
        .catch(() => {})
        .then(() => order.held?.[Symbol.asyncDispose]())
        .catch(unreleased);
      try {
        if (ending.signal.aborted) throw serverEnds();
        if (waiting.length >= limits.queued) throw tooMany(limits);
        const each = queued(order, settled, work);
        next();
        return { job: each.job, result: settled.promise };
      } catch (error) {
        settled.reject(error);
        throw error;
      }
    },
    result: (id) => {
      const result = active.get(id)?.result;
      return result === undefined ? store.result(id) : JSON.parse(result);
    },
    list: (page) => {
      const { jobs, total } = store.list(page);
      return { total, jobs: jobs.map((job) => active.get(job.id)?.job ?? job) };
    },
    cancel(id, reason) {
      const each = active.get(id);
      if (each === undefined || isOver(each.job.state)) return get(id) === undefined ? undefined : "over";
      change(each, { cancelRequested: true }, journal);
      each.stop.abort(new PacksyncError("STOPPED", reason));
      if (each.job.state === "queued") cancelQueued(each);
      return each.job;
    },
    events: (id, after, abort) => follow(id, after, following, abort),
    async [Symbol.asyncDispose]() {
      if (ending.signal.aborted) return;
      ending.abort(serverEnds());
      const all = [...active.values()];
      for (const each of all) each.stop.abort(serverEnds());
      for (const each of [...waiting]) cancelQueued(each);
      await allOrLate(
        all.map(({ settled }) => settled),
        limits.graceMs,
      );
      for (const each of all) if (!isOver(each.job.state)) end(each, "interrupted", serverEnds(), journal, deps);
      journal[Symbol.dispose]();
      await nextTurn(); // whoever keeps up is told the end
      closed.abort(serverEnds());
    },
  };
}

/** Whoever goes back is in trouble: these are quick, and wait for nobody's downloads. */
const URGENT: readonly JobKind[] = ["rollback", "uninstall"];

const DAY_MS = 24 * 3600 * 1000;

function queuedJob({ kind, request }: JobOrder, now: Date): Job {
  return {
    id: randomUUID(),
    kind,
    request: shownRequest(request),
    state: "queued",
    cancelRequested: false,
    created: now.toISOString(),
    started: undefined,
    ended: undefined,
    progress: NO_PROGRESS,
    error: undefined,
  };
}

/** A job that was told to end did so if it fails; one that came to its end all the same succeeded. */
async function perform(each: Active, journal: Journal, deps: JobsDeps, ending: AbortSignal): Promise<void> {
  const { work, stop, meter } = each;
  try {
    stop.signal.throwIfAborted();
    const { result, tell } = await work((progress) => {
      if (!isOver(each.job.state)) tellStage(each, progress, meter, journal);
    }, stop.signal);
    if (isOver(each.job.state)) return; // the server ended before
    each.result = result;
    change(each, { state: "succeeded", ...ended(each, deps.now(), 100) }, journal, "at once");
    tell();
  } catch (error) {
    if (isOver(each.job.state)) return;
    const state = stop.signal.aborted ? stateOfStopped(ending) : "failed";
    end(each, state, stop.signal.aborted ? stop.signal.reason : error, journal, deps);
  }
}

function stateOfStopped(ending: AbortSignal): JobState {
  return ending.aborted ? "interrupted" : "cancelled";
}

function tellStage(
  each: Active,
  progress: Parameters<ProgressMeter["take"]>[0],
  meter: ProgressMeter,
  journal: Journal,
): void {
  const [stage, pack] = [progress.stage, shownLine(progress.pack)];
  const isNews = each.job.progress.stage !== stage || each.job.progress.pack !== pack;
  const { percentage } = meter.take({ stage, pack });
  if (isNews) {
    change(each, { progress: { stage, pack, percentage } }, journal);
    journal.add(each.job.id, "stage", { stage, pack, percentage });
  }
  if (progress.line !== undefined) journal.add(each.job.id, "line", { stage, pack, line: shownLine(progress.line) });
}

/** Ends a job that did not succeed. */
function end(each: Active, state: JobState, why: unknown, journal: Journal, { now, failureOf }: JobsDeps): void {
  const error = failureOf(why);
  change(
    each,
    { state, error: { ...error, message: shownLine(error.message) }, ...ended(each, now()) },
    journal,
    "at once",
  );
  each.reject(why);
}

function ended({ job: { progress } }: Active, now: Date, percentage = progress.percentage) {
  return { ended: now.toISOString(), progress: { ...progress, percentage } };
}

function change(each: Active, news: Partial<Job>, journal: Journal, when: "soon" | "at once" = "soon"): void {
  each.job = { ...each.job, ...news };
  if (news.state !== undefined) {
    const { state, error } = each.job;
    journal.add(each.job.id, "state", { state, ...(error && { error }) });
  }
  journal.save({ job: each.job, result: each.result }, when);
}

async function allOrLate(promises: readonly Promise<unknown>[], graceMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, graceMs);
  await Promise.race([Promise.allSettled(promises), late.promise]);
  clearTimeout(timer);
}

/** What only tidies up must not fail what was done. */
function attempt(work: () => void, log: Log): void {
  try {
    work();
  } catch (error) {
    log.warn({ error: messageOf(error) }, "old jobs could not be removed");
  }
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
