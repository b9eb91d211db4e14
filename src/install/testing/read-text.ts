import { type Results, resultsOf, shortMessage, shortName, testCase } from "./results.ts";

/** The platform's `simple` format: totals in lines of their own, wherever they stand; the last ones count. */
export function readSimple(output: string): Results | undefined {
  const [total, passed, failed, skipped] = ["Total Tests", "Passed", "Failed", "Skipped"].map((label) =>
    lastNumber(output, label),
  );
  if (total === undefined) return undefined;
  const left = Math.min(skipped ?? 0, total);
  const bad = Math.min(failed ?? 0, total - left);
  // What nobody counts as passed has failed.
  const good = Math.min(passed ?? total, total - left - bad);
  return { total, passed: good, failed: total - left - good, skipped: left, testCases: [] };
}

function lastNumber(output: string, label: string): number | undefined {
  const found = [...output.matchAll(new RegExp(`^\\s*${label}:\\s*(\\d{1,9})\\b`, "gim"))].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * What Python's unittest says at the end. A test whose subtests fail counts each of them, and what fails outside of tests
 * (`setUpClass`) is an error without a test: what passed is what remains.
 */
export function readUnittest(output: string): Results | undefined {
  const ran = [...output.matchAll(/^Ran (\d+) tests? in /gm)].at(-1);
  const verdict = ran && /^(?:OK|FAILED|NO TESTS RAN)\b(?: \((.*)\))?/m.exec(output.slice(ran.index));
  if (ran === undefined || verdict === undefined || verdict === null) return undefined;
  const counts = new Map(
    [...(verdict[1] ?? "").matchAll(/([a-z ]+)=(\d+)/g)].map(([, key = "", n]) => [key.trim(), Number(n)]),
  );
  const of = (...keys: readonly string[]) => keys.reduce((sum, key) => sum + (counts.get(key) ?? 0), 0);
  const [failed, skipped] = [of("failures", "errors", "unexpected successes"), of("skipped")];
  const passed = Math.max(0, Number(ran[1]) - failed - skipped);
  // A test may print what looks like a failure; the real ones are the last.
  const testCases = failed === 0 ? [] : failuresIn(output).slice(-failed);
  return { total: passed + failed + skipped, passed, failed, skipped, testCases };
}

/** Each failure between lines of `=`, with what was raised. */
function failuresIn(output: string): Results["testCases"] {
  const blocks = output.split(/^={70}\n(?=(?:FAIL|ERROR|UNEXPECTED SUCCESS): )/m).slice(1);
  return resultsOf(
    blocks.map((block) => {
      const [head = "", ...rest] = block.split(/^-{70}\n/m);
      const name = head.split("\n", 1)[0]?.replace(/^[A-Z ]+: /, "") ?? "";
      const status = head.startsWith("ERROR") ? "error" : "failed";
      return testCase(shortName(name), status, { errorMessage: shortMessage(rest[0] ?? "") });
    }),
  ).testCases;
}
