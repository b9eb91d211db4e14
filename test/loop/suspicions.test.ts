import { expect, test } from "vitest";
import { createSuspicions, type Suspicions } from "../../src/loop/suspicions.ts";

const FOUND_MS = 100_000;

/** What is missing, once a change of `packs/core` was found at 100 s by a look that began then. */
function missedAfter(
  hear: (suspicions: Suspicions) => void,
  judgeMs = FOUND_MS + 1000,
): Record<string, readonly string[]> {
  const suspicions = createSuspicions();
  suspicions.add(["packs/core"], FOUND_MS, FOUND_MS);
  hear(suspicions);
  return Object.fromEntries(suspicions.confirmed(judgeMs));
}

test.for<{ title: string; hear: (suspicions: Suspicions) => void; missed: string[] }>([
  { title: "nothing", hear: () => {}, missed: ["core"] },
  { title: "another pack's hint", hear: ({ heard }) => heard("packs", "other", FOUND_MS), missed: ["core"] },
  { title: "another source's hint", hear: ({ heard }) => heard("packs.dev", "core", FOUND_MS), missed: ["core"] },
  { title: "a hint of long ago", hear: ({ heard }) => heard("packs", "core", FOUND_MS - 16_000), missed: ["core"] },
  { title: "a hint before the look", hear: ({ heard }) => heard("packs", "core", FOUND_MS - 14_000), missed: [] },
  { title: "a hint a moment later", hear: ({ heard }) => heard("packs", "core", FOUND_MS + 900), missed: [] },
  { title: "a hint of the source", hear: ({ heard }) => heard("packs", undefined, FOUND_MS), missed: [] },
])("a change that a look found was missed, or not, after $title", ({ hear, missed }) => {
  expect(missedAfter(hear)).toEqual(missed.length === 0 ? {} : { packs: missed });
});

test("is judged only when its hint had time to come, and only once", () => {
  const suspicions = createSuspicions();
  expect(suspicions.nextAtMs()).toBe(Number.POSITIVE_INFINITY);
  suspicions.add(["packs/core", "packs.dev/mine", "packs/other"], 0, 0);
  expect(suspicions.nextAtMs()).toBe(1000);
  expect([...suspicions.confirmed(999)]).toEqual([]);
  expect(Object.fromEntries(suspicions.confirmed(1000))).toEqual({ packs: ["core", "other"], "packs.dev": ["mine"] });
  expect([...suspicions.confirmed(2000)]).toEqual([]);
});

test("what was heard last is remembered, however many other names there were", () => {
  const suspicions = createSuspicions();
  suspicions.heard("packs", "core", 1);
  for (let count = 0; count < 9_999; count++) suspicions.heard("packs", `pack${count}`, 2);
  suspicions.heard("packs", "core", 3);
  for (let count = 0; count < 9_999; count++) suspicions.heard("packs", `other${count}`, 4);
  suspicions.add(["packs/core", "packs/pack0"], 15_000, 15_000);
  expect(Object.fromEntries(suspicions.confirmed(16_000))).toEqual({ packs: ["pack0"] });
});
