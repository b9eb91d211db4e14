import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import type { LedgerFile } from "../../src/pack/snapshot.ts";
import { liveFingerprint, scanLive } from "../../src/scan/live.ts";
import { readOnce } from "../../src/scan/read.ts";
import { elfFile } from "../support/elf.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";

/** A live pack all of whose files were published. */
function live(tree: TreeOf<Content>) {
  const directory = scratch();
  const root = `${directory.path}/live`;
  writeTree(root, tree);
  const paths = Object.keys(tree).filter((path) => lstatSync(`${root}/${path}`).isFile());
  const ledger = Object.fromEntries(paths.map((path): [string, LedgerFile] => [path, published(root, path)]));
  const scan = (inspect: (path: string) => boolean = () => false) => scanLive({ root, ledger, inspect });
  return { root, ledger, scan, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

function published(root: string, path: string): LedgerFile {
  const { ino, mtimeMs, size } = lstatSync(`${root}/${path}`);
  const file = { path, real: `${root}/${path}`, size: size, executable: false, name: path };
  return { ...readOnce(file, undefined).entry, inode: ino, mtimeMs };
}

describe("whose a file is", () => {
  test.for<{ title: string; change: (path: string) => void; ownership: string }>([
    { title: "untouched", change: () => {}, ownership: "ours" },
    { title: "touched", change: (path) => utimesSync(path, 1, 1), ownership: "ours" },
    { title: "with another mode", change: (path) => chmodSync(path, 0o600), ownership: "ours" },
    { title: "restored from a backup: another inode, the same bytes", change: restore, ownership: "ours" },
    { title: "with another hard link", change: (path) => linkSync(path, `${path}.link`), ownership: "ours" },
    { title: "edited", change: (path) => writeFileSync(path, "edited"), ownership: "drifted" },
    {
      title: "replaced by a symlink",
      change: (path) => replace(path, () => symlinkSync("b", path)),
      ownership: "drifted",
    },
    {
      title: "replaced by a FIFO",
      change: (path) => replace(path, () => execFileSync("mkfifo", [path])),
      ownership: "drifted",
    },
  ])("$title: $ownership", ({ change, ownership }) => {
    using own = live({ "lib/a": "a", "lib/b": "b" });
    change(`${own.root}/lib/a`);
    expect(own.scan()?.files.get("lib/a")?.ownership).toBe(ownership);
    expect(own.scan()?.files.get("lib/b")?.ownership).toBe("ours");
  });

  test("not in the ledger: foreign, and read only where asked", () => {
    using own = live({ a: "a" });
    writeTree(own.root, { toString: "theirs", "dir/tool": elfFile(), link: { link: "/nowhere" } });
    expect(own.scan()?.files.get("dir/tool")).toMatchObject({ ownership: "foreign", kind: "file" });
    expect(own.scan()?.files.get("dir/tool")).not.toHaveProperty("digest");
    const inspected = own.scan((path) => path === "dir/tool")?.files;
    expect(inspected?.get("dir/tool")).toMatchObject({
      ownership: "foreign",
      elf: { static: true },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(inspected?.get("toString")).toMatchObject({ ownership: "foreign" });
    expect(inspected?.get("link")).toMatchObject({ ownership: "foreign", kind: "symlink" });
  });
});

test("reads no published file that has size, mtime and inode of the ledger", () => {
  using own = live({ a: "a" });
  const lies = { a: { ...published(own.root, "a"), digest: "not read" } };
  expect(scanLive({ root: own.root, ledger: lies, inspect: () => false })?.files.get("a")).toMatchObject({
    ownership: "ours",
    digest: "not read",
  });
});

test("never opens a FIFO, and follows no symlink", () => {
  using own = live({ a: "a" });
  execFileSync("mkfifo", [`${own.root}/fifo`]);
  symlinkSync("..", `${own.root}/up`);
  const files = own.scan(() => true)?.files;
  expect(files?.get("fifo")).toMatchObject({ kind: "special", ownership: "foreign" });
  expect([...(files?.keys() ?? [])]).toEqual(["a", "fifo", "up"]);
});

test("lists directories, parents before children, and names that are not UTF-8", () => {
  using own = live({ "a/b/c": "", empty: "directory/" });
  writeFileSync(Buffer.concat([Buffer.from(`${own.root}/odd`), Buffer.of(0xff)]), "odd");
  expect(own.scan()?.directories).toEqual(["a", "a/b", "empty"]);
  expect(own.scan(() => true)?.files.get("odd\udcff")).toMatchObject({
    ownership: "foreign",
    size: 3,
    digest: expect.any(String),
  });
});

test("there is none where there is no directory", () => {
  using own = live({});
  expect(scanLive({ root: `${own.root}/none`, ledger: {}, inspect: () => true })).toBeUndefined();
});

test.for<{ title: string; make: (root: string) => void }>([
  { title: "a symlink", make: (root) => symlinkSync(`${root}.real`, root) },
  { title: "a symlink to nowhere", make: (root) => symlinkSync("nowhere", root) },
  { title: "a file", make: (root) => writeFileSync(root, "") },
  { title: "a FIFO", make: (root) => execFileSync("mkfifo", [root]) },
])("does not look into $title in the place of a pack: it says what to do", ({ make }) => {
  using own = live({ a: "a" });
  renameSync(own.root, `${own.root}.real`);
  make(own.root);
  expect(() => own.scan()).toThrow(
    expect.objectContaining({
      code: "PACK_FAILED",
      message: expect.stringContaining(own.root),
      hint: expect.any(String),
    }),
  );
});

test("knows files by names of JavaScript's own", () => {
  using own = live({ ...JSON.parse('{"__proto__": "a"}'), constructor: "b" });
  writeTree(own.root, { "lib/__proto__": "theirs", toString: "theirs" });
  const files = own.scan()?.files ?? new Map();
  expect([...files].map(([path, { ownership }]) => `${path}: ${ownership}`)).toEqual([
    "__proto__: ours",
    "constructor: ours",
    "lib/__proto__: foreign",
    "toString: foreign",
  ]);
});

describe("the fingerprint of a live pack", () => {
  const WATCHED = ["bin", "lib", "lib/sub", "bin/tool"];
  const TREE = { "bin/tool": elfFile(), "lib/sub/a": "a", "lib/b": "b" };

  function fingerprintChanges(change: (root: string) => void): boolean {
    using own = live(TREE);
    const before = liveFingerprint(own.root, WATCHED);
    change(own.root);
    return liveFingerprint(own.root, WATCHED) !== before;
  }

  test.for<{ title: string; change: (root: string) => void }>([
    { title: "a new file", change: (root) => writeFileSync(`${root}/lib/sub/new`, "") },
    { title: "a new file at the top", change: (root) => writeFileSync(`${root}/new`, "") },
    { title: "a removed file", change: (root) => unlinkSync(`${root}/lib/b`) },
    { title: "a renamed file", change: (root) => renameSync(`${root}/lib/b`, `${root}/lib/c`) },
    { title: "a file that was replaced by a rename", change: (root) => restore(`${root}/lib/b`) },
    { title: "a removed directory", change: (root) => rmSync(`${root}/lib`, { recursive: true }) },
    {
      title: "a directory that became a file",
      change: (root) => replace(`${root}/lib`, () => writeFileSync(`${root}/lib`, "")),
    },
    { title: "another mode of a directory", change: (root) => chmodSync(`${root}/lib`, 0o700) },
    {
      title: "a binary that was written in place",
      change: (root) => writeFileSync(`${root}/bin/tool`, elfFile({ padding: "x" })),
    },
    { title: "a binary's mode", change: (root) => chmodSync(`${root}/bin/tool`, 0o700) },
    { title: "a pack that is gone", change: (root) => rmSync(root, { recursive: true }) },
    {
      title: "a pack that became a file",
      change: (root) => replace(root, () => writeFileSync(root, "")),
    },
  ])("changes with $title", ({ change }) => {
    expect(fingerprintChanges(change)).toBe(true);
  });

  test.for<{ title: string; change: (root: string) => void }>([
    { title: "nothing", change: () => {} },
    { title: "an edit of a file that nobody watches", change: (root) => writeFileSync(`${root}/lib/b`, "edited") },
    { title: "a hard link, which only moves ctime", change: (root) => linkSync(`${root}/bin/tool`, `${root}.link`) },
  ])("stays with $title", ({ change }) => {
    expect(fingerprintChanges(change)).toBe(false);
  });

  test("is another one for other paths", () => {
    using own = live(TREE);
    expect(liveFingerprint(own.root, ["lib"])).not.toBe(liveFingerprint(own.root, ["bin"]));
  });
});

function replace(path: string, make: () => void): void {
  rmSync(path, { recursive: true });
  make();
}

function restore(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}
