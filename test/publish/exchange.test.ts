import { existsSync, mkdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { asidePath, moveTree, swap } from "../../src/publish/exchange.ts";
import { readTree, scratch, writeTree } from "../support/trees.ts";

function trees() {
  const directory = scratch();
  writeTree(directory.path, { "staged/new": "new", "live/old": "old" });
  const { path } = directory;
  return { path, staged: `${path}/staged`, live: `${path}/live`, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

test("swaps in one step", () => {
  using own = trees();
  expect(swap(own.staged, own.live)).toBe("exchange");
  expect(readTree(own.path)).toEqual({ "live/new": "new", "staged/old": "old" });
});

test.for(["EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTSUP"])(
  "takes two renames where the exchange fails with %s",
  (code) => {
    using own = trees();
    expect(swap(own.staged, own.live, failing(code))).toBe("two-renames");
    expect(readTree(own.path)).toEqual({ "live/new": "new", "staged/old": "old" });
    expect(existsSync(asidePath(own.staged))).toBe(false);
  },
);

test.for([
  { code: "EXDEV", hint: "image layer" },
  { code: "EBUSY", hint: "mount point" },
  { code: "EACCES", hint: "owner" },
  { code: "EROFS", hint: "read-only" },
  { code: "ENOSPC", hint: "full" },
])("fails with the sentence that helps, and changes nothing: $code", ({ code, hint }) => {
  using own = trees();
  const before = readTree(own.path);
  expect(() => swap(own.staged, own.live, failing(code))).toThrow(
    expect.objectContaining({
      code: "PACK_FAILED",
      message: `Cannot move a tree to ${own.live}: ${code}.`,
      hint: expect.stringContaining(hint),
    }),
  );
  expect(readTree(own.path)).toEqual(before);
});

test("does not explain what it does not know", () => {
  using own = trees();
  expect(() => swap(own.staged, own.live, failing("EIO"))).toThrow("EIO");
  const strange = () => {
    throw new Error("strange");
  };
  expect(() => swap(own.staged, own.live, strange)).toThrow("strange");
});

describe("without an exchange", () => {
  test("puts the live tree back when the new one cannot take its place", () => {
    using own = trees();
    const gone = `${own.path}/not-staged`;
    expect(() => swap(gone, own.live, failing("EINVAL"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(readTree(own.live)).toEqual({ old: "old" });
    expect(existsSync(asidePath(gone))).toBe(false);
  });

  test("fails with the sentence that helps, too", () => {
    using own = trees();
    expect(() => swap(own.staged, "/proc/sys", failing("EINVAL"))).toThrow(
      expect.objectContaining({ code: "PACK_FAILED" }),
    );
    expect(readTree(own.staged)).toEqual({ new: "new" });
  });
});

describe("moving a tree", () => {
  test("works onto nothing and onto an empty directory", () => {
    using own = trees();
    moveTree(own.staged, `${own.path}/a`);
    mkdirSync(`${own.path}/b`);
    moveTree(own.live, `${own.path}/b`);
    expect(readTree(own.path)).toEqual({ "a/new": "new", "b/old": "old" });
  });

  test("never onto what somebody made meanwhile", () => {
    using own = trees();
    expect(() => moveTree(own.staged, own.live)).toThrow(
      expect.objectContaining({ code: "PACK_FAILED", retryable: true }),
    );
    expect(readTree(own.path)).toEqual({ "live/old": "old", "staged/new": "new" });
  });
});
