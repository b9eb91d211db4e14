import { chmodSync, linkSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { distrusting, isSameFingerprint, isUnchanged, sameNames } from "../../src/scan/fingerprint.ts";
import { type ScanLimits, walkSource } from "../../src/scan/walk.ts";
import { scratch, writeTree } from "../support/trees.ts";

const LIMITS: ScanLimits = { maxFiles: 1000, maxFileSize: 1000, maxPackSize: 10_000, maxDefinitionSize: 500 };
const TREE = {
  "pack.yaml": "ref: a",
  "lib/a.py": "12",
  "lib/sub/b.py": "",
  empty: "directory/",
  link: { link: "lib/a.py" },
  ".packignore": "*.log\n",
  "x.log": "",
} as const;

/** Whether two looks, before and after `change`, see the same; a stat of what the first one saw has to agree. */
function seesTheSame(change: (root: string) => void): boolean {
  using directory = scratch();
  const root = `${directory.path}/pack`;
  writeTree(root, TREE);
  const before = walkSource(root, LIMITS, Date.now());
  change(root);
  const isSame = isSameFingerprint(walkSource(root, LIMITS, Date.now()).fingerprint, before.fingerprint);
  expect(isUnchanged(root, before.fingerprint, LIMITS)).toBe(isSame);
  return isSame;
}

describe("another fingerprint after", () => {
  test.for<{ title: string; change: (root: string) => void }>([
    { title: "another content of another size", change: (root) => writeFileSync(`${root}/lib/a.py`, "123") },
    { title: "another content of the same size and mtime", change: sneakilyEdit },
    { title: "another mode", change: (root) => chmodSync(`${root}/lib/a.py`, 0o755) },
    { title: "another mtime", change: (root) => utimesSync(`${root}/lib/a.py`, 1, 1) },
    { title: "a rename", change: (root) => renameSync(`${root}/lib/a.py`, `${root}/lib/c.py`) },
    { title: "a rename over a file", change: (root) => renameSync(`${root}/pack.yaml`, `${root}/lib/a.py`) },
    { title: "a rename of a directory", change: (root) => renameSync(`${root}/lib/sub`, `${root}/lib/bus`) },
    { title: "a new file", change: (root) => writeFileSync(`${root}/lib/sub/new`, "") },
    { title: "a new directory", change: (root) => writeTree(root, { "lib/sub/new": "directory/" }) },
    { title: "a removed file", change: (root) => unlinkSync(`${root}/lib/sub/b.py`) },
    { title: "a removed directory", change: (root) => rmSync(`${root}/empty`, { recursive: true }) },
    {
      title: "a directory that became a file",
      change: (root) => replace(root, "empty", () => writeFileSync(`${root}/empty`, "")),
    },
    {
      title: "a file that became a symlink",
      change: (root) => replace(root, "lib/a.py", () => symlinkSync("sub/b.py", `${root}/lib/a.py`)),
    },
    {
      title: "a symlink that leads elsewhere",
      change: (root) => replace(root, "link", () => symlinkSync("lib/sub/b.py", `${root}/link`)),
    },
    { title: "a file that became a hard link", change: (root) => linkSync(`${root}/lib/a.py`, `${root}/x.log.2`) },
    { title: "an edited .packignore", change: (root) => writeFileSync(`${root}/.packignore`, "*.txt\n") },
    { title: "a removed .packignore", change: (root) => unlinkSync(`${root}/.packignore`) },
  ])("$title", ({ change }) => {
    expect(seesTheSame(change)).toBe(false);
  });

  test("a new .packignore", () => {
    expect(
      seesTheSame((root) => replace(root, ".packignore", () => writeFileSync(`${root}/.packignore`, "*.log\n"))),
    ).toBe(false);
  });
});

describe("the same fingerprint", () => {
  test("after nothing", () => {
    expect(seesTheSame(() => {})).toBe(true);
  });

  test("after a change of what is ignored", () => {
    expect(seesTheSame((root) => writeFileSync(`${root}/x.log`, "more"))).toBe(true);
  });

  test("under other limits is none", () => {
    using directory = scratch();
    writeTree(directory.path, TREE);
    const { fingerprint } = walkSource(directory.path, LIMITS, 0);
    const others = { ...LIMITS, maxFiles: 999 };
    expect(isSameFingerprint(walkSource(directory.path, others, 0).fingerprint, fingerprint)).toBe(false);
    expect(isUnchanged(directory.path, fingerprint, others)).toBe(false);
  });
});

describe("a stamp is racy", () => {
  test.for([
    { title: "when the file is as young as the look", afterMs: 0, racy: true },
    { title: "within the clock's granularity", afterMs: 10, racy: true },
    { title: "when it comes from the future", afterMs: -60_000, racy: true },
    { title: "no more after that", afterMs: 3000, racy: false },
  ])("$title", ({ afterMs, racy }) => {
    using directory = scratch();
    writeTree(directory.path, { a: "" });
    const walk = walkSource(directory.path, LIMITS, Date.now() + afterMs);
    expect(walk.young.length > 0).toBe(racy);
    const remembered = distrusting(walk.fingerprint, walk.young);
    expect(isUnchanged(directory.path, remembered, LIMITS)).toBe(!racy);
    expect(sameNames(remembered, walk.fingerprint).has("a")).toBe(!racy);
  });
});

/** Only ctime tells. */
function sneakilyEdit(root: string): void {
  utimesSync(`${root}/lib/a.py`, 1000, 1000);
  writeFileSync(`${root}/lib/a.py`, "21");
  utimesSync(`${root}/lib/a.py`, 1000, 1000);
}

function replace(root: string, path: string, make: () => void): void {
  rmSync(`${root}/${path}`, { recursive: true });
  make();
}
