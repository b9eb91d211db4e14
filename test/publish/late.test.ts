import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { GoLiveOutcome } from "../../src/publish/go-live.ts";
import { elfFile } from "../support/elf.ts";
import { testWith } from "../support/requires.ts";
import { type Content, readTree, type TreeOf, writeTree } from "../support/trees.ts";
import { PACK, publish, testVolume } from "../support/volume.ts";

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
  { title: "a file that was created", write: (live) => writeFileSync(`${live}/new`, "x"), live: { new: "x" }, moved: ["new"] },
  { title: "a file that was created in a new directory", write: (live) => writeTree(live, { "a/b/c": "x" }), live: { "a/b/c": "x" }, moved: ["a/b/c"] },
  { title: "an empty directory that was created", write: (live) => mkdirSync(`${live}/a/b`, { recursive: true }), live: { "a/b": "directory/" } },
  { title: "a symlink that was created", write: (live) => symlinkSync("nowhere", `${live}/ln`), live: { ln: "→ nowhere" }, moved: ["ln"] },
  { title: "a file that was appended to", write: (live) => appendFileSync(`${live}/data`, "+"), live: { data: "theirs+" } },
  { title: "a file that was written in place", write: (live) => writeFileSync(`${live}/data`, "new"), live: { data: "new" } },
  {
    title: "a file that was replaced by a rename",
    write(live) {
      writeFileSync(`${live}/data.tmp`, "new");
      renameSync(`${live}/data.tmp`, `${live}/data`);
    },
    live: { data: "new" },
    moved: ["data"],
  },
  { title: "a file that was deleted", write: (live) => unlinkSync(`${live}/data`), live: { data: undefined }, removed: ["data"] },
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
    live: { "dir/keep": undefined, dir: "directory/" },
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
  const expected = Object.entries({ "pack.yaml": "2", same: "same", ...THEIRS, ...next, ...live }).filter(([, content]) => content !== undefined);
  expect(readTree(volume.live)).toEqual(Object.fromEntries(expected));
  expect(lateOf(outcome)).toEqual({ moved: [...moved].sort(), removed: [...removed].sort(), kept: [...kept].sort() });
  expect(Object.keys(volume.publisher.previous(PACK)?.displaced ?? {}).sort()).toEqual([...kept].sort());
});

function lateOf(outcome: GoLiveOutcome) {
  if (!outcome.live) throw outcome.error;
  const { moved, removed, kept } = outcome.late;
  return { moved: [...moved].sort(), removed: [...removed].sort(), kept: Object.keys(kept).sort() };
}

describe("what stays behind on purpose", () => {
  test("is not late: a file that was displaced and did not change since", () => {
    using volume = testVolume();
    publish(volume, BEFORE);
    writeTree(volume.live, { added: "theirs" });
    const outcome = publish(volume, { ...BEFORE, added: "ours" });
    expect(lateOf(outcome)).toEqual({ moved: [], removed: [], kept: [] });
    expect(Object.keys(volume.publisher.previous(PACK)?.displaced ?? {})).toEqual(["added"]);
  });

  test("is not late: the same bytes with another mode", () => {
    using volume = testVolume();
    publish(volume, BEFORE);
    writeTree(volume.live, { added: "the same" });
    chmodSync(`${volume.live}/added`, 0o600);
    expect(lateOf(publish(volume, { ...BEFORE, added: "the same" }))).toEqual({ moved: [], removed: [], kept: [] });
    expect(statSync(`${volume.live}/added`).mode & 0o777).toBe(0o644);
  });

  test("is late when it changed since", () => {
    using volume = testVolume();
    publish(volume, BEFORE);
    writeTree(volume.live, { added: "theirs" });
    const outcome = publish(volume, { ...BEFORE, added: "ours" }, () => appendFileSync(`${volume.live}/added`, "+"));
    expect(lateOf(outcome).kept).toEqual(["added"]);
    expect(readTree(volume.live)).toMatchObject({ added: "ours" });
  });
});

test("moving keeps the inode: who has the file open goes on writing into the live tree", () => {
  using volume = testVolume();
  publish(volume, BEFORE);
  let inode = 0;
  publish(volume, { ...BEFORE, "pack.yaml": "2" }, () => {
    writeFileSync(`${volume.live}/late`, "x");
    inode = statSync(`${volume.live}/late`).ino;
  });
  expect(statSync(`${volume.live}/late`).ino).toBe(inode);
});

testWith({ root: true }, "a new directory comes over with its owner and mode: its owner goes on working in it", () => {
  using volume = testVolume();
  publish(volume, BEFORE);
  publish(volume, { ...BEFORE, "pack.yaml": "2" }, () => {
    writeTree(volume.live, { "work/file": "x", "empty/deep": "directory/" });
    for (const path of ["work", "work/file", "empty", "empty/deep"]) chownSync(`${volume.live}/${path}`, 1234, 2345);
    chmodSync(`${volume.live}/work`, 0o2770);
  });
  const stats = (path: string) => statSync(`${volume.live}/${path}`);
  expect(["work", "work/file", "empty", "empty/deep"].map((path) => [stats(path).uid, stats(path).gid])).toEqual(Array(4).fill([1234, 2345]));
  expect(stats("work").mode & 0o7777).toBe(0o2770);
});

describe("a working directory that still stands in the release before", () => {
  test("is compared again at the next publish", () => {
    using volume = testVolume();
    publish(volume, BEFORE);
    const old = `${volume.layout.releases}/${PACK}/${volume.publisher.previous(PACK)?.release}`;
    publish(volume, { ...BEFORE, "pack.yaml": "2" });
    writeTree(old, { late: "x", "dir/later": "y" });
    publish(volume, { ...BEFORE, "pack.yaml": "3" });
    expect(readTree(volume.live)).toMatchObject({ "pack.yaml": "3", late: "x", "dir/later": "y" });
  });

  test("loses nothing when the path is taken: it is kept, and written down", () => {
    using volume = testVolume();
    publish(volume, BEFORE);
    const old = `${volume.layout.releases}/${PACK}/${volume.publisher.previous(PACK)?.release}`;
    publish(volume, { ...BEFORE, "pack.yaml": "2" });
    const second = volume.publisher.previous(PACK);
    writeTree(old, { added: "x" });
    publish(volume, { ...BEFORE, "pack.yaml": "3", added: "ours" });
    expect(readTree(volume.live)).toMatchObject({ added: "ours" });
    expect(readTree(old)).toMatchObject({ added: "x" });
    expect(second && Object.keys(readAgain(volume, second.release)?.displaced ?? {})).toEqual(["added"]);
  });
});

function readAgain({ layout }: ReturnType<typeof testVolume>, release: string): { displaced: object } | undefined {
  const text = readTree(`${layout.releases}/${PACK}`)[`${release}.json`];
  return text === undefined ? undefined : JSON.parse(text);
}

test("init-pack-binaries copies over a static binary of ours while it is replaced: the copy wins, as it does before", () => {
  using volume = testVolume();
  using theirs = testVolume();
  writeTree(theirs.live, { tool: elfFile({ padding: "theirs" }) });
  publish(volume, { ...BEFORE, tool: elfFile({ padding: "1" }) });
  publish(volume, { ...BEFORE, tool: elfFile({ padding: "2" }) }, () => copyFileSync(`${theirs.live}/tool`, `${volume.live}/tool`));
  expect(readTree(volume.live)["tool"]).toContain("theirs");
});
