import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { goLive, MANIFEST, PACK, pack, scan } from "../support/scanner.ts";

test("says of unchanged files what it said before", async () => {
  using own = pack({ ...PACK, "actions/bad.yaml": "a: [\n", "actions/tool.sh": "#!/bin/sh\n" });
  const first = await scan(own.at);
  expect(first.diagnostics.map(({ file }) => file).sort()).toEqual(["actions/bad.yaml", "actions/tool.sh"]);
  writeFileSync(`${own.root}/lib/a.py`, "b");
  const second = await scan(own.at, first, { live: goLive(first, own.live) });
  expect(second.sink.writes).toEqual(["lib/a.py"]);
  expect(new Set(second.diagnostics)).toEqual(new Set(first.diagnostics));
});

test("stops saying what was mended", async () => {
  using own = pack({ ...PACK, "actions/bad.yaml": "a: [\n", "actions/worse.yaml": "b: [\n" });
  const first = await scan(own.at);
  writeFileSync(`${own.root}/actions/bad.yaml`, "ref: mypack.bad\nentry_point: run.sh\n");
  rmSync(`${own.root}/actions/worse.yaml`);
  expect((await scan(own.at, first)).diagnostics).toEqual([]);
});

describe("a program without its execute bit", () => {
  test("is a hint until it is executable", async () => {
    using own = pack({ ...PACK, "tool.sh": "#!/bin/sh\n" });
    const first = await scan(own.at);
    expect(first.diagnostics).toMatchObject([{ severity: "hint", code: "script.not_executable", file: "tool.sh" }]);
    chmodSync(`${own.root}/tool.sh`, 0o755);
    expect((await scan(own.at, first)).diagnostics).toEqual([]);
  });

  test("is a hint as soon as it loses the bit", async () => {
    using own = pack({ ...PACK, "tool.sh": { script: "#!/bin/sh\n" } });
    const first = await scan(own.at);
    chmodSync(`${own.root}/tool.sh`, 0o644);
    expect((await scan(own.at, first)).diagnostics).toMatchObject([{ code: "script.not_executable" }]);
  });
});

describe("a definition that is too large", () => {
  test.for(["actions/big.yaml", "pack.yaml"])("%s is an error, every time", async (path) => {
    using own = pack({ ...PACK, [path]: `${MANIFEST}# ${"x".repeat(2000)}\n` });
    const tooLarge = expect.objectContaining({ severity: "error", code: "limits.definition_size", file: path });
    const first = await scan(own.at);
    expect(first.diagnostics).toContainEqual(tooLarge);
    writeFileSync(`${own.root}/lib/a.py`, "b");
    const second = await scan(own.at, first);
    expect(second.diagnostics).toContainEqual(tooLarge);
    expect((await scan(own.at, second, { live: goLive(first, own.live) })).diagnostics).toContainEqual(tooLarge);
  });
});

test("finds names that are one elsewhere, also the generated pack.yaml's", async () => {
  using own = pack({ "actions/test.yaml": "name: a\n", "Pack.yaml": "", "lib/A": "", "lib/a": "", LIB: "directory/" });
  const { diagnostics } = await scan(own.dev);
  const collisions = diagnostics
    .filter(({ code }) => code === "source.name_collision")
    .map(({ file }) => file?.toLowerCase());
  expect(collisions.sort()).toEqual(["lib", "lib/a", "pack.yaml"]);
});
