import { describe, expect, test } from "vitest";
import { planPack } from "../../src/plan/plan.ts";
import { entry, ledger, live, liveFile, liveLink, policy, source } from "../support/entries.ts";

/** One path: what the source, the volume and the ledger have there, and what becomes of it. */
const meetings = [
  { title: "adds what is new", next: entry("new"), expected: { kind: "add" }, alters: true },
  {
    title: "keeps what is the same",
    next: entry("same"),
    prev: liveFile("f", "same"),
    expected: "keep",
    alters: false,
  },
  {
    title: "replaces what is ours and changed",
    next: entry("new"),
    prev: liveFile("f", "old"),
    expected: { kind: "replace", displaces: false },
    alters: true,
  },
  {
    title: "replaces what only changed its mode",
    next: entry("same", 0o755),
    prev: liveFile("f", "same"),
    expected: { kind: "replace", displaces: false },
    alters: true,
  },
  {
    title: "displaces what drifted",
    next: entry("new"),
    prev: liveFile("f", "edited", "drifted"),
    expected: { kind: "replace", displaces: true },
    alters: true,
  },
  {
    title: "takes over what drifted to what the source has now",
    next: entry("new"),
    prev: liveFile("f", "new", "drifted"),
    expected: "keep",
    alters: true,
  },
  {
    title: "displaces a foreign file",
    next: entry("new"),
    prev: liveFile("f", "theirs", "foreign"),
    expected: { kind: "replace", displaces: true },
    alters: true,
  },
  {
    title: "takes over a foreign file with the same bytes and mode",
    next: entry("same"),
    prev: liveFile("f", "same", "foreign"),
    expected: "keep",
    alters: true,
  },
  {
    title: "mends the mode of a foreign file with the same bytes",
    next: entry("same"),
    prev: liveFile("f", "same", "foreign", 0o600),
    expected: { kind: "replace", displaces: false },
    alters: true,
  },
  {
    title: "displaces a foreign symlink",
    next: entry("new"),
    prev: liveLink("f"),
    expected: { kind: "replace", displaces: true },
    alters: true,
  },
  {
    title: "displaces a symlink that somebody put in the place of ours",
    next: entry("new"),
    prev: liveLink("f", "drifted"),
    expected: { kind: "replace", displaces: true },
    alters: true,
  },
  {
    title: "removes ours that left the source",
    prev: liveFile("f", "old"),
    expected: { kind: "remove", displaces: false },
    alters: true,
  },
  {
    title: "removes an ELF file of ours that left the source",
    prev: liveFile("f", "static-elf"),
    expected: { kind: "remove", displaces: false },
    alters: true,
  },
  {
    title: "displaces what drifted and left the source",
    prev: liveFile("f", "edited", "drifted"),
    expected: { kind: "remove", displaces: true },
    alters: true,
  },
  {
    title: "carries an ELF file that drifted and left the source",
    prev: liveFile("f", "static-elf", "drifted"),
    expected: { kind: "carry" },
    alters: false,
  },
  {
    title: "carries a foreign file",
    prev: liveFile("f", "theirs", "foreign"),
    expected: { kind: "carry" },
    alters: false,
  },
  { title: "carries a foreign symlink", prev: liveLink("f"), expected: { kind: "carry" }, alters: false },
  {
    title: "preserves a foreign static ELF file",
    next: entry("static-elf new"),
    prev: liveFile("f", "static-elf theirs", "foreign"),
    expected: { kind: "preserve", why: "first-contact" },
    alters: false,
  },
  {
    title: "displaces a foreign dynamic ELF file for a static one",
    next: entry("static-elf new"),
    prev: liveFile("f", "dynamic-elf theirs", "foreign"),
    expected: { kind: "replace", displaces: true },
    alters: true,
  },
  {
    title: "follows the source with an ELF file of ours",
    next: entry("static-elf new"),
    prev: liveFile("f", "static-elf old"),
    expected: { kind: "replace", displaces: false },
    alters: true,
  },
  {
    title: "mends the mode of an ELF file with the same bytes",
    next: entry("static-elf"),
    prev: liveFile("f", "static-elf", "ours", 0o644),
    expected: { kind: "replace", displaces: false },
    alters: true,
  },
] as const;

test.for(meetings)("$title", (meeting) => {
  const next = "next" in meeting ? { f: meeting.next } : {};
  const prev = "prev" in meeting ? { f: meeting.prev } : {};
  const plan = planPack(source(next), live(prev), ledger({ f: "old" }), policy);
  expect(plan.altersContent).toBe(meeting.alters);
  if (meeting.expected === "keep") {
    expect(plan.changes).toEqual([]);
    expect([...plan.keep.keys()]).toEqual(["f"]);
  } else {
    expect(plan.changes).toEqual([expect.objectContaining({ path: "f", ...meeting.expected })]);
  }
});

test.for([
  { title: "a file", was: { a: "a", gone: "x" } },
  { title: "a directory", was: { a: "a", gone: "directory" as const } },
])("lets go of $title of ours that others removed and the source has no more", ({ was }) => {
  const tree = { a: entry("a") };
  const plan = planPack(source(tree), live({ a: liveFile("a", "a") }), ledger(was), policy);
  expect(plan).toMatchObject({ changes: [], altersContent: true });
  expect(planPack(source(tree), live({ a: liveFile("a", "a") }), ledger({ a: "a" }), policy).altersContent).toBe(false);
});

describe("adoption", () => {
  const next = source({ "pack.yaml": entry("manifest"), "actions/run.sh": entry("script", 0o755) });

  test("alters whose the content is, even when every byte is the same", () => {
    const prev = live({
      "pack.yaml": liveFile("pack.yaml", "manifest", "foreign"),
      "actions/run.sh": liveFile("run", "script", "foreign", 0o755),
    });
    const plan = planPack(next, prev, undefined, policy);
    expect(plan).toMatchObject({ changes: [], altersContent: true });
    expect([...plan.keep.keys()].sort()).toEqual(["actions/run.sh", "pack.yaml"]);
  });

  test("lets the source's files win and the rest stay", () => {
    const prev = live({
      "pack.yaml": liveFile("pack.yaml", "theirs", "foreign"),
      "old.txt": liveFile("old.txt", "theirs", "foreign"),
      "data/empty": "directory",
    });
    const plan = planPack(next, prev, undefined, policy);
    expect(plan.changes).toMatchObject([
      { kind: "add", path: "actions/run.sh" },
      { kind: "carry", path: "old.txt" },
      { kind: "replace", path: "pack.yaml", displaces: true },
    ]);
    expect(plan.directories).toEqual(["actions", "data", "data/empty"]);
  });

  test("publishes the first release of a pack, also an empty one, as a change", () => {
    expect(planPack(source({}), undefined, undefined, policy)).toMatchObject({
      changes: [],
      directories: [],
      altersContent: true,
    });
  });
});

test("sorts by code unit, whatever order the trees come in", () => {
  const prev = live({ z: liveFile("z", "theirs", "foreign"), "B/x": liveFile("B/x", "old") });
  const plan = planPack(
    source({ b: entry("1"), a: entry("2"), "a-b/c": entry("3"), ä: entry("4") }),
    prev,
    ledger({ "B/x": "old" }),
    policy,
  );
  expect(plan.changes.map(({ path }) => path)).toEqual(["B/x", "a", "a-b/c", "b", "z", "ä"]);
});

test("does not take names of JavaScript's own for what it remembers", () => {
  const names = ["__proto__", "constructor", "toString"];
  const tree = Object.fromEntries(names.map((name) => [name, entry("static-elf")]));
  const plan = planPack(source(tree), undefined, undefined, policy);
  expect(plan.changes.map(({ path }) => path)).toEqual(names);
  expect(Object.keys(plan.memory).sort()).toEqual(names);
});
