import { describe, expect, test } from "vitest";
import { exitCodeOfReport } from "../../src/cycle/exit-code.ts";
import type { PackReport, SourceReport } from "../../src/cycle/report.ts";
import { cycleReport, packReport, sourceReport } from "../support/reports.ts";

test.for<{
  title: string;
  packs?: readonly Partial<PackReport>[];
  sources?: readonly Partial<SourceReport>[];
  expected: number;
}>([
  { title: "nothing at all", expected: 0 },
  { title: "published and unchanged", packs: [{ outcome: "published" }, { outcome: "unchanged" }], expected: 0 },
  { title: "retired", packs: [{ outcome: "retired" }], expected: 0 },
  { title: "a rejected production pack", packs: [{ outcome: "unchanged" }, { outcome: "rejected" }], expected: 1 },
  { title: "a failed production pack", packs: [{ outcome: "failed" }], expected: 1 },
  { title: "a rejected development pack", packs: [{ outcome: "rejected", kind: "development" }], expected: 0 },
  { title: "a failed development pack", packs: [{ outcome: "failed", kind: "development" }], expected: 0 },
  { title: "an absent production source", sources: [{ state: "absent" }], expected: 3 },
  { title: "an unreadable production source", sources: [{ state: "unreadable" }], expected: 3 },
  { title: "a held production source", sources: [{ held: "emptied" }], packs: [{ outcome: "held" }], expected: 3 },
  { title: "an absent development source", sources: [{ state: "absent", kind: "development" }], expected: 0 },
  {
    title: "a held development source",
    sources: [{ held: "mass-removal", kind: "development" }],
    packs: [{ outcome: "held", kind: "development" }],
    expected: 0,
  },
  {
    title: "a held source and a rejected pack",
    sources: [{ held: "emptied" }, {}],
    packs: [{ outcome: "rejected" }],
    expected: 3,
  },
])("$title: $expected", ({ packs = [], sources = [{}], expected }) => {
  const report = cycleReport(packs.map(packReport), { sources: sources.map(sourceReport) });
  expect(exitCodeOfReport(report, [], () => true)).toBe(expected);
});

describe("with --require only these count", () => {
  test.for([
    { title: "all are live, whatever else is wrong", required: ["a", "b"], expected: 0 },
    { title: "one is not", required: ["a", "c"], expected: 1 },
    { title: "none is", required: ["c", "d"], expected: 1 },
  ])("$title: $expected", ({ required, expected }) => {
    const report = cycleReport([packReport({ outcome: "rejected" })], { sources: [sourceReport({ held: "emptied" })] });
    expect(exitCodeOfReport(report, required, (ref) => ref < "c")).toBe(expected);
  });
});
