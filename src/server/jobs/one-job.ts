import { randomUUID } from "node:crypto";
import type { StageProgress } from "../../install/stages.ts";
import { isOver, type Job, type JobError, type JobKind, type JobState, type JobWork } from "./job.ts";
import type { Journal } from "./journal.ts";
import { NO_PROGRESS, progressMeter } from "./progress.ts";
import { shownLine, shownRequest } from "./shown.ts";

export interface JobOrder {
  readonly kind: JobKind;
  /** The request's body; of it only what may be shown is kept. */
  readonly request: Readonly<Record<string, unknown>>;
  /** How many packs it is about, as far as the request says. */
  readonly packs: number;
  /** What it works with: released once it is over, or if it cannot begin. */
  readonly held?: AsyncDisposable;
}

export interface OneJobDeps {
  readonly journal: Journal;
  readonly now: () => Date;
  /** As the API answers for it. */
  readonly failureOf: (error: unknown) => JobError;
}

/** A job that is not over, or whose end is not written yet. */
export interface OneJob {
  facts(): Job;
  /** Of one that succeeded: JSON. */
  result(): string | undefined;
  /** Rejected, as it is for whoever waits, if it does not succeed. */
  readonly settled: Promise<unknown>;
  /** Asks for its end; `state`: what it is then. */
  stop(reason: Error, state: StoppedState): void;
  /** Ends it while its work has not begun, or will not hear. */
  end(): void;
  /** Works until it is over. */
  run(): Promise<void>;
}

type StoppedState = Extract<JobState, "cancelled" | "interrupted">;

/** Written down when this returns. @param settled told what the work gives or throws. @throws what the journal throws */
export function oneJob<T>(
  order: JobOrder,
  work: JobWork<T>,
  settled: PromiseWithResolvers<T>,
  { journal, now, failureOf }: OneJobDeps,
): OneJob {
  let job = queuedJob(order, now());
  let result: string | undefined;
  let stopped: StoppedState = "cancelled";
  const abort = new AbortController();
  const meter = progressMeter(order.kind, order.packs);
  const change = (news: Partial<Job>, when: "soon" | "at once"): void => {
    job = { ...job, ...news };
    const { state, error } = job;
    if (news.state !== undefined) journal.add(job.id, "state", { state, ...(error && { error }) });
    journal.save({ job, result }, when);
  };
  const onStage = (progress: StageProgress): void => {
    if (isOver(job.state)) return;
    const [stage, pack] = [progress.stage, shownLine(progress.pack)];
    const { percentage } = meter.take({ stage, pack, share: progress.share });
    const { stage: before, pack: last, percentage: done } = job.progress;
    if (before !== stage || last !== pack || done !== percentage) {
      change({ progress: { stage, pack, percentage } }, "soon");
      journal.add(job.id, "stage", { stage, pack, percentage });
    }
    if (progress.line !== undefined) journal.add(job.id, "line", { stage, pack, line: shownLine(progress.line) });
  };
  const succeed = (document: T): void => {
    if (isOver(job.state)) return; // the server ended before
    result = JSON.stringify(document) ?? "null";
    const progress = { ...job.progress, percentage: 100 };
    change({ state: "succeeded", ended: now().toISOString(), progress }, "at once");
    settled.resolve(document);
  };
  const fail = (state: JobState, why: unknown): void => {
    if (isOver(job.state)) return;
    change({ state, ended: now().toISOString(), error: shownError(failureOf(why)) }, "at once");
    settled.reject(why);
  };
  const end = (): void => fail(stopped, abort.signal.reason);
  journal.begin(job);
  return {
    facts: () => job,
    result: () => result,
    settled: settled.promise,
    stop(reason, state) {
      if (abort.signal.aborted || isOver(job.state)) return;
      stopped = state;
      change({ cancelRequested: state === "cancelled" }, "soon");
      abort.abort(reason);
    },
    end,
    async run() {
      change({ state: "running", started: now().toISOString() }, "at once");
      try {
        succeed(await work(onStage, abort.signal));
      } catch (error) {
        if (abort.signal.aborted) end();
        else fail("failed", error);
      }
    },
  };
}

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

function shownError({ error, message, ...about }: JobError): JobError {
  return { ...about, error: shownLine(error), message: shownLine(message) };
}
