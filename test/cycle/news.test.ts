import { describe, expect, test } from "vitest";
import { createNewsroom, findingsOf } from "../../src/cycle/news.ts";
import type { Outcome, PackReport } from "../../src/cycle/report.ts";
import type { Diagnostic } from "../../src/pack/diagnostics.ts";
import { cycleReport, packReport } from "../support/reports.ts";

function finding(code: string, severity: Diagnostic["severity"] = "warning"): Diagnostic {
  return { severity, code, message: code, file: "pack.yaml" };
}

const good = packReport({ outcome: "unchanged" });
const broken = packReport({ outcome: "rejected", diagnostics: [finding("a", "error")] });

/** What is said after each of these cycles about one pack: its outcome, and what is new of its findings. */
function saidOf(...reports: readonly PackReport[]): string[][] {
  const newsroom = createNewsroom();
  return reports.map((report) =>
    newsroom
      .newsOf(cycleReport([report]))
      .map(({ outcome, fresh }) => [outcome, ...fresh.map(({ code }) => code)].join(" ")),
  );
}

describe("of a pack is said", () => {
  test.for<{ title: string; reports: PackReport[]; said: string[][] }>([
    { title: "nothing when it always was as it should be", reports: [good, good], said: [[], []] },
    { title: "each publish", reports: [packReport(), packReport(), good], said: [["published"], ["published"], []] },
    { title: "that it is refused, once", reports: [good, broken, broken], said: [[], ["rejected a"], []] },
    { title: "that it is refused from the start, once", reports: [broken, broken], said: [["rejected a"], []] },
    {
      title: "that it is good again without a publish",
      reports: [broken, good, good],
      said: [["rejected a"], ["unchanged"], []],
    },
    {
      title: "all that is wrong with it when that changes",
      reports: [broken, { ...broken, diagnostics: [finding("a", "error"), finding("b")] }],
      said: [["rejected a"], ["rejected a b"]],
    },
    {
      title: "only the new warnings of one that is live",
      reports: [{ ...good, diagnostics: [finding("a")] }, packReport({ diagnostics: [finding("a"), finding("b")] })],
      said: [["unchanged a"], ["published b"]],
    },
    {
      title: "nothing when what happened as it went live is over",
      reports: [packReport({ diagnostics: [finding("volume.displaced")] }), good],
      said: [["published volume.displaced"], []],
    },
    {
      title: "nothing while it is being written",
      reports: [good, packReport({ outcome: "waiting" }), good],
      said: [[], [], []],
    },
    {
      title: "what is wrong, though it was being written before",
      reports: [packReport({ outcome: "waiting" }), broken],
      said: [[], ["rejected a"]],
    },
    {
      title: "nothing new after it was being written and is as wrong as before",
      reports: [broken, packReport({ outcome: "waiting" }), broken],
      said: [["rejected a"], [], []],
    },
    {
      title: "that it is held, once",
      reports: [good, packReport({ outcome: "held" }), packReport({ outcome: "held" })],
      said: [[], ["held"], []],
    },
    { title: "that it went", reports: [good, packReport({ outcome: "retired" })], said: [[], ["retired"]] },
  ])("$title", ({ reports, said }) => {
    expect(saidOf(...reports)).toEqual(said);
  });
});

test("packs with one ref in two directories are two", () => {
  const newsroom = createNewsroom();
  const two = [
    packReport({ directory: "a", outcome: "rejected" }),
    packReport({ directory: "b", outcome: "rejected" }),
  ];
  expect(newsroom.newsOf(cycleReport(two))).toHaveLength(2);
  expect(newsroom.newsOf(cycleReport(two))).toEqual([]);
});

test("findings of all packs are counted", () => {
  const outcomes: Outcome[] = ["published", "unchanged", "rejected"];
  const packs = outcomes.map((outcome) =>
    packReport({ ref: outcome, outcome, diagnostics: [finding("a"), finding("b")] }),
  );
  expect(findingsOf(cycleReport(packs))).toBe(6);
});
