import type * as z from "zod/mini";
import { excerpt } from "./excerpt.ts";
import type { Finding, ValuePath } from "./finding.ts";
import type { MadeModel } from "./model.ts";

/** What does not fit the schema of its kind. */
export function checkShape(value: Readonly<Record<string, unknown>>, { schema, advisory }: MadeModel): Finding[] {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => findingsOf(issue, [], advisory));
}

function findingsOf(issue: z.core.$ZodIssue, parent: ValuePath, advisory: readonly string[]): Finding[] {
  const path = [...parent, ...issue.path.filter((key) => typeof key !== "symbol")];
  if (issue.code === "invalid_union") {
    // The alternative that it was meant to be says more than all of them together.
    const meant = issue.errors.find((issues) => issues.every((each) => each.path.length > 0));
    if (meant !== undefined) return meant.flatMap((each) => findingsOf(each, path, advisory));
  }
  const severity = isAdvisory(path, advisory) ? "warning" : "error";
  const isMissing = issue.input === undefined;
  const name = `\`${excerpt(dotted(path))}\``;
  if (isMissing) {
    const message = `Expected ${name}, got none`;
    return [{ severity, code: "metadata.missing_field", message, path: path.slice(0, -1), at: "key" }];
  }
  const code =
    issue.code === "invalid_type" || issue.code === "invalid_union"
      ? "metadata.invalid_field_type"
      : "metadata.invalid_field";
  return [
    {
      severity,
      code,
      message: `Expected ${name} to be ${expectedOf(issue)}, got ${shown(issue.input)}`,
      path,
      at: "value",
    },
  ];
}

/** What is below an advisory path is advisory, too. */
function isAdvisory(path: ValuePath, advisory: readonly string[]): boolean {
  return advisory.some((pattern) => isBelow(path, pattern));
}

/** Whether `path` is at a dotted path, or below it. There `*` stands for one key or position. */
export function isBelow(path: ValuePath, pattern: string): boolean {
  const parts = pattern.split(".");
  return parts.length <= path.length && parts.every((part, index) => part === "*" || part === String(path[index]));
}

function dotted(path: ValuePath): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "`true` or `false`",
  number: "a number",
  int: "a whole number",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** What the size of a value counts; plural, for nobody minds. */
const UNITS: Readonly<Record<string, string>> = { string: " characters long", array: " entries long" };

function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map((value) => `\`${String(value)}\``).join(", ")}`;
    case "invalid_union": {
      const expected = issue.errors.flatMap(([first]) => (first === undefined ? [] : [expectedOf(first)]));
      return [...new Set(expected)].join(" or ");
    }
    case "too_small":
      return `at least ${issue.minimum}${UNITS[issue.origin] ?? ""}`;
    case "too_big":
      return `at most ${issue.maximum}${UNITS[issue.origin] ?? ""}`;
    case "invalid_format":
      return issue.pattern === undefined ? issue.format : `text like \`${issue.pattern}\``;
    default:
      return issue.message;
  }
}

/** What came, for people: `the text "1.0"`, `the number 1`, `a list`. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const literal = typeof value === "string" ? JSON.stringify(value.slice(0, 200)) : String(value);
  return `the ${typeof value === "string" ? "text" : typeof value} \`${excerpt(literal)}\``;
}
