import type { PackTestResult, TestSuite } from "../stages.ts";
import type { TestPlan } from "./section.ts";

type Verdict = Pick<PackTestResult, "status" | "totalTests" | "passed" | "failed" | "skipped" | "passRate" | "blocks">;

/** What all suites together mean. The status is as the platform has it, the rest is what it only announces. */
export function verdictOf(suites: readonly TestSuite[], { minPassRate, onFailure }: TestPlan): Verdict {
  const of = (key: "total" | "passed" | "failed" | "skipped") => suites.reduce((sum, suite) => sum + suite[key], 0);
  const [totalTests, passed, failed, skipped] = [of("total"), of("passed"), of("failed"), of("skipped")];
  return {
    status: statusOf(totalTests, passed, failed, skipped),
    totalTests,
    passed,
    failed,
    skipped,
    passRate: totalTests === 0 ? 0 : passed / totalTests,
    blocks: onFailure === "block" && isTooBad(suites, passed, failed, minPassRate),
  };
}

function statusOf(total: number, passed: number, failed: number, skipped: number): PackTestResult["status"] {
  if (failed > 0) return "failed";
  if (skipped === total) return "skipped";
  return passed === total ? "passed" : "partial";
}

/** A rate is of tests that ran: those skipped are neither good nor bad. A runner that broke has no rate. */
function isTooBad(suites: readonly TestSuite[], passed: number, failed: number, minPassRate: number): boolean {
  if (failed === 0) return false;
  const isBroken = suites.some(({ name, testCases }) =>
    testCases.some((each) => each.status === "error" && each.name === `${name}_execution`),
  );
  return isBroken || passed / (passed + failed) < minPassRate;
}
