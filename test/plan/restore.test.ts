import { expect, test } from "vitest";
import { type EarlierState, planRestore } from "../../src/plan/restore.ts";
import { entry, ledger, live, liveFile, policy } from "../support/entries.ts";

function state(about: Partial<EarlierState>): EarlierState {
  return { files: {}, directories: [], foreign: [], ...about };
}

function kinds({ changes }: ReturnType<typeof planRestore>): string[] {
  return changes.map(({ kind, path }) => `${kind} ${path}`);
}

test("is what it takes to have the earlier files, and everything of others", () => {
  const earlier = state({ files: { a: entry("text 1"), "lib/b": entry("text 1") }, directories: ["lib"] });
  const now = live({
    a: liveFile("a", "text 2"),
    c: liveFile("c", "text"),
    theirs: liveFile("theirs", "text", "foreign"),
  });
  const plan = planRestore(earlier, now, ledger({ a: "text 2", c: "text" }), policy);
  expect(kinds(plan)).toEqual(["replace a", "remove c", "add lib/b", "carry theirs"]);
  expect(plan).toMatchObject({ directories: ["lib"], returning: [], altersContent: true });
});

test("lets others' files come back where there is room, with the directories above them", () => {
  const earlier = state({ files: { a: entry("text") }, foreign: ["a", "b/c/d", "theirs", "theirs/x", "dir", "a/x"] });
  const now = live({ theirs: liveFile("theirs", "text", "foreign"), "dir/x": liveFile("dir/x", "text", "foreign") });
  const plan = planRestore(earlier, now, ledger({}), policy);
  expect(plan.returning).toEqual(["b/c/d"]);
  expect(plan.directories).toEqual(["b", "b/c", "dir"]);
  expect(plan.carriedDirectories).toEqual(["b", "b/c", "dir"]);
});

test("changes something if only others' files come back", () => {
  const now = live({ a: liveFile("a", "text") });
  const earlier = { files: { a: entry("text") } };
  expect(planRestore(state(earlier), now, ledger({ a: "text" }), policy).altersContent).toBe(false);
  expect(planRestore(state({ ...earlier, foreign: ["b"] }), now, ledger({ a: "text" }), policy).altersContent).toBe(
    true,
  );
});

test("preserves binaries by the same rule, and remembers what the source had all the same", () => {
  const theirs = liveFile("x", "static-elf theirs", "foreign");
  const memory = { x: { source: "static-elf source", volume: "static-elf theirs", replaced: ["static-elf old"] } };
  const plan = planRestore(
    state({ files: { x: entry("dynamic-elf") } }),
    live({ x: theirs }),
    ledger({}, memory),
    policy,
  );
  expect(kinds(plan)).toEqual(["preserve x"]);
  expect(plan.memory).toEqual(memory);

  const better = state({ files: { x: entry("static-elf better") } });
  const taken = planRestore(better, live({ x: liveFile("x", "dynamic-elf", "foreign") }), ledger({}, memory), policy);
  expect(taken.memory["x"]).toEqual({ ...memory.x, replaced: ["static-elf old", "dynamic-elf"] });
});
