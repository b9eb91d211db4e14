import { spawnSync } from "node:child_process";
import { describe, expect } from "vitest";
import { CARGO_ENV, CARGO_TOOLS, TIMER_SENSOR } from "../support/cargo.ts";
import { testWith } from "../support/requires.ts";

/** A cold build, on a slow machine that does other things meanwhile. */
const timeout = 600_000;

describe("the timer sensor of packs/core, a Rust program", () => {
  testWith({ tools: CARGO_TOOLS, timeout }, "passes its own tests", () => {
    const args = ["test", "--quiet", "--locked", "--offline"];
    const ended = spawnSync("cargo", args, { cwd: TIMER_SENSOR, env: CARGO_ENV, encoding: "utf8" });
    const results = ended.stdout.split("\n").filter((line) => line.startsWith("test result:"));
    process.stderr.write(`cargo test: ${results.join("\ncargo test: ")}\n`);
    expect(ended.status, `${ended.stdout}\n${ended.stderr}`).toBe(0);
    expect(results, "of the parts, and of the program").toHaveLength(2);
    for (const result of results) expect(result).toMatch(/ok\. [1-9]\d* passed; 0 failed; 0 ignored/);
  });
});
