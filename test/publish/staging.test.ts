import { existsSync, linkSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createStaging } from "../../src/publish/staging.ts";
import { testWith } from "../support/requires.ts";
import { readTree, scratch } from "../support/trees.ts";

function staging() {
  const directory = scratch();
  const made = createStaging(`${directory.path}/staged`, undefined);
  return { made, path: directory.path, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

test("makes nothing until something is written", () => {
  using own = staging();
  expect(existsSync(own.made.root)).toBe(false);
  own.made[Symbol.dispose]();
  own.made.clear();
});

test("writes files with their modes, and the directories above them", () => {
  using own = staging();
  own.made.write("a/b/run.sh", 0o755, Buffer.from("#!/bin/sh"));
  const file = own.made.begin("large", 0o644);
  file.append(Buffer.from("two "));
  file.append(Buffer.from("pieces"));
  file.end();
  own.made.makeDirectory("empty/deep");
  expect(readTree(own.made.root)).toEqual({
    "a/b/run.sh": "#!/bin/sh",
    "empty/deep": "directory/",
    large: "two pieces",
  });
  expect(statSync(`${own.made.root}/a/b/run.sh`).mode & 0o777).toBe(0o755);
  expect(statSync(`${own.made.root}/a`).mode & 0o777).toBe(0o755);
});

test("tells of each file how to recognize it later", () => {
  using own = staging();
  own.made.write("a", 0o644, Buffer.from("12345"));
  const { ino, mtimeMs } = statSync(`${own.made.root}/a`);
  expect([...own.made.written]).toEqual([["a", { mode: 0o644, inode: ino, mtimeMs, size: 5 }]]);
  own.made.setMtimes(1_700_000_000);
  expect(own.made.written.get("a")?.mtimeMs).toBe(1_700_000_000_000);
  expect(statSync(`${own.made.root}/a`, { bigint: true }).mtimeNs).toBe(1_700_000_000_000_000_000n);
});

test("takes back what is not wanted", () => {
  using own = staging();
  own.made.write("a", 0o644, Buffer.from(""));
  own.made.write("b", 0o644, Buffer.from(""));
  own.made.drop("a");
  expect(readTree(own.made.root)).toEqual({ b: "" });
  expect([...own.made.written.keys()]).toEqual(["b"]);
});

test("takes back the directories of what is not wanted", () => {
  using own = staging();
  for (const path of ["a/b/1", "a/2", "c/3"]) own.made.write(path, 0o644, Buffer.from(""));
  own.made.drop("a/b/1");
  own.made.drop("c/3");
  own.made.dropDirectoriesBut(new Set(["a"]));
  expect(readTree(own.made.root)).toEqual({ "a/2": "" });
  own.made.makeDirectory("c");
  expect(readTree(own.made.root)).toEqual({ "a/2": "", c: "directory/" });
});

test("links the very same file", () => {
  using own = staging();
  writeFileSync(`${own.path}/theirs`, "x");
  own.made.makeDirectory("");
  own.made.link("theirs", `${own.path}/theirs`);
  expect(statSync(`${own.made.root}/theirs`).ino).toBe(statSync(`${own.path}/theirs`).ino);
});

describe("disposing", () => {
  test("removes what did not go live", () => {
    using own = staging();
    own.made.write("a/b", 0o644, Buffer.from(""));
    own.made[Symbol.dispose]();
    expect(existsSync(own.made.root)).toBe(false);
  });

  test("removes nothing that did", () => {
    using own = staging();
    own.made.write("a", 0o644, Buffer.from(""));
    own.made.keep();
    own.made[Symbol.dispose]();
    expect(existsSync(own.made.root)).toBe(true);
  });

  test("does not touch what stood there before and was not its own", () => {
    using own = staging();
    mkdirSync(own.made.root);
    own.made[Symbol.dispose]();
    expect(existsSync(own.made.root)).toBe(true);
  });
});

test("can be begun again", () => {
  using own = staging();
  own.made.write("a/b", 0o644, Buffer.from("1"));
  own.made.clear();
  own.made.write("a", 0o644, Buffer.from("2"));
  expect(readTree(own.made.root)).toEqual({ a: "2" });
});

describe("fails the pack, with the sentence that helps,", () => {
  test.for<{ title: string; work: (made: ReturnType<typeof createStaging>) => void; errno: string }>([
    {
      title: "when a directory stands where a file should",
      errno: "EEXIST",
      work(made) {
        made.makeDirectory("a");
        made.write("a", 0o644, Buffer.of());
      },
    },
    {
      title: "when a file stands where a directory should",
      errno: "ENOTDIR",
      work(made) {
        made.write("a", 0o644, Buffer.of());
        made.write("a/b/c", 0o644, Buffer.of());
      },
    },
    {
      title: "when a file to link is gone",
      errno: "ENOENT",
      work(made) {
        made.makeDirectory("");
        made.link("a", "/none");
      },
    },
    {
      title: "when a file to link is on another file system",
      errno: "EXDEV",
      work(made) {
        made.makeDirectory("");
        made.link("a", "/proc/version");
      },
    },
  ])("$title", ({ work, errno }) => {
    using own = staging();
    expect(() => work(own.made)).toThrow(
      expect.objectContaining({
        code: "PACK_FAILED",
        message: expect.stringMatching(`Cannot stage \`.*\`: (${errno}|EEXIST)`),
      }),
    );
  });
});

testWith({ root: true }, "gives everything it makes to its owner, but not what it links", () => {
  using directory = scratch();
  const made = createStaging(`${directory.path}/staged`, { uid: 1234, gid: 2345 });
  made.write("a/b", 0o644, Buffer.from(""));
  writeFileSync(`${directory.path}/theirs`, "");
  linkSync(`${directory.path}/theirs`, `${directory.path}/again`);
  made.link("theirs", `${directory.path}/theirs`);
  const owners = ["", "/a", "/a/b", "/theirs"]
    .map((path) => statSync(made.root + path))
    .map(({ uid, gid }) => [uid, gid]);
  expect(owners).toEqual([
    [1234, 2345],
    [1234, 2345],
    [1234, 2345],
    [0, 0],
  ]);
});

describe("what describes the tree", () => {
  const announced = () => {
    const own = staging();
    const manifest = `${own.path}/manifest.json`;
    own.made.write("a", 0o644, Buffer.from("1"));
    own.made.accompany(manifest);
    writeFileSync(manifest, "{}");
    return { ...own, manifest };
  };

  test("goes with it", () => {
    using own = announced();
    own.made[Symbol.dispose]();
    expect([existsSync(own.made.root), existsSync(own.manifest)]).toEqual([false, false]);
  });

  test("stays with it", () => {
    using own = announced();
    own.made.keep();
    own.made[Symbol.dispose]();
    expect([existsSync(own.made.root), existsSync(own.manifest)]).toEqual([true, true]);
  });

  test("stays alone where the release has no tree", () => {
    using own = announced();
    own.made.keepManifests();
    own.made[Symbol.dispose]();
    expect([existsSync(own.made.root), existsSync(own.manifest)]).toEqual([false, true]);
  });
});
