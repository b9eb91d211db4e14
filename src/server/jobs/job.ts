import type { OnStage, StageProgress } from "../../install/stages.ts";

/** What a job does; each is one long call of the API. */
export const JOB_KINDS = [
  "download",
  "dependencies",
  "build-envs",
  "register",
  "register-batch",
  "install",
  "uninstall",
  "rollback",
  "pin",
  "unpin",
  "sync",
  "verify",
  "notify",
  "test",
  "upload",
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `interrupted`: the server ended before the job did. */
export const JOB_STATES = ["queued", "running", "succeeded", "failed", "cancelled", "interrupted"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** One long call, as anybody may see it: no credentials in it. Times are ISO. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** What was asked for, in the names of the request. */
  readonly request: JobRequest;
  readonly state: JobState;
  /** Somebody asked for its end; it is over once its state says so. */
  readonly cancelRequested: boolean;
  readonly created: string;
  readonly started: string | undefined;
  readonly ended: string | undefined;
  readonly progress: JobProgress;
  /** Why it did not succeed. */
  readonly error: JobError | undefined;
}

export type JobRequest = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface JobProgress {
  readonly stage: StageProgress["stage"] | undefined;
  readonly pack: string | undefined;
  /** 0 to 100; it never goes back. 100 only once the job succeeded. */
  readonly percentage: number;
}

/** As the API answers for a failure. */
export interface JobError {
  readonly error: string;
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

export const EVENT_TYPES = ["state", "stage", "line"] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One thing that happened. `id` counts up in its job; a number that is missing belonged to something that is not kept any more. */
export interface JobEvent {
  readonly id: number;
  readonly time: string;
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a job is to do: it gives the document that the API answers with. */
export type JobWork<T> = (onStage: OnStage, abort: AbortSignal) => Promise<T>;

export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}
