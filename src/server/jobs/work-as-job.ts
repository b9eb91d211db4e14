import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../platform/log.ts";
import { refusalOf } from "../refusal.ts";
import type { DoWork } from "../work.ts";
import type { JobWork } from "./job.ts";
import { type JobDocument, jobDocument } from "./job-document.ts";
import type { Jobs } from "./jobs.ts";
import type { JobOrder } from "./one-job.ts";
import { preferenceOf } from "./prefer.ts";
import type { Workplace } from "./workplace.ts";

interface Http {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Does the work of every long call as a job. */
export function workAsJobs(workplace: Pick<Workplace, "open">, log: Log): DoWork {
  return async (http, { kind, summary }, work) => {
    const { jobs } = await workplace.open();
    const packs = [summary["packs"], summary["pack_paths"]].find(Array.isArray)?.length ?? 1;
    return await answerByJob(http, jobs, { kind, request: summary, packs, log }, work);
  };
}

/** The answer to who would rather not wait. */
export interface Accepted {
  readonly data: JobDocument;
}

/**
 * Does the work of a long call as a job, and answers it: with what the job gives, or at once with the job itself for who would
 * rather not wait. Who waits and hangs up cancels it.
 *
 * @throws what the work throws
 */
export async function answerByJob<T>(
  { request, reply }: Http,
  jobs: Jobs,
  { log, ...order }: JobOrder & { readonly log: Log },
  work: JobWork<T>,
): Promise<{ readonly data: T } | Accepted> {
  const prefers = preferenceOf(request.headers["prefer"]);
  const { job, result } = jobs.start(order, work);
  reply.header("x-job-id", job.id).header("vary", "Prefer");
  const hangUp = cancelOnHangUp(reply, jobs, job.id);
  try {
    if (!prefers.respondAsync) return { data: await result };
    const done = await within(result, prefers.waitSeconds);
    if (done !== undefined) return done;
  } finally {
    hangUp[Symbol.dispose]();
  }
  result.catch((error: unknown) => logUnexpected(error, job.id, log)); // nobody else will
  reply.code(202).header("location", `/api/v1/jobs/${job.id}`).header("preference-applied", "respond-async");
  return { data: jobDocument(jobs.get(job.id) ?? job) };
}

function logUnexpected(error: unknown, job: string, log: Log): void {
  if (refusalOf(error) === undefined)
    log.error({ job, error: error instanceof Error ? error.stack : String(error) }, "a job failed");
}

/** @returns `undefined` when it takes longer */
async function within<T>(result: Promise<T>, seconds: number): Promise<{ readonly data: T } | undefined> {
  if (seconds === 0) return undefined;
  const stop = new AbortController();
  try {
    const late = sleep(seconds * 1000, undefined, { signal: stop.signal });
    return await Promise.race([result.then((data) => ({ data })), late.catch(() => undefined)]);
  } finally {
    stop.abort();
  }
}

/** Until the answer is known: then nobody can hang up on the work any more. */
function cancelOnHangUp({ raw }: FastifyReply, jobs: Jobs, id: string): Disposable {
  const onClose = (): void => {
    if (!raw.writableFinished) jobs.cancel(id, "Whoever asked hung up.");
  };
  raw.once("close", onClose);
  return { [Symbol.dispose]: () => raw.off("close", onClose) };
}
