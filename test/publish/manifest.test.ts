import { readdirSync, statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { volumeLayout } from "../../src/publish/layout.ts";
import {
  contentDigest,
  listManifests,
  type Manifest,
  readManifest,
  releaseId,
  writeManifest,
} from "../../src/publish/manifest.ts";
import { entry } from "../support/entries.ts";
import { scratch, writeTree } from "../support/trees.ts";
import { PACK } from "../support/volume.ts";

function manifest(number: number): Manifest {
  return {
    format: 1,
    pack: PACK,
    release: `${number}-0123abcd`,
    number,
    version: "1.0.0",
    origin: "sync",
    source: { name: "packs", directory: "dir" },
    publishedAt: "2026-01-01T00:00:00.000Z",
    latestMtime: 1_700_000_000,
    identity: { inode: "18446744073709551615", birthtimeNs: "1700000000000000001" },
    dependencies: ["core"],
    content: "0123abcd",
    restores: "2-0123abcd",
    pinned: true,
    directories: ["a", "a/b"],
    carriedDirectories: ["c"],
    files: JSON.parse(
      '{"__proto__": {"digest": "d", "size": 1, "mode": 420, "inode": 9007199254740991, "mtimeMs": 1700000000000.123, "elf": {"needed": []}}}',
    ),
    carried: { "bad\udc80name": { inode: 2, mtimeMs: 3, size: 4, birthtimeMs: 5 } },
    displaced: {},
    memory: { tool: { source: "s", volume: "v", replaced: ["r"] } },
  };
}

function volume() {
  const directory = scratch();
  const layout = volumeLayout(directory.path);
  writeTree(layout.own, { [`releases/${PACK}`]: "directory/", staging: "directory/" });
  return { layout, path: `${layout.releases}/${PACK}`, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

test("comes back as it was written, undecodable names and large inodes too", () => {
  using own = volume();
  writeManifest(own.layout, manifest(7), undefined);
  expect(readManifest(own.layout, PACK, "7-0123abcd")).toEqual(manifest(7));
  expect(readdirSync(own.path)).toEqual(["7-0123abcd.json"]);
  expect(statSync(`${own.path}/7-0123abcd.json`).mode & 0o777).toBe(0o644);
});

test("is none when it was not finished, or was never written", () => {
  using own = volume();
  writeFileSync(`${own.path}/3-0123abcd.json`, '{"format": 1, "pack');
  expect(readManifest(own.layout, PACK, "3-0123abcd")).toBeUndefined();
  expect(readManifest(own.layout, PACK, "4-0123abcd")).toBeUndefined();
});

test("lists by number, not by name, and only what can be read", () => {
  using own = volume();
  for (const number of [10, 9, 0]) writeManifest(own.layout, manifest(number), undefined);
  writeTree(own.path, { "11-0123abcd.json.tmp": "{}", "12-0123abcd.json": "{", "9-0123abcd/pack.yaml": "" });
  expect(listManifests(own.layout, PACK).map(({ number }) => number)).toEqual([0, 9, 10]);
});

test("of a pack that was never published there is none", () => {
  using own = volume();
  expect(listManifests({ ...own.layout, releases: `${own.path}/none` }, PACK)).toEqual([]);
});

test("a release's name is its number and a digest of its content", () => {
  const anyFiles = fc.dictionary(
    fc.constantFrom("a", "b", "c"),
    fc.record({ content: fc.constantFrom("1", "2"), mode: fc.constantFrom(0o644, 0o755) }, { noNullPrototype: true }),
  );
  const idOf = (
    number: number,
    files: Record<string, { content: string; mode: number }>,
    directories: readonly string[] = [],
  ) =>
    releaseId(
      number,
      contentDigest(
        Object.fromEntries(Object.entries(files).map(([path, { content, mode }]) => [path, entry(content, mode)])),
      ),
      directories,
    );
  fc.assert(
    fc.property(anyFiles, anyFiles, (a, b) => {
      const sorted = (files: typeof a) =>
        JSON.stringify(
          Object.keys(files)
            .sort()
            .map((path) => [path, files[path]]),
        );
      expect(idOf(1, a)).toMatch(/^1-[0-9a-f]{8}$/);
      expect(idOf(1, a).slice(2) === idOf(2, b).slice(2)).toBe(sorted(a) === sorted(b));
      expect(idOf(1, a, ["empty"])).not.toBe(idOf(1, a));
    }),
  );
});
