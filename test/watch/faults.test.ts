import { expect, test } from "vitest";
import type { Hint } from "../../src/plan/settle.ts";
import { withFaults } from "../../src/watch/faults.ts";
import { scratch, writeTree } from "../support/trees.ts";
import { eventually, sh, watching } from "../support/watching.ts";

const HINTS: readonly Hint[] = Array.from({ length: 1000 }, (_, index) => ({
  source: "packs",
  directory: `p${index}`,
  kind: "changed",
}));

function heardWith(faults: string | undefined): { readonly hints: Hint[]; readonly doubts: string[] } {
  const hints: Hint[] = [];
  const doubts: string[] = [];
  const events = withFaults(
    { onHints: (all) => void hints.push(...all), onDoubt: (source) => void doubts.push(source), onDegraded: () => {} },
    faults,
  );
  events.onHints(HINTS, 1);
  events.onDoubt("packs", "for a test");
  return { hints, doubts };
}

test.for([
  { faults: undefined, least: 1000, most: 1000 },
  { faults: "", least: 1000, most: 1000 },
  { faults: "drop=1", least: 0, most: 0 },
  { faults: "drop=0.3", least: 620, most: 780 },
  { faults: "duplicate=1", least: 2000, most: 2000 },
  { faults: "drop=0.5,duplicate=0.5,seed=3", least: 650, most: 850 },
])("PACKSYNC_TEST_WATCH=$faults lets $least to $most of 1000 hints through", ({ faults, least, most }) => {
  const { hints, doubts } = heardWith(faults);
  expect(hints.length).toBeGreaterThanOrEqual(least);
  expect(hints.length).toBeLessThanOrEqual(most);
  expect(doubts).toEqual(["packs"]);
});

test("`suppress` is a mount on which events never arrive, and nobody doubts", () => {
  expect(heardWith("suppress")).toEqual({ hints: [], doubts: [] });
});

test("`suppress=<file>` is one as long as there is that file", () => {
  expect(heardWith(`suppress=${import.meta.filename}`)).toEqual({ hints: [], doubts: ["packs"] });
  expect(heardWith(`suppress=${import.meta.filename}.not`).hints).toHaveLength(HINTS.length);
});

test("the same seed makes the same choices, another one others", () => {
  expect(heardWith("drop=0.5,seed=7")).toEqual(heardWith("drop=0.5,seed=7"));
  expect(heardWith("drop=0.5,seed=8")).not.toEqual(heardWith("drop=0.5,seed=7"));
});

test("delayed hints come later, all of them, in another order", async () => {
  const { hints } = heardWith("delay=20");
  expect(hints).toEqual([]);
  await eventually(
    () => hints.length === HINTS.length,
    () => `${hints.length} hints`,
  );
  expect(hints).not.toEqual(HINTS);
  expect(new Set(hints)).toEqual(new Set(HINTS));
});

test.for(["nonsense", "drop", "drop=", "drop=x", "drop=-1", "drop=0.5,lose=1"])("refuses `%s`", (faults) => {
  expect(() => heardWith(faults)).toThrow(/PACKSYNC_TEST_WATCH/);
});

test("a watcher keeps its watches up to date while its hints are suppressed", async () => {
  using made = scratch();
  writeTree(made.path, { "core/pack.yaml": "ref: core\n" });
  await using watched = await watching(made.path, "suppress");
  sh(made.path, "mkdir core/actions");
  await eventually(
    () => watched.watcher.usage().watches === 3,
    () => `${watched.watcher.usage().watches} watches`,
  );
  expect(watched.hints).toEqual([]);
});
