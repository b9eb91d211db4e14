import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../src/platform/scratch.ts";
import { scratch } from "../support/trees.ts";

/** A process that is over. */
const DEAD = spawnSync("true").pid;

test.for([
  ["what a killed process left a day ago", `packsync-x-${DEAD}-abc`, 2, false],
  ["what a killed process left just now: it may run in another container", `packsync-x-${DEAD}-abc`, 0, true],
  ["what a process has that runs", `packsync-x-${process.pid}-abc`, 2, true],
  ["what is for something else", `packsync-y-${DEAD}-abc`, 2, true],
  ["what nobody's process is named by", "packsync-x-abc", 2, true],
] as const)("%s: %s", ([, name, days, stays]) => {
  using parent = scratch();
  mkdirSync(`${parent.path}/${name}`);
  writeFileSync(`${parent.path}/${name}/file`, "");
  const then = Date.now() / 1000 - days * 86_400 - 60;
  utimesSync(`${parent.path}/${name}`, then, then);
  using made = scratchDirectory("packsync-x-", parent.path);
  expect(readdirSync(made.path)).toEqual([]);
  expect(existsSync(`${parent.path}/${name}`)).toBe(stays);
});

test("it goes with everything in it", () => {
  using parent = scratch();
  {
    using made = scratchDirectory("packsync-x-", parent.path);
    writeFileSync(`${made.path}/file`, "");
  }
  expect(readdirSync(parent.path)).toEqual([]);
});
