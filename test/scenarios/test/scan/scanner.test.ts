import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { packAt, scan, testScanner } from "../support/scanner.ts";
import { type Content, scratch, type TreeOf, writeTree } from "../support/trees.ts";

const MANIFEST = "ref: mypack\nversion: 1.2.3\ndependencies: [core]\n";
const PACK = { "pack.yaml": MANIFEST, "actions/run.yaml": "name: run\n", "actions/run.sh": { script: "#!/bin/sh\n" }, "lib/a.py": "a" } as const;

function pack(tree: TreeOf<Content> = PACK) {
  const directory = scratch();
  const root = `${directory.path}/mypack`;
  writeTree(root, tree);
  return { root, at: packAt(root), dev: packAt(root, "development"), [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

test("reads everything the first time, and says who the pack is", async () => {
  using own = pack();
  const { snapshot, identity, sink, diagnostics, ownManifest } = await scan(own.at, undefined);
  expect(identity).toEqual({ ref: "mypack", version: "1.2.3", dependencies: ["core"] });
  expect([...snapshot.files.keys()].sort()).toEqual(Object.keys(PACK).sort());
  expect(snapshot.directories).toEqual(["actions", "lib"]);
  expect([...sink.files.keys()].sort()).toEqual(Object.keys(PACK).sort());
  expect(sink.files.get("actions/run.sh")).toMatchObject({ mode: 0o755 });
  expect(sink.expected.length).toBe(4);
  expect(diagnostics).toEqual([]);
  expect(ownManifest).toBe(true);
});

describe("the second time", () => {
  test("reads nothing that is live as it is known", async () => {
    using own = pack();
    const first = await scan(own.at, undefined);
    const second = await scan(own.at, first);
    expect(second.sink.written).toEqual([]);
    expect(second.snapshot).toEqual(first.snapshot);
    expect(second.identity).toEqual(first.identity);
  });

  test("reads only what changed", async () => {
    using own = pack();
    const first = await scan(own.at, undefined);
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const second = await scan(own.at, first);
    expect(second.sink.written).toEqual(["lib/a.py"]);
    expect(second.sink.files.get("lib/a.py")?.bytes.toString()).toBe("b");
    expect(second.snapshot.files.get("lib/a.py")).not.toEqual(first.snapshot.files.get("lib/a.py"));
  });

  test("reads what the volume has not got", async () => {
    using own = pack();
    const first = await scan(own.at, undefined);
    const second = await scan(own.at, first, { isLive: (path) => path !== "lib/a.py" });
    expect(second.sink.written).toEqual(["lib/a.py"]);
  });

  test("trusts no stamp that was too young", async () => {
    using own = pack();
    const young = testScanner();
    const first = await scan(own.at, undefined, { scanner: young });
    expect(first.fingerprint).toBeDefined();
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const { createScanner } = await import("../../src/scan/scanner.ts");
    const now = createScanner({ limits: { maxFiles: 9, maxFileSize: 99, maxPackSize: 999, maxDefinitionSize: 99 }, checker: { check: async () => [], [Symbol.asyncDispose]: async () => {} }, now: Date.now });
    const second = await scan(own.at, first, { scanner: now });
    expect(second.fingerprint).toBeUndefined();
    expect((await scan(own.at, second)).sink.written).toContain("lib/a.py");
  });

  test("gives every scan another revision", async () => {
    using own = pack();
    const first = await scan(own.at, undefined);
    expect((await scan(own.at, first)).revision).not.toBe(first.revision);
  });
});

describe("while it is read", () => {
  test("a change is noticed and everything is read again", async () => {
    using own = pack();
    let looks = 0;
    const meanwhile = () => (looks++ === 0 ? writeFileSync(`${own.root}/lib/a.py`, "changed") : undefined);
    const { snapshot, sink } = await scan(own.at, undefined, { meanwhile });
    expect(snapshot.files.get("lib/a.py")?.size).toBe(7);
    expect(sink.files.get("lib/a.py")?.bytes.toString()).toBe("changed");
    expect(looks).toBe(2);
  });

  test.for<{ title: string; change: (root: string, time: number) => void }>([
    { title: "a file that is written again and again", change: (root, time) => writeFileSync(`${root}/lib/a.py`, "x".repeat(time)) },
    { title: "files that come", change: (root, time) => writeFileSync(`${root}/lib/new-${time}`, "") },
    { title: "a file that comes and goes", change: (root, time) => (time % 2 ? rmSync(`${root}/lib/a.py`) : writeFileSync(`${root}/lib/a.py`, "a")) },
    { title: "a directory that becomes a symlink", change: (root, time) => swapForLink(root, time) },
  ])("$title: the pack is busy", async ({ change }) => {
    using own = pack();
    let time = 0;
    const busy = scan(own.at, undefined, { meanwhile: () => change(own.root, ++time) });
    await expect(busy).rejects.toMatchObject({ code: "PACK_BUSY", retryable: true });
    expect(time).toBe(5);
  });

  test("nothing outside the pack is read through a directory that became a symlink", async () => {
    using own = pack();
    using outside = scratch();
    writeTree(outside.path, { "a.py": "secret" });
    let looks = 0;
    const { snapshot, diagnostics, sink } = await scan(own.at, undefined, {
      meanwhile() {
        if (looks++ > 0) return;
        rmSync(`${own.root}/lib`, { recursive: true });
        symlinkSync(outside.path, `${own.root}/lib`);
      },
    });
    expect(diagnostics).toMatchObject([{ code: "source.escaping_symlink" }]);
    expect(snapshot.files.has("lib/a.py")).toBe(false);
    expect(sink.files.has("lib/a.py")).toBe(false);
  });
});

function swapForLink(root: string, time: number): void {
  if (time % 2 === 1) {
    renameSync(`${root}/lib`, `${root}/lib.real`);
    symlinkSync("lib.real", `${root}/lib`);
  } else {
    rmSync(`${root}/lib`);
    renameSync(`${root}/lib.real`, `${root}/lib`);
  }
}

describe("a pack without pack.yaml", () => {
  const bare = { "actions/test.yaml": "name: test\n", "actions/echo.sh": { script: "#!/bin/sh\n" } } as const;

  test("gets a generated one in development, whose source stays as it is", async () => {
    using own = pack(bare);
    const { identity, snapshot, sink, ownManifest } = await scan(own.dev, undefined);
    expect(identity).toEqual({ ref: "mypack", version: "0.0.0-dev", dependencies: [] });
    expect(snapshot.files.has("pack.yaml")).toBe(true);
    expect(sink.files.get("pack.yaml")?.bytes.toString()).toContain('ref: "mypack"');
    expect(ownManifest).toBe(false);
  });

  test("does not write the generated one again", async () => {
    using own = pack(bare);
    const first = await scan(own.dev, undefined);
    expect((await scan(own.dev, first)).sink.written).toEqual([]);
  });

  test("is rejected when it once had one of its own, and accepted again when that is back", async () => {
    using own = pack();
    const first = await scan(own.dev, undefined);
    renameSync(`${own.root}/pack.yaml`, `${own.root}/pack.bak`);
    const without = await scan(own.dev, first);
    expect(without).toMatchObject({ identity: undefined, ownManifest: true, diagnostics: [{ severity: "error", code: "manifest.missing" }] });
    renameSync(`${own.root}/pack.bak`, `${own.root}/pack.yaml`);
    expect(await scan(own.dev, without)).toMatchObject({ identity: { ref: "mypack", version: "1.2.3" }, diagnostics: [] });
  });

  test("is rejected in production", async () => {
    using own = pack(bare);
    expect(await scan(own.at, undefined)).toMatchObject({ identity: undefined, diagnostics: [{ code: "manifest.missing" }] });
  });
});

test("says of unchanged files what it said before", async () => {
  using own = pack({ ...PACK, "actions/bad.yaml": "a: [\n", "actions/tool.sh": "#!/bin/sh\n" });
  const first = await scan(own.at, undefined);
  expect(first.diagnostics.map(({ file }) => file).sort()).toEqual(["actions/bad.yaml", "actions/tool.sh"]);
  writeFileSync(`${own.root}/lib/a.py`, "b");
  const second = await scan(own.at, first);
  expect(second.sink.written).toEqual(["lib/a.py"]);
  expect(second.diagnostics).toEqual(first.diagnostics);
});

test("stops saying what was mended", async () => {
  using own = pack({ ...PACK, "actions/bad.yaml": "a: [\n", "actions/worse.yaml": "b: [\n" });
  const first = await scan(own.at, undefined);
  writeFileSync(`${own.root}/actions/bad.yaml`, "a: []\n");
  rmSync(`${own.root}/actions/worse.yaml`);
  expect((await scan(own.at, first)).diagnostics).toEqual([]);
});

describe("a program without its execute bit", () => {
  test("is a hint until it is executable", async () => {
    using own = pack({ ...PACK, "tool.sh": "#!/bin/sh\n" });
    const first = await scan(own.at, undefined);
    expect(first.diagnostics).toMatchObject([{ severity: "hint", code: "script.not_executable", file: "tool.sh" }]);
    chmodSync(`${own.root}/tool.sh`, 0o755);
    expect((await scan(own.at, first)).diagnostics).toEqual([]);
  });

  test("is a hint as soon as it loses the bit", async () => {
    using own = pack({ ...PACK, "tool.sh": { script: "#!/bin/sh\n" } });
    const first = await scan(own.at, undefined);
    chmodSync(`${own.root}/tool.sh`, 0o644);
    expect((await scan(own.at, first)).diagnostics).toMatchObject([{ code: "script.not_executable" }]);
  });
});

describe("a definition that is too large", () => {
  test.for(["actions/big.yaml", "pack.yaml"])("%s is an error, every time", async (path) => {
    using own = pack({ ...PACK, [path]: `${MANIFEST}# ${"x".repeat(2000)}\n` });
    const tooLarge = expect.objectContaining({ severity: "error", code: "limits.definition_size", file: path });
    const first = await scan(own.at, undefined);
    expect(first.diagnostics).toContainEqual(tooLarge);
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const second = await scan(own.at, first, { isLive: () => false });
    expect(second.diagnostics).toContainEqual(tooLarge);
    expect((await scan(own.at, second)).diagnostics).toContainEqual(tooLarge);
  });
});

test("finds names that are one elsewhere, also the generated pack.yaml's", async () => {
  using own = pack({ "actions/test.yaml": "name: a\n", "Pack.yaml": "", "lib/A": "", "lib/a": "", LIB: "directory/" });
  const { diagnostics } = await scan(own.dev, undefined);
  const collisions = diagnostics.filter(({ code }) => code === "source.name_collision").map(({ file }) => file?.toLowerCase());
  expect(collisions.sort()).toEqual(["lib", "lib/a", "pack.yaml"]);
});

test("looks without reading when nothing changed, and says so", async () => {
  using own = pack();
  const { known } = await scan(own.at, undefined);
  expect(await testScanner().look(own.at, known)).toMatchObject({ unchanged: true, identity: { ref: "mypack" } });
  writeFileSync(`${own.root}/pack.yaml`, "ref: other\nversion: 2.0.0\n");
  expect(await testScanner().look(own.at, known)).toMatchObject({ unchanged: false, identity: { ref: "other" } });
  writeFileSync(`${own.root}/pack.yaml`, "ref: [");
  expect(await testScanner().look(own.at, known)).toMatchObject({ unchanged: false, identity: { ref: "mypack" } });
  rmSync(own.root, { recursive: true });
  expect(await testScanner().look(own.at, known)).toBeUndefined();
});

test.for(["to outside", "a directory", "too large"])("does not take a pack.yaml that is %s for anything", async (what) => {
  using own = pack({ "actions/a.yaml": "a: 1\n" });
  writeTree(`${own.root}-2`, { "pack.yaml": MANIFEST });
  if (what === "to outside") symlinkSync("../mypack-2/pack.yaml", `${own.root}/pack.yaml`);
  else if (what === "a directory") mkdirSync(`${own.root}/pack.yaml`);
  else writeFileSync(`${own.root}/pack.yaml`, `${MANIFEST}#${"x".repeat(2000)}\n`);
  expect(await testScanner().look(own.at, undefined)).toMatchObject({ unchanged: false, identity: undefined });
});
