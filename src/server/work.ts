import type { FastifyReply, FastifyRequest } from "fastify";
import type { OnStage } from "../install/stages.ts";
import type { JobKind, JobRequest } from "./jobs/job.ts";
import type { Accepted } from "./jobs/work-as-job.ts";

/** What a long call does. Its document is the answer's `data`. */
export type Work<T> = (onStage: OnStage, abort: AbortSignal) => Promise<T>;

/** A long call, for those who look after it. `summary` has no credentials in it. */
export interface WorkAbout {
  readonly kind: JobKind;
  readonly summary: JobRequest;
}

/** Does the work of a request, and answers it: with its document, or with the job that does it for who would not wait. */
export type DoWork = <T>(
  http: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  about: WorkAbout,
  work: Work<T>,
) => Promise<{ readonly data: T } | Accepted>;
