import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import { readManifest } from "../../src/publish/manifest.ts";
import { elfFile } from "../support/elf.ts";
import { testWith } from "../support/requires.ts";
import { readTree, writeTree } from "../support/trees.ts";
import { goLive, PACK, publish, stage, type TestVolume, testVolume } from "../support/volume.ts";

function filesOf({ layout }: TestVolume, release: string) {
  return readManifest(layout, PACK, release)?.files ?? {};
}

test("builds the whole next tree and writes down whose what is", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1", "lib/a.py": "same", "lib/gone.py": "", "run.sh": { script: "#!/bin/sh" } });
  writeTree(volume.live, { ".venv/bin/python": { link: "/usr/bin/python3" }, "data/state": "theirs" });
  const { manifest, staging, freshFiles } = stage(volume, {
    "pack.yaml": "2",
    "lib/a.py": "same",
    "run.sh": { script: "#!/bin/sh" },
    empty: "directory/",
  });

  expect(readTree(staging.root)).toEqual({
    ".venv/bin/python": "→ /usr/bin/python3",
    "data/state": "theirs",
    empty: "directory/",
    "lib/a.py": "same",
    "pack.yaml": "2",
    "run.sh": "#!/bin/sh",
  });
  expect(freshFiles).toBe(1);
  expect(manifest).toMatchObject({ number: 2, version: "1.0.0", origin: "sync", displaced: {} });
  expect(manifest.release).toMatch(/^2-[0-9a-f]{8}$/);
  expect(Object.keys(filesOf(volume, manifest.release)).sort()).toEqual(["lib/a.py", "pack.yaml", "run.sh"]);
  expect(Object.keys(manifest.carried).sort()).toEqual([".venv/bin/python", "data/state"]);
  const entries = Object.entries({ ...filesOf(volume, manifest.release), ...manifest.carried });
  for (const [path, { inode, mtimeMs, size }] of entries) {
    const stats = lstatSync(`${staging.root}/${path}`);
    expect({ inode, mtimeMs, size }, path).toEqual({ inode: stats.ino, mtimeMs: stats.mtimeMs, size: stats.size });
  }
  staging[Symbol.dispose]();
});

test("shares the inode of everything that stays", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1", same: "same" });
  writeTree(volume.live, { theirs: "theirs", "dir/link": { link: "nowhere" } });
  using staging = stage(volume, { "pack.yaml": "2", same: "same" }).staging;
  for (const path of ["same", "theirs", "dir/link"]) {
    expect(lstatSync(`${staging.root}/${path}`).ino, path).toBe(lstatSync(`${volume.live}/${path}`).ino);
  }
  expect(lstatSync(`${staging.root}/pack.yaml`).ino).not.toBe(lstatSync(`${volume.live}/pack.yaml`).ino);
});

test("is not stopped by a foreign file that its owner removes at that moment", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  writeTree(volume.live, { theirs: "x" });
  const { manifest, staging } = stage(
    volume,
    { "pack.yaml": "2" },
    { beforeStaging: () => unlinkSync(`${volume.live}/theirs`) },
  );
  expect(manifest.carried).toEqual({});
  expect(readTree(staging.root)).toEqual({ "pack.yaml": "2" });
  staging[Symbol.dispose]();
});

test("lets a foreign binary stand where the source has a directory that was read already", () => {
  using volume = testVolume();
  const binary = elfFile();
  publish(volume, { "pack.yaml": "1" });
  writeTree(volume.live, { bin: binary });
  using staging = stage(volume, { "pack.yaml": "1", new: "new", "bin/deep/tool": "text" }, { isAllRead: true }).staging;
  expect(readTree(staging.root)).toEqual({ "pack.yaml": "1", new: "new", bin: Buffer.from(binary).toString("utf8") });
});

test("fails the pack when one of our own files vanishes at that moment", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1", same: "same" });
  const staging = () =>
    stage(volume, { "pack.yaml": "2", same: "same" }, { beforeStaging: () => unlinkSync(`${volume.live}/same`) });
  expect(staging).toThrow(expect.objectContaining({ code: "PACK_FAILED", message: "Cannot stage `same`: ENOENT." }));
});

describe("times", () => {
  const seconds = (path: string) => Math.floor(statSync(path).mtimeMs / 1000);

  test("of a path are never the same whole second twice, however fast releases follow", () => {
    using volume = testVolume();
    const seen = new Map<string, number[]>();
    for (let number = 1; number <= 6; number++) {
      publish(volume, {
        "a.py": `${number}`,
        "b.py": `${number % 2}`,
        ...(number % 3 === 0 ? {} : { "c.py": `${number}` }),
      });
      for (const path of ["a.py", "b.py", "c.py"]) {
        const file = `${volume.live}/${path}`;
        if (existsSync(file)) seen.set(path, [...(seen.get(path) ?? []), seconds(file)]);
      }
    }
    for (const [path, all] of seen) expect(new Set(all).size, `${path}: ${all}`).toBe(all.length);
  });

  test("are never those of what was adopted, also when that is dated ahead", () => {
    using volume = testVolume();
    const now = Math.floor(Date.now() / 1000);
    const paths = [-1, 0, 1, 2, 3].map((ahead) => ({ path: `${ahead}.py`, time: now + ahead }));
    writeTree(volume.live, Object.fromEntries(paths.map(({ path }) => [path, "theirs"])));
    for (const { path, time } of paths) utimesSync(`${volume.live}/${path}`, time, time);
    publish(volume, Object.fromEntries(paths.map(({ path }) => [path, "ours"])));
    for (const { path, time } of paths) expect(seconds(`${volume.live}/${path}`), path).not.toBe(time);
  });

  test("of what stays the same stay", () => {
    using volume = testVolume();
    publish(volume, { same: "same", other: "1" });
    const { mtimeMs } = statSync(`${volume.live}/same`);
    publish(volume, { same: "same", other: "2" });
    expect(statSync(`${volume.live}/same`).mtimeMs).toBe(mtimeMs);
  });
});

describe("directories", () => {
  test("keep the mode that the live ones have", () => {
    using volume = testVolume();
    publish(volume, { "lib/a": "1" });
    chmodSync(volume.live, 0o2775);
    chmodSync(`${volume.live}/lib`, 0o700);
    publish(volume, { "lib/a": "2", "new/b": "" });
    const mode = (path: string) => statSync(`${volume.live}/${path}`).mode & 0o7777;
    expect([mode(""), mode("lib"), mode("new")]).toEqual([0o2775, 0o700, 0o755]);
  });

  testWith({ root: true, tools: ["setfacl", "getfacl"] }, "keep owner and ACLs, too", () => {
    using volume = testVolume();
    publish(volume, { "lib/a": "1" });
    chownSync(`${volume.live}/lib`, 1234, 2345);
    execFileSync("setfacl", ["-m", "u:4321:rwx,d:u:4321:rwx", `${volume.live}/lib`]);
    const acl = () =>
      execFileSync("getfacl", ["--absolute-names", "--numeric", `${volume.live}/lib`], { encoding: "utf8" });
    const before = acl();
    publish(volume, { "lib/a": "2" });
    expect(acl()).toBe(before);
    expect(before).toContain("user:4321:rwx");
  });

  test("of others that are empty stay, release after release", () => {
    using volume = testVolume();
    publish(volume, { a: "1" });
    mkdirSync(`${volume.live}/theirs/deep`, { recursive: true });
    for (const a of ["2", "3", "4"]) {
      publish(volume, { a });
      expect(readTree(volume.live)).toEqual({ a, "theirs/deep": "directory/" });
    }
  });

  test("of ours that left the source go", () => {
    using volume = testVolume();
    publish(volume, { a: "1", "lib/b": "", empty: "directory/" });
    publish(volume, { a: "1" });
    expect(readTree(volume.live)).toEqual({ a: "1" });
  });
});

describe("a binary of ours that stays because the source's is worse", () => {
  const built = elfFile({ padding: "static" });
  const worse = elfFile({ interpreter: true });

  test("is still ours: it follows the source when that has a better one", () => {
    using volume = testVolume();
    publish(volume, { tool: built });
    const { manifest, staging } = stage(volume, { tool: worse, more: "" });
    expect(manifest.displaced).toEqual({});
    staging[Symbol.dispose]();
    publish(volume, { tool: worse, more: "" });
    const next = stage(volume, { tool: elfFile({ padding: "newer" }), more: "" });
    expect(next.manifest.displaced).toEqual({});
    next.staging[Symbol.dispose]();
  });

  test("is still ours: it goes when it leaves the source", () => {
    using volume = testVolume();
    publish(volume, { tool: built, a: "1" });
    publish(volume, { tool: worse, a: "2" });
    expect(Object.keys(readTree(volume.live))).toEqual(["a", "tool"]);
    publish(volume, { a: "3" });
    expect(Object.keys(readTree(volume.live))).toEqual(["a"]);
  });
});

test("writes down what had to make room, of whatever type", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  writeTree(volume.live, { "a.py": "theirs", "lib/b": "theirs", c: "theirs" });
  symlinkSync("nowhere", `${volume.live}/d`);
  const { manifest, staging } = stage(volume, {
    "pack.yaml": "1",
    "a.py": "ours",
    lib: "ours",
    "c/e": "ours",
    d: "ours",
  });
  expect(Object.keys(manifest.displaced).sort()).toEqual(["a.py", "c", "d", "lib/b"]);
  expect(manifest.carried).toEqual({});
  staging[Symbol.dispose]();
});

test("holds no list of files while it waits for the others", () => {
  using volume = testVolume();
  const staged = stage(volume, { "pack.yaml": "1" });
  expect(staged.manifest).not.toHaveProperty("files");
});

test("makes room for directories where others have a file", () => {
  using volume = testVolume();
  publish(volume, { "pack.yaml": "1" });
  writeTree(volume.live, { lib: "theirs" });
  publish(volume, { "pack.yaml": "1", "lib/deep/er/a.py": "ours" });
  expect(readTree(volume.live)).toEqual({ "lib/deep/er/a.py": "ours", "pack.yaml": "1" });
});

test("knows files by any name", () => {
  using volume = testVolume();
  const names = ["__proto__", "constructor", "toString", "a\nb", "ä", "-rf"];
  const staged = stage(volume, Object.fromEntries(names.map((name) => [name, name])));
  goLive(volume, staged);
  expect(Object.keys(volume.publisher.previous(PACK)?.files ?? {}).sort()).toEqual([...names].sort());
});
