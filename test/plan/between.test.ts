import { expect, test } from "vitest";
import { changesBetween } from "../../src/plan/between.ts";

const file = (digest: string, mode = 0o644) => ({ digest, mode, size: 1, inode: 1, mtimeMs: 1 });

test("what differs between two releases is added, replaced or removed; by content and mode, not by stamps", () => {
  const before = { same: file("a"), mode: file("b"), content: file("c"), gone: file("d") };
  const after = {
    same: { ...file("a"), inode: 2, mtimeMs: 2 },
    mode: file("b", 0o755),
    content: file("x"),
    fresh: file("e"),
  };
  expect(changesBetween(before, after).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    "replace content",
    "add fresh",
    "remove gone",
    "replace mode",
  ]);
});

test("a file may be called as what objects inherit", () => {
  expect(changesBetween({}, { constructor: file("a") })).toMatchObject([{ kind: "add", path: "constructor" }]);
});
