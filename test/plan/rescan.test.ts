import fc from "fast-check";
import { expect, test } from "vitest";
import { rescanIntervalMs, restMs } from "../../src/plan/rescan.ts";

test.for([
  { title: "an ordinary tree", costMs: 20, floorMs: 5000, isDoubtful: false, intervalMs: 5000 },
  { title: "a large one", costMs: 400, floorMs: 5000, isDoubtful: false, intervalMs: 32_000 },
  { title: "one whose events get lost", costMs: 5, floorMs: 5000, isDoubtful: true, intervalMs: 1000 },
  { title: "a large one whose events get lost", costMs: 400, floorMs: 5000, isDoubtful: true, intervalMs: 32_000 },
  { title: "one that is to be looked at more often", costMs: 1, floorMs: 200, isDoubtful: true, intervalMs: 200 },
  { title: "nothing at all", costMs: 0, floorMs: 5000, isDoubtful: false, intervalMs: 5000 },
])("$title is looked at every $intervalMs ms", ({ intervalMs, ...need }) => {
  expect(rescanIntervalMs(need)).toBe(intervalMs);
});

const anyMs = fc.double({ min: 0, max: 1e6, noNaN: true });

test("looking costs an eightieth of a core at most, and doubt never makes it rarer", () => {
  fc.assert(
    fc.property(anyMs, anyMs, (costMs, floorMs) => {
      const [sure, doubtful] = [false, true].map((isDoubtful) => rescanIntervalMs({ costMs, floorMs, isDoubtful }));
      expect(doubtful).toBeLessThanOrEqual(sure ?? 0);
      for (const interval of [sure, doubtful, restMs(costMs)])
        expect(costMs).toBeLessThanOrEqual(0.0125 * (interval ?? 0) + 1e-6);
    }),
  );
});
