import { isMapping, type Mapping, mappingsIn } from "../../pack/mapping.ts";
import {
  type Results,
  resultsOf,
  shortMessage,
  shortName,
  type TestCase,
  testCase,
  type Unreadable,
} from "./results.ts";

/**
 * Results as JSON, in the names of the platform's own results, or in snake_case: `{total, passed, failed, skipped, testCases: [{name, status}]}`,
 * `{testSuites: […]}` of such, or a list of cases. A program may write other things before it, in lines of their own.
 */
export function readJson(text: string): Results | Unreadable {
  const value = parsed(text);
  if (value === undefined) return { problem: "Expected results in JSON, got something else" };
  return read(value) ?? { problem: "Expected results with counts, or with `testCases`, got something else" };
}

function parsed(text: string): unknown {
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  for (const candidate of [text, text.slice(Math.max(0, text.search(/^[[{]/m))), last]) {
    try {
      return JSON.parse(candidate);
    } catch {} // it is not all of it
  }
  return undefined;
}

/** `undefined`: there is something that nobody can be sure of. */
function read(value: unknown): Results | undefined {
  if (Array.isArray(value)) return casesOf(value);
  if (!isMapping(value)) return undefined;
  const inner = innerOf(value);
  const counts = { total: TOTAL, passed: ["passed"], failed: ["failed"], skipped: ["skipped"] };
  const entries = Object.entries(counts).map(([key, names]) => [key, first(value, names) ?? undefined] as const);
  const said = entries.filter(([, count]) => count !== undefined);
  if (inner === "unclear" || said.some(([, count]) => !isCount(count))) return undefined;
  return said.length === 0 ? inner : consistent(Object.fromEntries(said), inner);
}

const TOTAL = ["total", "totalTests", "total_tests"];

function innerOf(value: Mapping): Results | "unclear" | undefined {
  const suites = first(value, ["testSuites", "test_suites", "suites"]);
  if (Array.isArray(suites)) return sum(suites.map(read)) ?? "unclear";
  const cases = first(value, ["testCases", "test_cases", "tests", "cases"]);
  return Array.isArray(cases) ? (casesOf(cases) ?? "unclear") : undefined;
}

type Counts = Readonly<Partial<Record<"total" | "passed" | "failed" | "skipped", number>>>;

/** What is said in two ways counts as what is worse. */
function consistent({ total, passed, failed, skipped }: Counts, cases: Results | undefined): Results {
  const bad = Math.max(failed ?? 0, cases?.failed ?? 0);
  const left = skipped ?? cases?.skipped ?? 0;
  const all = Math.max(total ?? 0, (passed ?? 0) + bad + left);
  const good = Math.min(passed ?? all, all - bad - left);
  return { total: all, passed: good, failed: all - good - left, skipped: left, testCases: cases?.testCases ?? [] };
}

function sum(all: readonly (Results | undefined)[]): Results | undefined {
  const known = all.filter((each) => each !== undefined);
  if (known.length < all.length) return undefined;
  const of = (key: "total" | "passed" | "failed" | "skipped") => known.reduce((total, each) => total + each[key], 0);
  const testCases = known.flatMap((each) => each.testCases);
  return { total: of("total"), passed: of("passed"), failed: of("failed"), skipped: of("skipped"), testCases };
}

function casesOf(list: readonly unknown[]): Results | undefined {
  const cases = mappingsIn(list).map(([, each]) => caseOf(each));
  return cases.length === list.length ? resultsOf(cases) : undefined;
}

const STATUSES: ReadonlyMap<unknown, TestCase["status"]> = new Map([
  ["passed", "passed"],
  ["pass", "passed"],
  ["ok", "passed"],
  ["skipped", "skipped"],
  ["skip", "skipped"],
  ["error", "error"],
]);

/** Whatever is not known to be good is a failure. */
function caseOf(value: Mapping): TestCase {
  const text = (keys: readonly string[]) => {
    const found = first(value, keys);
    return typeof found === "string" ? shortMessage(found) : undefined;
  };
  const duration = first(value, ["durationMs", "duration_ms"]);
  return testCase(shortName(text(["name"]) ?? ""), STATUSES.get(first(value, ["status", "outcome"])) ?? "failed", {
    durationMs: isCount(duration) ? duration : 0,
    errorMessage: text(["errorMessage", "error_message", "message"]),
    stdout: text(["stdout"]),
    stderr: text(["stderr"]),
  });
}

function first(value: Mapping, keys: readonly string[]): unknown {
  const key = keys.find((each) => Object.hasOwn(value, each));
  return key === undefined ? undefined : value[key];
}

/** More tests than that nobody has. */
const MOST = 1e9;

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST;
}
