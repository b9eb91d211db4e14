import { testing } from "../../pack/attune/testing.ts";
import { checkShape } from "../../pack/check-shape.ts";
import type { Finding } from "../../pack/finding.ts";
import { isAbsent, isMapping, type Mapping } from "../../pack/mapping.ts";

export type RunnerType = "script" | "unittest" | "pytest" | "node";
export type ResultFormat = "simple" | "json" | "tap" | "junit-xml";

/** One entry of `testing.runners`, as it can be run. */
export interface Runner {
  readonly name: string;
  readonly type: RunnerType;
  /** As it is written: relative to the pack. */
  readonly entryPoint: string;
  readonly timeoutSeconds: number;
  readonly format: ResultFormat;
  /** Where its results are, relative to the pack; `undefined`: on stdout. */
  readonly resultPath: string | undefined;
}

/** One that cannot be run, and why. */
export interface BadRunner {
  readonly name: string;
  readonly type: string;
  readonly problem: string;
}

/** The `testing` section of a `pack.yaml`. */
export interface TestPlan {
  readonly runners: readonly (Runner | BadRunner)[];
  /** 0 to 1. */
  readonly minPassRate: number;
  readonly onFailure: "block" | "warn" | "ignore";
}

const TIMEOUT_SECONDS = 300;

/** What a pack says of its tests; `undefined`: it has none, or does not want them run. */
export function readTestPlan(manifest: unknown): TestPlan | undefined {
  const section = isMapping(manifest) ? manifest["testing"] : undefined;
  if (isAbsent(section)) return undefined;
  if (!isMapping(section)) return planOf({}, [{ ...NAMELESS, problem: "Expected `testing` to be a mapping" }]);
  if (section["enabled"] === false) return undefined;
  const findings = checkShape(section, { schema: testing(), advisory: [] });
  const own = findings.filter(({ path: [first] }) => OWN.has(first));
  const runners = isMapping(section["runners"]) ? Object.entries(section["runners"]) : [];
  const none = runners.length === 0 ? ["Expected `testing.runners` to name what runs the tests, got nothing"] : [];
  return planOf(section, [
    ...[...none, ...own.map(problemOf)].map((problem) => ({ ...NAMELESS, problem })),
    ...runners.map(([name, runner]) => readRunner(name, runner, section, findings)),
  ]);
}

/** What is wrong with these is wrong for all runners; how tests are discovered is the runners' business. */
const OWN: ReadonlySet<unknown> = new Set(["enabled", "min_pass_rate", "on_failure"]);
const NAMELESS = { name: "testing", type: "unknown" } as const;

function planOf(section: Mapping, runners: TestPlan["runners"]): TestPlan {
  const { min_pass_rate: rate, on_failure: policy } = section;
  return {
    runners,
    minPassRate: rateOf(rate) ?? 1,
    onFailure: policy === "warn" || policy === "ignore" ? policy : "block",
  };
}

/** A share (`0.95`), or per cent (`95`). */
function rateOf(rate: unknown): number | undefined {
  if (typeof rate !== "number" || !(rate >= 0 && rate <= 100)) return undefined;
  return rate <= 1 ? rate : rate / 100;
}

function readRunner(name: string, runner: unknown, section: Mapping, findings: readonly Finding[]): Runner | BadRunner {
  const about = isMapping(runner) ? runner : {};
  const isIts = ({ path: [first, second] }: Finding) => first === "runners" && second === name;
  // What all runners share is wrong for each that does not say better.
  const isShared = ({ path: [first] }: Finding) =>
    first === "result_path" || (first === "result_format" && isAbsent(about["result_format"]));
  const wrong = findings.find((finding) => isIts(finding) || isShared(finding));
  if (wrong !== undefined) return { name, type: typeOf(about), problem: problemOf(wrong) };
  return {
    name,
    type: about["type"] as RunnerType, // the schema has looked
    entryPoint: String(about["entry_point"]),
    timeoutSeconds: typeof about["timeout"] === "number" ? about["timeout"] : TIMEOUT_SECONDS,
    format: (about["result_format"] ?? section["result_format"] ?? "simple") as ResultFormat,
    resultPath: typeof section["result_path"] === "string" ? section["result_path"] : undefined,
  };
}

function problemOf({ message }: Finding): string {
  return message.replace("`", "`testing.");
}

function typeOf({ type }: Mapping): string {
  return typeof type === "string" ? type : "unknown";
}
