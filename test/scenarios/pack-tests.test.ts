import { chownSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { manifest, pack } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { executable, type Tree } from "./support/tree.ts";

/** A pack with one test: a shell script. */
function tests(ref: string, content: string, more = ""): Tree {
  const runner = "    shell: { type: script, entry_point: tests/run.sh }";
  const testing = `testing:\n  enabled: true\n  discovery: { method: directory }\n  runners:\n${runner}\n  ${more}\n`;
  return pack(ref, { "pack.yaml": manifest(ref) + testing, tests: { "run.sh": `${content}\n` } });
}

describe("packsync test", () => {
  test("runs the tests of a live pack in a copy: nothing in the volume is written", () => {
    using it = story({ packs: { demo: tests("demo", "pwd; touch written; echo Total Tests: 3; echo Passed: 3") } });
    it.once();
    const before = it.tree("volume/demo");
    const { code, stdout, stderr } = it.packsync(["test", "demo", "--output"]);
    expect(stdout).toMatch(
      /^demo 1\.0\.0 {2}passed {2}3 of 3 tests passed in .+\n {2}shell {2}script {2}3 passed {2}.+\n1 pack tested, 0 failed\n$/,
    );
    expect(stderr).toMatch(/^demo: \S+packsync-test-\S+\/demo\ndemo: Total Tests: 3\n/);
    expect(code).toBe(0);
    expect(it.tree("volume/demo")).toEqual(before);
  });

  test("a path is tested where it is; failures are told with what they wrote", () => {
    using it = story({ packs: { demo: tests("demo", "touch written; echo so far; exit 3"), plain: pack("plain") } });
    const { code, stdout } = it.packsync(["test", "./packs/demo", "packs/plain", "./packs"]);
    const lines = stdout
      .replaceAll(/\d+ ms|\d+\.\d s/g, "TIME")
      .replaceAll(it.directory, "DIR")
      .split("\n");
    expect(lines).toEqual([
      "demo 1.0.0  failed  0 of 1 test passed in TIME",
      "  shell  script  0 passed, 1 failed  TIME",
      "  failed shell: shell",
      "    ended with 3",
      "    | so far",
      "plain  no tests",
      "./packs  failed  Expected a `pack.yaml` in DIR/packs, got none",
      "1 pack tested, 2 failed",
      "",
    ]);
    expect(code).toBe(1);
    expect(it.exists("packs/demo/written")).toBe(true);
    expect(it.exists("volume")).toBe(false);
  });

  test("--format json has the platform's names", () => {
    using it = story({ packs: { demo: tests("demo", "echo out; exit 3", "on_failure: warn") } });
    const { code, stdout } = it.packsync(["test", "./packs/demo", "--format", "json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      packsync: expect.any(String),
      exitCode: 1,
      results: [
        {
          packRef: "demo",
          packVersion: "1.0.0",
          executionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          status: "failed",
          totalTests: 1,
          passed: 0,
          failed: 1,
          skipped: 0,
          passRate: 0,
          blocks: false,
          durationMs: expect.any(Number),
          testSuites: [
            {
              name: "shell",
              runnerType: "script",
              total: 1,
              passed: 0,
              failed: 1,
              skipped: 0,
              durationMs: expect.any(Number),
              testCases: [
                {
                  name: "shell",
                  status: "failed",
                  durationMs: expect.any(Number),
                  errorMessage: "ended with 3",
                  stdout: "out\n",
                  stderr: null,
                },
              ],
            },
          ],
        },
      ],
      untested: [],
      failed: [],
    });
  });

  test("what is not in the volume is a mistake, and nothing runs", () => {
    using it = story({ packs: { demo: tests("demo", "touch written") } });
    for (const name of ["demo", "Demo", ""]) {
      const { code, stdout } = it.packsync(["test", "./packs/demo", name]);
      expect({ code, stdout }, name).toEqual({ code: 2, stdout: "" });
    }
    expect(it.exists("packs/demo/written")).toBe(false);
  });

  test("finds the programs and libraries of the pack's environments", () => {
    const runner = "shell: { type: script, entry_point: tests/run.sh }";
    const manifestOf = `${manifest("demo")}testing:\n  enabled: true\n  runners: { ${runner}, js: { type: node, entry_point: tests } }\n`;
    const uses = 'require("node:test").test("library", () => require("library"));\n';
    using it = story({
      packs: { demo: pack("demo", { "pack.yaml": manifestOf, tests: { "run.sh": "tool\n", "a.test.js": uses } }) },
    });
    it.write("envs/demo", {
      python: { bin: { tool: executable("#!/bin/sh\nexit 0\n") } },
      nodejs: { node_modules: { library: { "index.js": "" } } },
    });
    it.once();
    const { code, stdout } = it.packsync(["test", "demo"], { env: { RUNTIME_ENVS_DIR: it.at("envs") } });
    expect(stdout).toMatch(/^demo 1\.0\.0 {2}passed {2}2 of 2 tests/);
    expect(code).toBe(0);
    expect(it.packsync(["test", "demo"]).stdout).toContain("0 of 2 tests passed");
  });

  testWith({ root: true }, "root runs what a volume has as the volume's owner", () => {
    using it = story({ packs: { demo: tests("demo", "id -u; id -G; echo ~; touch written && echo written; exit 1") } });
    it.write("volume", {});
    chownSync(it.at("volume"), 4711, 4712);
    it.once(["--owner", "4711:4712"]);
    const { results } = JSON.parse(it.packsync(["test", "demo", "--format", "json"]).stdout);
    const [uid, groups, home, written] = results[0].testSuites[0].testCases[0].stdout.split("\n");
    expect({ uid, groups, written }).toEqual({ uid: "4711", groups: "4712", written: "written" });
    expect(home).toMatch(/packsync-tests-/);
  });
});

describe("packsync register", () => {
  const failing = tests("demo", "touch written; exit 1");

  test("runs the tests in a copy, and registers nothing that fails them", () => {
    using it = story({ packs: {} });
    it.write("elsewhere", { demo: failing });
    const before = it.tree("elsewhere");
    const { code, stdout } = it.packsync(["register", "./elsewhere/demo", "--format", "json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      registered_packs: [],
      failed_packs: [{ pack_ref: "demo", error_stage: "tests", hint: expect.stringContaining("1 of 1 failed") }],
    });
    expect(it.tree("elsewhere")).toEqual(before);
    expect(it.exists("volume/demo")).toBe(false);
  });

  test.for([
    { what: "with --skip-tests", files: failing, flags: ["--skip-tests"], result: null },
    {
      what: "with --force",
      files: failing,
      flags: ["--force"],
      result: { status: "failed", total_tests: 1, passed: 0, failed: 1 },
    },
    {
      what: "that may fail",
      files: tests("demo", "exit 1", "on_failure: warn"),
      flags: [],
      result: { status: "failed" },
    },
    { what: "that pass", files: tests("demo", "exit 0"), flags: [], result: { status: "passed", passed: 1 } },
  ])("registers a pack with tests $what", ({ files, flags, result }) => {
    using it = story({ packs: {} });
    it.write("elsewhere", { demo: files });
    const { code, stdout } = it.packsync(["register", "./elsewhere/demo", ...flags, "--format", "json"]);
    const { registered_packs } = JSON.parse(stdout);
    expect({ code, ref: registered_packs[0]?.pack_ref }).toEqual({ code: 0, ref: "demo" });
    if (result === null) expect(registered_packs[0].test_result).toBeNull();
    else expect(registered_packs[0].test_result).toMatchObject(result);
    expect(it.exists("volume/demo/written")).toBe(false);
  });
});
