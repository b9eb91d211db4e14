import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { exchange } from "../../src/platform/syscalls.ts";
import { recover } from "../../src/publish/recover.ts";
import { elfFile } from "../support/elf.ts";
import { testWith } from "../support/requires.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { goLive, lateOf, PACK, publish, stage, type TestVolume, testVolume } from "../support/volume.ts";

const BEFORE = { "pack.yaml": "1", same: "same" } as const;

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
  expect(["work", "work/file", "empty", "empty/deep"].map((path) => [stats(path).uid, stats(path).gid])).toEqual(
    Array(4).fill([1234, 2345]),
  );
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
  publish(volume, { ...BEFORE, tool: elfFile({ padding: "2" }) }, () =>
    copyFileSync(`${theirs.live}/tool`, `${volume.live}/tool`),
  );
  expect(readTree(volume.live)["tool"]).toContain("theirs");
});

test("what its owner removes just before the exchange and writes anew just after it stays", () => {
  let after = () => {};
  using volume = testVolume({
    swapTrees(a, b) {
      exchange(a, b);
      after();
      after = () => {};
    },
  });
  publish(volume, BEFORE);
  writeTree(volume.live, { "state/pid": "old" });
  after = () => writeFileSync(`${volume.live}/state/pid`, "new");
  publish(volume, { ...BEFORE, "pack.yaml": "2" }, () => unlinkSync(`${volume.live}/state/pid`));
  expect(readTree(volume.live)).toMatchObject({ "state/pid": "new" });
});

test("what is written into a pack while it retires whole comes back to its name", () => {
  using volume = testVolume();
  publish(volume, BEFORE);
  const staged = stage(volume, {}, { kind: "retire" });
  writeTree(volume.live, { ".venv/x": "theirs", "empty/deep": "directory/" });
  expect(lateOf(goLive(volume, staged)).moved).toEqual([".venv/x"]);
  expect(readTree(volume.live)).toEqual({ ".venv/x": "theirs", "empty/deep": "directory/" });
});

testWith({ root: true }, "others' directories that nobody may write do not stop a publish, nor the next run", () => {
  using volume = testVolume();
  publish(volume, BEFORE);
  const tree = `${volume.live}/gopath/mod`;
  writeTree(volume.live, { "gopath/mod/a.go": "theirs" });
  for (const path of own(volume)) chownSync(path, 1234, 1234);
  chmodSync(tree, 0o555);
  asUser(1234, () => {
    publish(volume, { ...BEFORE, "pack.yaml": "2" }, () => {
      chmodSync(tree, 0o755);
      rmSync(`${volume.live}/gopath`, { recursive: true });
    });
    expect(recover(volume.deps)).toMatchObject({ abandoned: [] });
    publish(volume, { ...BEFORE, "pack.yaml": "3" });
    volume.wait(5);
    expect(volume.publisher.prune([PACK], { keep: 0, minAgeSeconds: 0, maxBytes: 0 })).toBe(2);
    expect(recover(volume.deps).litter).toBe(0);
  });
});

/** Everything in a volume, the directory around it included. */
function own({ layout }: TestVolume): string[] {
  const below = readdirSync(layout.root, { recursive: true, encoding: "utf8" });
  return [dirname(layout.root), layout.root, ...below.map((path) => `${layout.root}/${path}`)];
}

function asUser(uid: number, work: () => void): void {
  process.setegid?.(uid);
  process.seteuid?.(uid);
  try {
    work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
