import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isStill, lookAt } from "../../src/scan/look.ts";
import { areStill } from "../../src/scan/restat.ts";
import { LIMITS, packAt, scan } from "../support/scanner.ts";
import { scratch, writeTree } from "../support/trees.ts";

const PACK = { "pack.yaml": "ref: mypack\nversion: 1.2.3\n", "lib/a.py": "a" } as const;

function pack(tree: Parameters<typeof writeTree>[1] = PACK) {
  const directory = scratch();
  const root = `${directory.path}/packs/mypack`;
  writeTree(root, tree);
  return {
    root,
    at: packAt(root),
    dev: packAt(root, "development"),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

function noThread(): never {
  throw new Error("Expected no thread for so little");
}

test("looks without reading when nothing changed", async () => {
  using own = pack();
  const { known } = await scan(own.at);
  rmSync(`${own.root}/pack.yaml`);
  expect(await lookAt(own.at, known, true, LIMITS)).toMatchObject({ unchanged: true, identity: { ref: "mypack" } });
});

test.for([
  { title: "another ref", text: "ref: other\nversion: 2.0.0\n", ref: "other" },
  { title: "nothing that can be read: it still is what it was", text: "ref: [", ref: "mypack" },
  { title: "no ref: it still is what it was", text: "version: 1.0.0", ref: "mypack" },
])("sees who the pack is now, when its pack.yaml says $title", async ({ text, ref }) => {
  using own = pack();
  const { known } = await scan(own.at);
  writeFileSync(`${own.root}/pack.yaml`, text);
  expect(await lookAt(own.at, known, false, LIMITS)).toMatchObject({ unchanged: false, identity: { ref } });
});

test("does not know a pack that never said who it is", async () => {
  using own = pack({ "pack.yaml": "ref: [" });
  expect(await lookAt(own.at, undefined, false, LIMITS)).toMatchObject({ unchanged: false, identity: undefined });
});

test("knows a development pack without pack.yaml by its directory", async () => {
  using own = pack({ "actions/a.yaml": "name: a" });
  expect(await lookAt(own.dev, undefined, false, LIMITS)).toMatchObject({ identity: { ref: "mypack" } });
  expect(await lookAt(own.at, undefined, false, LIMITS)).toMatchObject({ identity: undefined });
});

test("sees that a directory vanished since it was listed", async () => {
  using own = pack();
  const { known } = await scan(own.at);
  rmSync(own.root, { recursive: true });
  expect(await lookAt(own.at, known, false, LIMITS)).toBeUndefined();
  writeFileSync(own.root, "");
  expect(await lookAt(own.at, known, false, LIMITS)).toBeUndefined();
});

test.for(["a symlink to outside", "a directory", "too large"])(
  "does not take a pack.yaml that is %s for anything",
  async (what) => {
    using own = pack({ "actions/a.yaml": "a: 1\n" });
    writeTree(`${own.root}-2`, PACK);
    if (what === "a symlink to outside") symlinkSync("../mypack-2/pack.yaml", `${own.root}/pack.yaml`);
    else if (what === "a directory") mkdirSync(`${own.root}/pack.yaml`);
    else writeFileSync(`${own.root}/pack.yaml`, `${PACK["pack.yaml"]}#${"x".repeat(2000)}\n`);
    expect(await lookAt(own.at, undefined, false, LIMITS)).toMatchObject({ unchanged: false, identity: undefined });
    expect(await lookAt(own.dev, undefined, false, LIMITS)).toMatchObject({ unchanged: false, identity: undefined });
  },
);

test.for(["nowhere", "pack.yaml", "lib/a.py/pack.yaml"])(
  "a pack.yaml that leads to %s: the pack still is what it was",
  async (link) => {
    using own = pack();
    const { known } = await scan(own.at);
    rmSync(`${own.root}/pack.yaml`);
    symlinkSync(link, `${own.root}/pack.yaml`);
    expect(await lookAt(own.at, known, false, LIMITS)).toMatchObject({ unchanged: false, identity: { ref: "mypack" } });
  },
);

test("reads a pack.yaml that is a symlink inside the pack", async () => {
  using own = pack();
  renameSync(`${own.root}/pack.yaml`, `${own.root}/manifest.yaml`);
  symlinkSync("manifest.yaml", `${own.root}/pack.yaml`);
  expect(await lookAt(own.at, undefined, false, LIMITS)).toMatchObject({ identity: { ref: "mypack" } });
});

describe("which places still are what the last scan saw", () => {
  test("tells each, in order, and never one that was not scanned", async () => {
    using a = pack();
    using b = pack();
    using c = pack();
    const known = [await scan(a.at), await scan(b.at), await scan(c.at)].map((scanned) => scanned.known);
    writeFileSync(`${b.root}/lib/a.py`, "other");
    const places = [a, b, c].map(({ at }, index) => ({ at, known: known[index] }));
    expect(areStill([...places, { at: a.at, known: undefined }], LIMITS, noThread)).toEqual([true, false, true, false]);
    expect(areStill([], LIMITS, noThread)).toEqual([]);
  });

  test("a place that is gone, or no directory any more, is not", async () => {
    using own = pack();
    const { fingerprint } = await scan(own.at);
    expect(fingerprint && isStill(own.at, fingerprint, LIMITS)).toBe(true);
    rmSync(own.root, { recursive: true });
    expect(fingerprint && isStill(own.at, fingerprint, LIMITS)).toBe(false);
    writeFileSync(own.root, "");
    expect(fingerprint && isStill(own.at, fingerprint, LIMITS)).toBe(false);
  });
});
