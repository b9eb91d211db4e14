import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fsPath } from "../../src/platform/names.ts";
import { areStampsSame, STAMP_FIELDS } from "../../src/platform/stamps.ts";
import { scratch, writeTree } from "../support/trees.ts";

/** What node:fs says of them, in the order of a stamp. */
function stampsOf(root: string, paths: readonly string[]): Float64Array {
  return Float64Array.from(
    paths.flatMap((path) => {
      const { size, mtimeMs, ctimeMs, ino, mode } = lstatSync(fsPath(path.startsWith("/") ? path : `${root}/${path}`));
      return [size, mtimeMs, ctimeMs, ino, mode];
    }),
  );
}

function tree(root: string): string[] {
  writeTree(root, {
    "pack.yaml": "ref: a",
    "actions/ünïcode – 名前.sh": { script: "#!/bin/sh\n" },
    link: { link: "pack.yaml" },
    dangling: { link: "nowhere" },
    empty: "directory/",
    large: "",
    before1970: "",
    after2106: "",
  });
  truncateSync(`${root}/large`, 5 * 2 ** 30);
  utimesSync(`${root}/before1970`, -86_400.25, -86_400.25);
  utimesSync(`${root}/after2106`, 5_000_000_000.5, 5_000_000_000.5);
  return readdirSync(root, { recursive: true, encoding: "utf8" });
}

test("they are node's, of whatever is there", () => {
  using directory = scratch();
  const root = `${directory.path}/pack`;
  const paths = [root, ...tree(root), "/proc/self/status", "/dev/null"];
  for (const path of paths) expect(areStampsSame(root, path, stampsOf(root, [path])), path).toBe(true);
  const still = paths.filter((path) => !path.startsWith("/proc"));
  expect(areStampsSame(root, still.join("\0"), stampsOf(root, still))).toBe(true);
});

test("one number of one file makes the difference", () => {
  using directory = scratch();
  const paths = tree(directory.path);
  const stamps = stampsOf(directory.path, paths);
  fc.assert(
    fc.property(fc.nat(paths.length * STAMP_FIELDS - 1), fc.constantFrom(0.25, 1, 2 ** 32, Number.NaN), (at, by) => {
      const others = Float64Array.from(stamps);
      others[at] = (others[at] ?? 0) + by;
      expect(areStampsSame(directory.path, paths.join("\0"), others)).toBe(false);
    }),
  );
});

test("what is not there any more, or below something else now, is not as it was", () => {
  using directory = scratch();
  const root = `${directory.path}/pack`;
  const stamps = stampsOf(root, [...tree(root), "pack.yaml"].slice(-1));
  expect(areStampsSame(root, "gone", stamps)).toBe(false);
  expect(areStampsSame(`${directory.path}/gone`, "pack.yaml", stamps)).toBe(false);
  expect(() => areStampsSame(root, "pack.yaml/below", stamps)).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
});

test("where the directory cannot be opened as one, each file is looked at by its path", () => {
  using directory = scratch();
  const root = `${directory.path}/pack`;
  writeTree(root, { "pack.yaml": "ref: a" });
  const stamps = stampsOf(root, ["pack.yaml"]);
  renameSync(root, `${directory.path}/elsewhere`);
  symlinkSync("elsewhere", root);
  expect(areStampsSame(root, "pack.yaml", stamps)).toBe(true);
});

test("a directory whose name is no UTF-8 has files like any other", () => {
  using directory = scratch();
  const root = `${directory.path}/p\udcff`;
  mkdirSync(fsPath(root));
  writeFileSync(fsPath(`${root}/pack.yaml`), "");
  expect(areStampsSame(root, "pack.yaml", stampsOf(root, ["pack.yaml"]))).toBe(true);
  expect(areStampsSame(directory.path, "p\udcff/pack.yaml", stampsOf(root, ["pack.yaml"]))).toBe(true);
});
