import * as z from "zod";
import { JobDocument } from "./jobs/job-document.ts";

/*
 * What each field is expected to be ends the sentence "Expected `packs` to be …". What nobody knows is ignored, and `null` is as good as nothing
 * where nothing will do: clients in other languages send both.
 */

/** A required text. */
export function text(expected: string) {
  return z.string(expected).min(1, expected);
}

export function optionalText(expected: string) {
  return z.string(expected).nullish();
}

export function flag() {
  return z.boolean("`true` or `false`").nullish();
}

export function seconds(least: number, most: number) {
  const expected = `whole seconds from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected).nullish();
}

/** Paths or sources; none will do, too. */
export function texts(expected: string, each: string, most: number) {
  return z.array(z.string(each).min(1, each), expected).max(most, `${expected}, at most ${most}`);
}

const failure = z
  .object({
    error: z.string().describe("What is wrong, in a sentence"),
    code: z.string().describe("For programs, e.g. `BAD_REQUEST`"),
    message: z.string().describe("The same, and what to do about it"),
    status: z.int().describe("The status of the answer"),
  })
  .describe("Why it was not done");

/** What any request may be answered with. */
export const failures = { 400: failure, 401: failure, 403: failure, 429: failure, 500: failure, 503: failure } as const;
export const bodyFailures = { ...failures, 413: failure, 415: failure } as const;
/** Of every long call. */
export const accepted = {
  202: z.object({ data: JobDocument }).describe("With `Prefer: respond-async`: the job that does it"),
} as const;
export const notFound = { 404: failure } as const;
export const conflict = { 409: failure } as const;
export const unprocessable = { 422: failure } as const;
export const unready = { 503: failure } as const;

/** A finding of validation. */
export const diagnostic = z.object({
  severity: z.enum(["error", "warning", "hint"]),
  code: z.string(),
  message: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  hint: z.string().optional(),
});

export const packParams = z.object({ ref: z.string("the ref of a pack") });
