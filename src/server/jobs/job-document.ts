import { z } from "zod";
import { EVENT_TYPES, JOB_KINDS, JOB_STATES, type Job, type JobEvent } from "./job.ts";

const Time = z.iso.datetime();

const JobErrorDocument = z.object({
  error: z.string(),
  code: z.string().describe("As an answer's `code`, e.g. `UNPROCESSABLE_ENTITY`"),
  message: z.string(),
  status: z.int().describe("What a call that waits is answered with"),
});

export const JobDocument = z
  .object({
    id: z.uuid(),
    kind: z.enum(JOB_KINDS),
    request: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
      .describe("What was asked for, without credentials"),
    state: z.enum(JOB_STATES).describe("`interrupted`: the server ended before the job did"),
    cancel_requested: z.boolean().describe("Somebody asked for its end; it is over once its `state` says so"),
    created: Time,
    started: Time.nullable(),
    ended: Time.nullable(),
    progress: z.object({
      stage: z.string().nullable(),
      pack: z.string().nullable(),
      percentage: z.int().min(0).max(100).describe("An estimate; 100 only once the job succeeded"),
    }),
    error: JobErrorDocument.nullable(),
  })
  .describe("One long call");
export type JobDocument = z.infer<typeof JobDocument>;

export const JobWithResultDocument = JobDocument.extend({
  result: z.unknown().describe("The `data` that a call that waits is answered with; `null` until it succeeded"),
});

export const JobEventDocument = z
  .object({
    id: z.int().describe("Counts up in its job; a number that is missing belonged to output that is not kept"),
    time: Time,
    type: z.enum(EVENT_TYPES),
    data: z.record(z.string(), z.unknown()),
  })
  .describe(
    "`state`: `{state, error?}`; `stage`: `{stage, pack, percentage}`; `line`: `{stage, pack, line}`, one line of a program's output",
  );

/** A job as the API shows it. */
export function jobDocument(job: Job): JobDocument {
  const { id, kind, state, cancelRequested, created, started, ended, progress, error } = job;
  return {
    id,
    kind,
    request: Object.fromEntries(
      Object.entries(job.request).map(([field, value]) => [field, typeof value === "object" ? [...value] : value]),
    ),
    state,
    cancel_requested: cancelRequested,
    created,
    started: started ?? null,
    ended: ended ?? null,
    progress: { stage: progress.stage ?? null, pack: progress.pack ?? null, percentage: progress.percentage },
    error: error ?? null,
  };
}

/** An event on its way to a follower. */
export function eventText({ id, time, type, data }: JobEvent): string {
  return JSON.stringify({ id, time, type, data });
}
