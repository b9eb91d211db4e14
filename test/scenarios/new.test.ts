import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { story } from "./support/story.ts";
import { treeOf } from "./support/tree.ts";

test.for(["my_pack", "null", "a-b"])(
  "makes the pack %s, which validates without a finding and is published",
  (name) => {
    using it = story({ packs: {} });
    const { code, stdout } = it.packsync(["new", name]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Next: packsync validate packs.dev/${name}\n`);
    expect(it.packsync(["validate", "--strict", `packs.dev/${name}`]).stdout).toBe("1 pack: nothing is wrong\n");
    expect(it.once().outcomes).toEqual({ [name]: "published" });
  },
);

test("makes a test that passes, and that fails when the action is broken", () => {
  using it = story({ packs: {} });
  it.packsync(["new", "mine"]);
  const run = () => execFileSync(it.at("packs.dev/mine/tests/run_tests.sh"), { encoding: "utf8" });
  expect(run()).toContain("Total Tests: 2\nPassed: 2\nFailed: 0\n");
  it.write("packs.dev/mine/actions/hello.sh", "#!/bin/sh\necho broken\n");
  expect(run).toThrow();
});

test.for([
  { name: "My Pack!", says: "packsync new my_pack`" },
  { name: "1st", says: "packsync new st`" },
  { name: "a", says: "packsync new my_pack`" },
  { name: "../up", says: "packsync new up`" },
  { name: "", says: "packsync new my_pack`" },
])("refuses the name `$name`, and says a better one", ({ name, says }) => {
  using it = story({ packs: {} });
  const { code, stderr } = it.packsync(["new", name]);
  expect(code).toBe(2);
  expect(stderr).toContain(says);
  expect(existsSync(it.at("packs.dev"))).toBe(false);
});

test("refuses a directory that is there, and leaves it as it is", () => {
  using it = story({ "packs.dev": { mine: { "notes.txt": "x" } } });
  const before = treeOf(it.directory);
  const { code, stderr } = it.packsync(["new", "mine"]);
  expect(code).toBe(2);
  expect(stderr).toContain("is there already");
  expect(treeOf(it.directory)).toEqual(before);
});
