import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { preserveOverride } from "../../src/plan/preserve.ts";
import { elfFile } from "../support/elf.ts";
import { policy } from "../support/entries.ts";
import { type Content, readTree, type TreeOf, writeTree } from "../support/trees.ts";
import { lateOf, PACK, publish, testVolume } from "../support/volume.ts";

const THEIRS = { data: "theirs", "dir/keep": "theirs" } as const;

interface Late {
  readonly title: string;
  /** What others do between the look and the exchange; `live` is their working directory. */
  readonly write: (live: string) => void;
  /** The source's next state, if not only another `pack.yaml`. */
  readonly next?: TreeOf<Content>;
  /** What is different from a publish without any late write. */
  readonly live?: TreeOf<string | undefined>;
  readonly moved?: readonly string[];
  readonly removed?: readonly string[];
  readonly kept?: readonly string[];
}

const cases: readonly Late[] = [
  { title: "nothing", write: () => {} },
  {
    title: "a file that was created",
    write: (live) => writeFileSync(`${live}/new`, "x"),
    live: { new: "x" },
    moved: ["new"],
  },
  {
    title: "a file that was created in a new directory",
    write: (live) => writeTree(live, { "a/b/c": "x" }),
    live: { "a/b/c": "x" },
    moved: ["a/b/c"],
  },
  {
    title: "an empty directory that was created",
    write: (live) => mkdirSync(`${live}/a/b`, { recursive: true }),
    live: { "a/b": "directory/" },
  },
  {
    title: "a symlink that was created",
    write: (live) => symlinkSync("nowhere", `${live}/ln`),
    live: { ln: "→ nowhere" },
    moved: ["ln"],
  },
  {
    title: "a file that was appended to",
    write: (live) => appendFileSync(`${live}/data`, "+"),
    live: { data: "theirs+" },
  },
  {
    title: "a file that was written in place",
    write: (live) => writeFileSync(`${live}/data`, "new"),
    live: { data: "new" },
  },
  {
    title: "a file that was replaced by a rename",
    write(live) {
      writeFileSync(`${live}/data.tmp`, "new");
      renameSync(`${live}/data.tmp`, `${live}/data`);
    },
    live: { data: "new" },
    moved: ["data"],
  },
  {
    title: "a file that was deleted",
    write: (live) => unlinkSync(`${live}/data`),
    live: { data: undefined },
    removed: ["data"],
  },
  {
    title: "a file that was renamed",
    write: (live) => renameSync(`${live}/data`, `${live}/data2`),
    live: { data: undefined, data2: "theirs" },
    moved: ["data2"],
    removed: ["data"],
  },
  {
    title: "a directory that was deleted",
    write: (live) => rmSync(`${live}/dir`, { recursive: true }),
    live: { "dir/keep": undefined },
    removed: ["dir/keep"],
  },
  {
    title: "a file that became a directory",
    write(live) {
      unlinkSync(`${live}/data`);
      writeTree(live, { "data/inside": "x" });
    },
    live: { data: undefined, "data/inside": "x" },
    moved: ["data/inside"],
    removed: ["data"],
  },
  {
    title: "a directory that became a file",
    write(live) {
      rmSync(`${live}/dir`, { recursive: true });
      writeFileSync(`${live}/dir`, "x");
    },
    live: { "dir/keep": undefined, dir: "x" },
    moved: ["dir"],
    removed: ["dir/keep"],
  },
  {
    title: "a file with a name of JavaScript's own",
    write: (live) => writeTree(live, { "constructor/toString": "x" }),
    live: { "constructor/toString": "x" },
    moved: ["constructor/toString"],
  },
  {
    title: "a file at a path that the source has now",
    write: (live) => writeFileSync(`${live}/added`, "x"),
    next: { "pack.yaml": "2", added: "ours" },
    live: { added: "ours" },
    kept: ["added"],
  },
  {
    title: "a file below a path that the source has now",
    write: (live) => writeTree(live, { "added/b": "x" }),
    next: { "pack.yaml": "2", added: "ours" },
    live: { added: "ours" },
    kept: ["added/b"],
  },
  {
    title: "a file deep below a path that the source has now",
    write: (live) => writeTree(live, { "added/b/c": "x" }),
    next: { "pack.yaml": "2", added: "ours" },
    live: { added: "ours" },
    kept: ["added/b/c"],
  },
  {
    title: "empty directories deep below a path that the source has now",
    write: (live) => writeTree(live, { "added/b/c": "directory/" }),
    next: { "pack.yaml": "2", added: "ours" },
    live: { added: "ours" },
  },
  {
    title: "a file of ours that was edited, and is replaced",
    write: (live) => writeFileSync(`${live}/pack.yaml`, "edited"),
    kept: ["pack.yaml"],
  },
  {
    title: "a binary that was copied over ours in place, where the source's is no binary",
    write: (live) => writeFileSync(`${live}/pack.yaml`, elfFile()),
    live: { "pack.yaml": Buffer.from(elfFile()).toString() },
    moved: ["pack.yaml"],
  },
];

const BEFORE = { "pack.yaml": "1", same: "same" } as const;

test.for(cases)("$title", ({ write, next = { "pack.yaml": "2" }, live = {}, moved = [], removed = [], kept = [] }) => {
  using volume = testVolume();
  publish(volume, BEFORE);
  writeTree(volume.live, THEIRS);
  const outcome = publish(volume, { ...next, same: "same" }, () => write(volume.live));
  const expected = Object.entries({ "pack.yaml": "2", same: "same", ...THEIRS, ...next, ...live }).filter(
    ([, content]) => content !== undefined,
  );
  expect(readTree(volume.live)).toEqual(Object.fromEntries(expected));
  expect(lateOf(outcome)).toEqual({ moved: [...moved].sort(), removed: [...removed].sort(), kept: [...kept].sort() });
  expect(Object.keys(volume.publisher.previous(PACK)?.displaced ?? {}).sort()).toEqual([...kept].sort());
});

describe("a binary that was copied over ours in place while the pack went live", () => {
  const theirs = elfFile({ padding: "theirs" });
  const old = elfFile({ padding: "old" });
  const next = elfFile({ padding: "next" });
  const policies = [
    { title: "is brought over", overrides: [], lives: theirs, late: { moved: ["tool"], kept: [] } },
    {
      title: "is kept in history where the source wins for that file",
      overrides: [preserveOverride(`${PACK}/tool`, "off")],
      lives: next,
      late: { moved: [], kept: ["tool"] },
    },
    {
      title: "is brought over where the source wins for another pack's file",
      overrides: [preserveOverride("other/tool", "off")],
      lives: theirs,
      late: { moved: ["tool"], kept: [] },
    },
  ] as const;

  test.for(policies)("$title", ({ overrides, lives, late }) => {
    using volume = testVolume({ policy: { ...policy, overrides } });
    publish(volume, { "pack.yaml": "1", tool: old });
    const outcome = publish(volume, { "pack.yaml": "2", tool: next }, () =>
      writeFileSync(`${volume.live}/tool`, theirs),
    );
    expect(readFileSync(`${volume.live}/tool`)).toEqual(Buffer.from(lives));
    expect(lateOf(outcome)).toEqual({ ...late, removed: [] });
  });

  test("is kept in history if it was replaced before", () => {
    using volume = testVolume();
    publish(volume, { "pack.yaml": "1", tool: theirs });
    publish(volume, { "pack.yaml": "2", tool: old });
    const outcome = publish(volume, { "pack.yaml": "3", tool: next }, () =>
      writeFileSync(`${volume.live}/tool`, theirs),
    );
    expect(readFileSync(`${volume.live}/tool`)).toEqual(Buffer.from(next));
    expect(lateOf(outcome)).toEqual({ moved: [], removed: [], kept: ["tool"] });
  });
});

test("a file whose name is not UTF-8", () => {
  using volume = testVolume();
  publish(volume, BEFORE);
  const name = Buffer.concat([Buffer.from(`${volume.live}/`), Buffer.of(0xff, 0xfe)]);
  publish(volume, { ...BEFORE, "pack.yaml": "2" }, () => writeFileSync(name, "theirs"));
  expect(readFileSync(name, "utf8")).toBe("theirs");
  publish(volume, { ...BEFORE, "pack.yaml": "3" }, () => {
    writeFileSync(`${volume.live}/tmp`, "newer");
    renameSync(`${volume.live}/tmp`, name);
  });
  expect(readFileSync(name, "utf8")).toBe("newer");
});
