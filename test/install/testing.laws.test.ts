import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "../../src/install/testing/read-json.ts";
import { readJunit } from "../../src/install/testing/read-junit.ts";
import { readTap } from "../../src/install/testing/read-tap.ts";
import { readSimple, readUnittest } from "../../src/install/testing/read-text.ts";
import type { Results, Unreadable } from "../../src/install/testing/results.ts";

/** What a format is made of, in any order. */
function textOf(...parts: readonly string[]): fc.Arbitrary<string> {
  const number = fc.nat({ max: 12 }).map(String);
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...parts, "\n", " ") },
    number,
    fc.string({ maxLength: 3 }),
  );
  return fc.array(part, { maxLength: 40 }).map((all) => all.join(""));
}

const simple = textOf("\nTotal Tests: ", "\nPassed: ", "\nFailed: ", "\nSkipped: ");
const unittest = textOf(
  "\nRan 3 tests in 0.1s\n",
  "OK",
  "FAILED",
  " (",
  "failures=",
  "errors=",
  "skipped=",
  ", ",
  ")",
  `${"=".repeat(70)}\nFAIL: x\n`,
);
const tap = textOf(
  "1..",
  "\nok ",
  "\nnot ok ",
  " # SKIP",
  " # TODO",
  "\nBail out!",
  "\n  ---\n",
  "\n  ...\n",
  "    ok 1\n",
  "{",
  "}",
);
const junit = textOf(
  "<testsuite>",
  "</testsuite>",
  '<testcase name="a">',
  "</testcase>",
  "<failure>",
  "</failure>",
  "<skipped/>",
  "<error/>",
  "&lt;",
);
const count = fc.oneof(fc.nat({ max: 9 }), fc.integer(), fc.double(), fc.constant("1"), fc.constant(null));
const status = fc.constantFrom("passed", "failed", "skipped", "error", "odd", undefined);
const json = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        total: count,
        passed: count,
        failed: count,
        skipped: count,
        testCases: fc.array(fc.record({ name: fc.string(), status })),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);

test.for<{ format: string; texts: fc.Arbitrary<string>; read: (text: string) => unknown }>([
  { format: "simple totals", texts: simple, read: readSimple },
  { format: "unittest's summary", texts: unittest, read: readUnittest },
  { format: "JSON", texts: json, read: readJson },
  { format: "TAP", texts: tap, read: readTap },
  { format: "JUnit XML", texts: junit, read: readJunit },
])("whatever a pack writes as $format, its counts add up", async ({ texts, read }) => {
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const results = (await read(text)) as Results | Unreadable | undefined;
      if (results === undefined || "problem" in results) return;
      const { total, passed, failed, skipped, testCases } = results;
      expect(passed + failed + skipped).toBe(total);
      expect([total, passed, failed, skipped].every((each) => Number.isInteger(each) && each >= 0)).toBe(true);
      const bad = testCases.filter((each) => each.status === "failed" || each.status === "error");
      expect(failed).toBeGreaterThanOrEqual(bad.length);
    }),
    { numRuns: 300 },
  );
});
