import { expect, test } from "vitest";
import { countChanges, totalsOf } from "../../src/cycle/report.ts";
import { entry, liveFile } from "../support/entries.ts";
import { packReport } from "../support/reports.ts";

test("counts how many paths were decided how", () => {
  const prev = liveFile("f", "x", "foreign");
  const next = entry("y");
  const counts = countChanges([
    { kind: "add", path: "a", next },
    { kind: "add", path: "b", next },
    { kind: "replace", path: "c", prev, next, displaces: true },
    { kind: "remove", path: "d", prev, displaces: false },
    { kind: "preserve", path: "e", prev, next, why: "source-not-static" },
    { kind: "carry", path: "f", prev },
  ]);
  expect(counts).toEqual({ added: 2, replaced: 1, removed: 1, preserved: 1, carried: 1 });
  expect(countChanges([])).toEqual({ added: 0, replaced: 0, removed: 0, preserved: 0, carried: 0 });
});

test("counts how many packs had which outcome", () => {
  const packs = (["published", "published", "held", "rejected"] as const).map((outcome) => packReport({ outcome }));
  expect(totalsOf(packs)).toEqual({
    published: 2,
    unchanged: 0,
    rejected: 1,
    failed: 0,
    retired: 0,
    held: 1,
    checked: 0,
    waiting: 0,
  });
});
