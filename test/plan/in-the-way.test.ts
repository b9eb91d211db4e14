import { describe, expect, test } from "vitest";
import { planPack } from "../../src/plan/plan.ts";
import { entry, ledger, live, liveFile, liveLink, policy, source } from "../support/entries.ts";

/** What stands in the way of a source's file or directory is displaced, unless it is a binary of somebody else's. */
const cases = [
  {
    title: "a foreign file where the source has a directory",
    next: source({ "lib/a.py": entry("new") }),
    prev: live({ lib: liveFile("lib", "theirs", "foreign") }),
    changes: [
      { kind: "remove", path: "lib", displaces: true },
      { kind: "add", path: "lib/a.py" },
    ],
    directories: ["lib"],
  },
  {
    title: "a foreign file where the source has an empty directory",
    next: source({ lib: "directory" }),
    prev: live({ lib: liveFile("lib", "theirs", "foreign") }),
    changes: [{ kind: "remove", path: "lib", displaces: true }],
    directories: ["lib"],
  },
  {
    title: "a foreign symlink where the source has a directory",
    next: source({ "lib/a.py": entry("new") }),
    prev: live({ lib: liveLink("lib") }),
    changes: [
      { kind: "remove", path: "lib", displaces: true },
      { kind: "add", path: "lib/a.py" },
    ],
    directories: ["lib"],
  },
  {
    title: "a file of ours that became a directory",
    next: source({ "lib/a.py": entry("new") }),
    prev: live({ lib: liveFile("lib", "old") }),
    changes: [
      { kind: "remove", path: "lib", displaces: false },
      { kind: "add", path: "lib/a.py" },
    ],
    directories: ["lib"],
  },
  {
    title: "a directory of foreign files where the source has a file",
    next: source({ lib: entry("new") }),
    prev: live({ "lib/deep/a.py": liveFile("a", "theirs", "foreign"), "lib/b.py": liveFile("b", "old") }),
    changes: [
      { kind: "add", path: "lib" },
      { kind: "remove", path: "lib/b.py", displaces: false },
      { kind: "remove", path: "lib/deep/a.py", displaces: true },
    ],
    directories: [],
  },
  {
    title: "an empty foreign directory where the source has a file",
    next: source({ lib: entry("new") }),
    prev: live({ "lib/deep": "directory" }),
    changes: [{ kind: "add", path: "lib" }],
    directories: [],
  },
  {
    title: "a foreign binary where the source has a directory: the binary stays",
    next: source({ "bin/a.sh": entry("new"), "bin/deep/b.sh": entry("new"), other: entry("new") }),
    prev: live({ bin: liveFile("bin", "static-elf", "foreign") }),
    changes: [
      { kind: "carry", path: "bin" },
      { kind: "preserve", path: "bin/a.sh", why: "foreign-binary-in-the-way" },
      { kind: "preserve", path: "bin/deep/b.sh", why: "foreign-binary-in-the-way" },
      { kind: "add", path: "other" },
    ],
    directories: [],
  },
  {
    title: "a foreign binary where the source has an empty directory: the binary stays",
    next: source({ bin: "directory" }),
    prev: live({ bin: liveFile("bin", "dynamic-elf", "foreign") }),
    changes: [{ kind: "carry", path: "bin" }],
    directories: [],
  },
  {
    title: "a foreign binary in a directory where the source has a file: the binary stays, with what is around it",
    next: source({ bin: entry("new") }),
    prev: live({
      "bin/deep/tool": liveFile("tool", "static-elf", "foreign"),
      "bin/notes": liveFile("notes", "theirs", "foreign"),
      "bin/ours": liveFile("ours", "old"),
    }),
    changes: [
      { kind: "preserve", path: "bin", why: "foreign-binary-in-the-way" },
      { kind: "carry", path: "bin/deep/tool" },
      { kind: "carry", path: "bin/notes" },
      { kind: "remove", path: "bin/ours", displaces: false },
    ],
    directories: ["bin", "bin/deep"],
  },
  {
    title: "a binary of ours that became a directory",
    next: source({ "bin/a.sh": entry("new") }),
    prev: live({ bin: liveFile("bin", "static-elf") }),
    changes: [
      { kind: "remove", path: "bin", displaces: false },
      { kind: "add", path: "bin/a.sh" },
    ],
    directories: ["bin"],
  },
];

test.for(cases)("$title", ({ next, prev, changes, directories }) => {
  const plan = planPack(next, prev, ledger({}), policy);
  expect(plan.changes).toEqual(changes.map((change) => expect.objectContaining(change)));
  expect(plan.directories).toEqual(directories);
});

test("displaces a foreign binary in the way when the source always wins", () => {
  const prev = live({ bin: liveFile("bin", "static-elf", "foreign") });
  const plan = planPack(source({ "bin/a.sh": entry("new") }), prev, ledger({}), { ...policy, mode: "off" });
  expect(plan.changes).toMatchObject([
    { kind: "remove", path: "bin", displaces: true },
    { kind: "add", path: "bin/a.sh" },
  ]);
});

describe("directories", () => {
  const file = { "pack.yaml": entry("same") };
  const there = { "pack.yaml": liveFile("pack.yaml", "same") };

  test.for([
    { title: "adds an empty one", next: ["empty"], prev: [], own: [], expected: ["empty"], alters: true },
    {
      title: "keeps an empty one",
      next: ["empty"],
      prev: ["empty"],
      own: ["empty"],
      expected: ["empty"],
      alters: false,
    },
    {
      title: "removes an empty one of ours that left the source",
      next: [],
      prev: ["empty"],
      own: ["empty"],
      expected: [],
      alters: true,
    },
    {
      title: "carries an empty one of others",
      next: [],
      prev: ["theirs"],
      own: [],
      expected: ["theirs"],
      alters: false,
    },
    { title: "renames an empty one", next: ["new"], prev: ["old"], own: ["old"], expected: ["new"], alters: true },
    {
      title: "keeps parents before children",
      next: ["a/b", "a-b", "a"],
      prev: [],
      own: [],
      expected: ["a", "a-b", "a/b"],
      alters: true,
    },
  ])("$title", ({ next, prev, own, expected, alters }) => {
    const all = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, "directory" as const]));
    const plan = planPack(
      source({ ...file, ...all(next) }),
      live({ ...there, ...all(prev) }),
      ledger({ "pack.yaml": "same", ...all(own) }),
      policy,
    );
    expect(plan).toMatchObject({ directories: expected, altersContent: alters });
  });

  test("keeps one of ours for the foreign file in it", () => {
    const prev = live({ ...there, "data/theirs": liveFile("theirs", "x", "foreign") });
    const plan = planPack(source(file), prev, ledger({ "pack.yaml": "same", data: "directory" }), policy);
    expect(plan).toMatchObject({
      changes: [{ kind: "carry", path: "data/theirs" }],
      directories: ["data"],
      altersContent: false,
    });
  });
});
