import type * as z from "zod/mini";
import { type ErrorCode, PacksyncError } from "../errors.ts";
import type { Position } from "../pack/diagnostics.ts";
import { isSecret } from "./settings.ts";
import { suggest } from "./suggest.ts";

/** What is wrong at `path`, the keys that lead there; `at` is the one of its keys that makes a mapping wrong. */
export type Problem =
  | {
      readonly kind: "value";
      readonly path: readonly string[];
      readonly expected: string;
      readonly got: unknown;
      readonly at: string | undefined;
    }
  | { readonly kind: "key"; readonly path: readonly string[] };

/** How one place (a file, the environment, the command line) is talked about. */
export interface Place {
  readonly code: ErrorCode;
  /** What a person calls the value: `lockTimeout`, `PACKSYNC_LOCK_TIMEOUT`, `--lock-timeout`. */
  name(path: readonly string[]): string;
  /** A correct line, e.g. `lockTimeout: 30`; a section has none. */
  example(path: readonly string[]): string | undefined;
  position?(problem: Problem): (Position & { readonly file: string }) | undefined;
}

/**
 * `raw` as `schema` wants it.
 *
 * @throws PacksyncError for the problem that stands first in its place; the others are only counted
 */
export function parseSettings<T extends z.ZodMiniType>(schema: T, raw: unknown, place: Place): z.infer<T> {
  const result = schema.safeParse(raw, { reportInput: true });
  if (result.success) return result.data;
  throw complaint(
    result.error.issues.flatMap((issue) => problemsOf(issue, [])),
    place,
  );
}

/** The sentence for what was expected and what came; `got` without quotes where it is not a plain value. */
export function wrongValue(name: string, expected: string, got: unknown): string {
  return `Expected \`${name}\` to be ${expected}, got ${shown(got)}`;
}

function problemsOf(issue: z.core.$ZodIssue, parent: readonly string[]): readonly Problem[] {
  const path = [...parent, ...issue.path.filter((key) => typeof key === "string")];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ kind: "key", path: [...path, key] }));
  if (issue.code === "invalid_union") {
    // The alternative that the value was meant to be says more than all of them together.
    const meant = issue.errors.find((issues) => issues.every(isInside));
    if (meant !== undefined) return meant.flatMap((issue) => problemsOf(issue, path));
  }
  const problem = { kind: "value", expected: issue.message, got: issue.input } as const;
  if (issue.code !== "invalid_key") return [{ ...problem, path, at: undefined }];
  return [{ ...problem, path: path.slice(0, -1), at: path.at(-1) }];
}

/** Whether an issue is about something in the value, not about what the value is at all. */
function isInside({ code, path }: z.core.$ZodIssue): boolean {
  return code !== "invalid_type" || path.length > 0;
}

function complaint(problems: readonly Problem[], place: Place): PacksyncError {
  const placed = problems.map((problem) => ({ problem, position: place.position?.(problem) }));
  const [first] = placed.sort((a, b) => before(a.position, b.position));
  if (first === undefined) throw new TypeError("a failed parse has at least one issue");
  const { message, hint } = sentence(first.problem, place);
  return new PacksyncError(place.code, message + others(problems.length - 1), { hint, position: first.position });
}

function before(a: Position | undefined, b: Position | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

function sentence(problem: Problem, place: Place): { readonly message: string; readonly hint: string | undefined } {
  const { path } = problem;
  if (problem.kind === "key") {
    const [key = "", parent] = [path.at(-1), path.slice(0, -1)];
    const where = parent.length > 0 ? ` in \`${parent.join(".")}\`` : "";
    return { message: `Expected a known key${where}, got \`${key}\``, hint: suggest(parent, key) };
  }
  const example = place.example(path);
  return {
    message: isSecret(path)
      ? `Expected \`${place.name(path)}\` to be ${problem.expected}, got something else`
      : wrongValue(place.name(path), problem.expected, problem.got),
    hint: example && `Write for example \`${example}\`.`,
  };
}

function others(count: number): string {
  if (count === 0) return "";
  return count === 1 ? " (and 1 more problem)" : ` (and ${count} more problems)`;
}

const SHOWN_LENGTH = 60;

function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(String(value)).slice(1, -1).replaceAll('\\"', '"');
  return `\`${text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text}\``;
}
