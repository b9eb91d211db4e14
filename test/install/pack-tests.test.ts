import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { testPack } from "../../src/install/pack-tests.ts";
import type { PackTestResult } from "../../src/install/stages.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { executable, link, type Tree } from "../scenarios/support/tree.ts";
import { testWith } from "../support/requires.ts";

interface Packed extends Story {
  run(abort?: AbortSignal, onLine?: (line: string) => void): Promise<PackTestResult>;
}

/** A pack with these runners and files, and what its tests give. */
function pack(runners: unknown, files: Tree, testing: object = {}): Packed {
  const section = { enabled: true, discovery: { method: "directory", path: "tests" }, runners, ...testing };
  const manifest = stringify({ ref: "demo", version: "1.0.0", testing: section });
  const it = story({ packs: { demo: { "pack.yaml": manifest, tests: files } } });
  return Object.assign(it, {
    async run(abort = new AbortController().signal, onLine?: (line: string) => void) {
      const order = { root: it.at("packs/demo"), ref: "demo", version: "1.0.0", onLine };
      return (await testPack(order, abort)) as PackTestResult;
    },
  });
}

const script = (content: string, runner: object = {}) =>
  [{ shell: { type: "script", entry_point: "tests/run.sh", ...runner } }, { "run.sh": content }] as const;

/** What counts of a result. */
function short({ status, passed, failed, skipped, blocks }: PackTestResult) {
  return { status, passed, failed, skipped, blocks };
}

function messages({ testSuites }: PackTestResult): readonly string[] {
  return testSuites.flatMap(({ testCases }) => testCases.flatMap(({ errorMessage }) => errorMessage ?? []));
}

const PASSED = { status: "passed", passed: 1, failed: 0, skipped: 0, blocks: false };
const FAILED = { status: "failed", passed: 0, failed: 1, skipped: 0, blocks: true };

describe("the section", () => {
  test.for([
    { what: "none", manifest: 'ref: demo\nversion: "1.0.0"\n' },
    { what: "one without a value", manifest: 'ref: demo\nversion: "1.0.0"\ntesting:\n' },
    {
      what: "one that is not enabled",
      manifest: 'ref: demo\nversion: "1.0.0"\ntesting: {enabled: false, runners: 7}\n',
    },
  ])("$what: there are no tests", async ({ manifest }) => {
    using it = story({ packs: { demo: { "pack.yaml": manifest } } });
    const order = { root: it.at("packs/demo"), ref: "demo", version: "1.0.0" };
    expect(await testPack(order, new AbortController().signal)).toBeUndefined();
  });

  test.for([
    { what: "no runners", runners: {}, says: "Expected `testing.runners` to name what runs the tests, got nothing" },
    { what: "a list", runners: [], says: "Expected `testing.runners` to name what runs the tests, got nothing" },
    {
      what: "an unknown type",
      runners: { x: { type: "jest", entry_point: "tests/run.sh" } },
      says: 'Expected `testing.runners.x.type` to be one of `script`, `unittest`, `pytest`, `node`, got the text `"jest"`',
    },
    {
      what: "no entry point",
      runners: { x: { type: "script" } },
      says: "Expected `testing.runners.x.entry_point`, got none",
    },
    {
      what: "an entry point that is not there",
      runners: { x: { type: "script", entry_point: "tests/none.sh" } },
      says: "Expected `testing.runners.x.entry_point` (`tests/none.sh`) to be in the pack, got nothing there",
    },
    {
      what: "one above the pack",
      runners: { x: { type: "script", entry_point: "tests/../../../outside.sh" } },
      says: "Expected `testing.runners.x.entry_point` (`tests/../../../outside.sh`) to be in the pack, got something outside of it",
    },
    {
      what: "one that a link leads out of the pack",
      runners: { x: { type: "script", entry_point: "tests/link.sh" } },
      says: "Expected `testing.runners.x.entry_point` (`tests/link.sh`) to be in the pack, got something outside of it",
    },
    {
      what: "an absolute one",
      runners: { x: { type: "unittest", entry_point: "/bin" } },
      says: "Expected `testing.runners.x.entry_point` (`/bin`) to be relative to the pack, got an absolute path",
    },
    {
      what: "a directory for a script",
      runners: { x: { type: "script", entry_point: "tests" } },
      says: "Expected `testing.runners.x.entry_point` (`tests`) to be a script, got a directory",
    },
    {
      what: "a directory without tests",
      runners: { x: { type: "node", entry_point: "tests" } },
      says: "Expected `testing.runners.x.entry_point` to have tests, got none",
    },
  ])("$what is an error, and nothing runs", async ({ runners, says }) => {
    using it = pack(runners, { "run.sh": "exit 0\n", "link.sh": link("../../../outside.sh") });
    it.write("outside.sh", "touch ran\n");
    const result = await it.run();
    expect(short(result)).toEqual(FAILED);
    expect(messages(result)).toEqual([says]);
    expect(it.exists("packs/demo/ran")).toBe(false);
  });

  test.for([{ enabled: "no" }, { min_pass_rate: "most" }, { min_pass_rate: 101 }, { on_failure: "finish" }])(
    "%o is an error, whatever the tests say",
    async (testing) => {
      using it = pack(...script("exit 0\n"), testing);
      const result = await it.run();
      expect(short(result)).toEqual({ status: "failed", passed: 1, failed: 1, skipped: 0, blocks: true });
      expect(messages(result)[0]).toContain(`\`testing.${Object.keys(testing)[0]}\``);
    },
  );

  test("what is wrong with one runner keeps no other from running", async () => {
    using it = pack({ bad: 7, good: { type: "script", entry_point: "tests/run.sh" } }, { "run.sh": "exit 0\n" });
    const result = await it.run();
    expect(short(result)).toEqual({ status: "failed", passed: 1, failed: 1, skipped: 0, blocks: true });
    expect(result.testSuites.map(({ name, runnerType }) => [name, runnerType])).toEqual([
      ["bad", "unknown"],
      ["good", "script"],
    ]);
  });
});

describe("scripts", () => {
  test.for([
    { title: "ends with 0", content: "exit 0\n", expected: PASSED },
    { title: "ends with 3", content: "exit 3\n", expected: FAILED },
    {
      title: "prints totals",
      content: "echo Total Tests: 5; echo Passed: 3 >&2; echo Failed: 0; echo ' Skipped: 2'\n",
      expected: { status: "partial", passed: 3, failed: 0, skipped: 2, blocks: false },
    },
    {
      title: "only skips",
      content: "echo Total Tests: 2; echo Skipped: 2\n",
      expected: { status: "skipped", passed: 0, failed: 0, skipped: 2, blocks: false },
    },
    {
      title: "prints failures, and ends with 0 all the same",
      content: "printf 'Total Tests: 5\\nPassed: 4\\nFailed: 1\\n'\n",
      expected: { status: "failed", passed: 4, failed: 1, skipped: 0, blocks: true },
    },
    {
      title: "claims that all is well, and ends with 1",
      content: "printf 'Total Tests: 5\\nPassed: 5\\nFailed: 0\\n'; exit 1\n",
      expected: { status: "failed", passed: 5, failed: 1, skipped: 0, blocks: true },
    },
    {
      title: "does not account for all",
      content: "printf 'Total Tests: 5\\nPassed: 3\\n'\n",
      expected: { status: "failed", passed: 3, failed: 2, skipped: 0, blocks: true },
    },
    {
      title: "kills itself",
      content: "echo Total Tests: 1; echo Passed: 1; kill -9 $$\n",
      expected: FAILED,
    },
  ])("one that $title", async ({ content, expected }) => {
    using it = pack(...script(content));
    expect(short(await it.run())).toEqual(expected);
  });

  test("one that was killed says by what", async () => {
    using it = pack(...script("echo so far; kill -9 $$\n"));
    expect((await it.run()).testSuites).toMatchObject([
      {
        name: "shell",
        runnerType: "script",
        total: 1,
        testCases: [
          {
            name: "shell_execution",
            status: "error",
            errorMessage: "Expected the tests to end, got SIGKILL",
            stdout: "so far\n",
            stderr: undefined,
          },
        ],
      },
    ]);
  });

  test.for([
    { title: "/bin/sh for .sh", file: "run.sh", content: 'readlink -f "/proc/$$/exe"\n', by: "/bin/sh" },
    {
      title: "the first line's",
      file: "run",
      content: '#! /bin/dash -e\nreadlink -f "/proc/$$/exe"\n',
      by: "/bin/dash",
    },
    { title: "bash for others", file: "run.bash", content: 'readlink -f "/proc/$$/exe"\n', by: "/bin/bash" },
  ])("are run by $title, executable or not", async ({ file, content, by }) => {
    using it = pack(
      { x: { type: "script", entry_point: `tests/${file}` } },
      { [file]: `${content}readlink -f ${by}\n` },
    );
    const [run] = (await it.run()).testSuites;
    const [own, wanted] = run?.testCases[0]?.stdout?.split("\n") ?? [];
    expect(own).toBe(wanted);
  });

  test("run in the pack's directory, without anything on stdin, and with nothing of packsync's environment that may be secret", async () => {
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "s3cret");
    vi.stubEnv("LC_PACK", "passed");
    using it = pack(...script('pwd; cat; env; echo "path=$PATH"\n'));
    using _ = { [Symbol.dispose]: () => void vi.unstubAllEnvs() };
    const stdout = (await it.run()).testSuites[0]?.testCases[0]?.stdout ?? "";
    expect(stdout).toContain(`${it.at("packs/demo")}\n`);
    expect(stdout).toContain("LC_PACK=passed");
    expect(stdout).toContain(`path=${process.env["PATH"]}`);
    expect(stdout).not.toContain("s3cret");
  });

  test("find the programs of the pack's own environments first", async () => {
    using it = pack({ unit: { type: "unittest", entry_point: "tests" } }, {});
    it.write("envs", { bin: { python3: executable("#!/bin/sh\necho Total Tests: 42\n") } });
    const order = { root: it.at("packs/demo"), ref: "demo", version: "1.0.0", envs: [it.at("envs/bin")] };
    expect(await testPack(order, new AbortController().signal)).toMatchObject({ status: "passed", passed: 42 });
  });

  test("may write more than a pipe takes: every line is told, the end is kept", async () => {
    const loop =
      'i=0; while [ $i -lt 20000 ]; do echo "line $i of the output, and fifty characters to it"; i=$((i+1)); done';
    using it = pack(...script(`${loop}\n${loop} >&2\necho no end of line | tr -d '\\n'\nexit 1\n`));
    const lines: string[] = [];
    const { testSuites } = await it.run(undefined, (line) => lines.push(line));
    expect(lines).toHaveLength(40_001);
    expect(lines).toContain("no end of line");
    const { stdout = "", stderr = "" } = testSuites[0]?.testCases[0] ?? {};
    expect(stdout).toMatch(
      /^…\nline \d+ of[\s\S]+line 19999 of the output, and fifty characters to it\nno end of line$/,
    );
    expect(stderr).toMatch(/^…\nline \d+ of/);
    expect(stdout.length).toBeLessThan(17_000);
  });

  test("totals behind a megabyte of output count", async () => {
    using it = pack(...script("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo Total Tests: 7; echo Passed: 7\n"));
    expect(short(await it.run())).toMatchObject({ status: "passed", passed: 7 });
  });
});

describe("an end", () => {
  const family = (own = "") =>
    [own, `sh -c '${own}\necho $$ >>pids; sleep 600; sleep 600' &`, "echo $$ >>pids", "wait", "sleep 600", ""].join(
      "\n",
    );

  test("of time ends the tests and all that they started", async () => {
    using it = pack(...script(family('trap "" TERM'), { timeout: 5 }));
    const result = await it.run();
    expect(short(result)).toEqual(FAILED);
    expect(messages(result)).toEqual(["Expected the tests to end within 5 s, got no end"]);
    await gone(it);
  });

  test("may be as far away as one likes", async () => {
    using it = pack(...script("sleep 0.5\n", { timeout: 1e12 }));
    expect(short(await it.run())).toEqual(PASSED);
  });

  test("of patience does so too, and gives no result", async () => {
    using it = pack(...script(family()));
    const abort = new AbortController();
    const run = it.run(abort.signal);
    const outcome = expect(run).rejects.toThrow("enough");
    await vi.waitFor(() => expect(pids(it)).toHaveLength(2), 30_000);
    abort.abort(new Error("enough"));
    await outcome;
    await gone(it);
  });

  test("of the tests is the end of what they left running, which keeps nobody waiting", async () => {
    using it = pack(...script("sh -c 'echo $$ >pids; exec sleep 600' &\nwhile ! [ -s pids ]; do sleep 0.1; done\n"));
    expect(short(await it.run())).toEqual(PASSED);
    await gone(it);
  });

  test("comes although somebody out of reach holds the output", async () => {
    using it = pack(...script("setsid sleep 600 & echo $! >pids\nsleep 0.2\n"));
    it.defer(() => pids(it).map((pid) => end(pid)));
    expect(short(await it.run())).toEqual(PASSED);
  });

  function pids(it: Story): readonly number[] {
    if (!it.exists("packs/demo/pids")) return [];
    return it.read("packs/demo/pids").trim().split("\n").filter(Boolean).map(Number);
  }

  async function gone(it: Story): Promise<void> {
    const all = pids(it);
    expect(all.length).toBeGreaterThan(0);
    while (all.some(isRunning)) await sleep(20);
  }

  function isRunning(pid: number): boolean {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  }

  function end(pid: number): void {
    try {
      process.kill(pid, "SIGKILL");
    } catch {} // it is gone
  }
});

describe("Python", () => {
  const cases = [
    "import sys, unittest",
    "class Demo(unittest.TestCase):",
    "    def test_good(self): print('Ran 99 tests in 0.1s')",
    "    def test_bad(self): self.assertEqual(1, 2)",
    "    def test_broken(self): raise RuntimeError('boom')",
    "    @unittest.skip('later')",
    "    def test_skipped(self): pass",
    "    @unittest.expectedFailure",
    "    def test_expected(self): self.fail()",
    "    def test_parts(self):",
    "        for part in range(3):",
    "            with self.subTest(part=part): self.assertEqual(part, 0)",
  ].join("\n");

  testWith({ tools: ["python3"] }, "unittest's own summary counts, its failures have names", async () => {
    using it = pack({ unit: { type: "unittest", entry_point: "tests/test_demo.py" } }, { "test_demo.py": cases });
    const result = await it.run();
    // Two of three subtests fail.
    expect(short(result)).toEqual({ status: "failed", passed: 1, failed: 4, skipped: 1, blocks: true });
    const found = result.testSuites[0]?.testCases.map(({ name, status }) => [name.split(" ")[0], status]);
    expect(found?.sort()).toEqual([
      ["test_bad", "failed"],
      ["test_broken", "error"],
      ["test_parts", "failed"],
      ["test_parts", "failed"],
    ]);
    expect(messages(result).join()).toMatch(/AssertionError: 1 != 2/);
    expect(Object.keys(it.tree("packs/demo"))).toEqual(["pack.yaml", "tests", "tests/test_demo.py"]);
  });

  testWith({ tools: ["python3"] }, "unittest takes files, directories and modules", async () => {
    const good = "import unittest\nclass Demo(unittest.TestCase):\n    def test_good(self): pass\n";
    for (const entry_point of ["tests", "tests/", "tests/test_demo.py", "tests.test_demo"]) {
      using it = pack({ unit: { type: "unittest", entry_point } }, { "__init__.py": "", "test_demo.py": good });
      expect(short(await it.run()), entry_point).toEqual(PASSED);
    }
  });

  testWith({ tools: ["python3"] }, "no tests, a module that does not load and a crash are errors", async () => {
    for (const [content, says] of [
      ["", /^Expected (tests|exit code 0 where no test failed), got (none|5)$/],
      ["import os\nos._exit(0)\n", /^Expected unittest to say what ran, got nothing$/],
      ["import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", /^Expected the tests to end, got SIGSEGV$/],
      ["import nowhere\n", /ModuleNotFoundError|No module named/],
    ] as const) {
      using it = pack({ unit: { type: "unittest", entry_point: "tests/test_demo.py" } }, { "test_demo.py": content });
      const result = await it.run();
      expect(short(result), content).toEqual(FAILED);
      expect(messages(result)[0]).toMatch(says);
    }
  });

  testWith({ tools: ["pytest"] }, "pytest's own report counts", async () => {
    const more =
      "import pytest\n@pytest.fixture\ndef broken(): raise RuntimeError('no fixture')\ndef test_fixture(broken): pass\n";
    using it = pack({ py: { type: "pytest", entry_point: "tests" } }, { "test_demo.py": cases, "test_more.py": more });
    const result = await it.run();
    expect(result).toMatchObject({ status: "failed", skipped: 2, blocks: true });
    const found = result.testSuites[0]?.testCases.map(({ name, status }) => `${name.split(" > ")[1]} ${status}`);
    expect(found).toEqual(expect.arrayContaining(["test_good passed", "test_bad failed", "test_skipped skipped"]));
    expect(found).toContain("test_fixture error");
    expect(Object.keys(it.tree("packs/demo/tests"))).toEqual(["test_demo.py", "test_more.py"]);
  });

  testWith({ tools: ["pytest"] }, "pytest without tests, or with other arguments, is an error", async () => {
    using it = pack({ py: { type: "pytest", entry_point: "tests/test_demo.py::nothing" } }, { "test_demo.py": "" });
    expect(short(await it.run())).toEqual(FAILED);
  });

  test.for([
    { type: "pytest", entry_point: "tests", says: /^pytest not available\. Add it to/ },
    { type: "unittest", entry_point: "tests", says: /^runtime not available: python3\. Install it/ },
    { type: "node", entry_point: "tests/a.test.js", says: /^runtime not available: node\. Install Node.js/ },
    {
      type: "script",
      entry_point: "tests/odd",
      says: /^Expected `\/nowhere\/sh` to be there for `tests\/odd`, got none/,
    },
  ])("$type without its interpreter says what to install", async ({ type, entry_point, says }) => {
    using it = pack({ x: { type, entry_point } }, { "a.test.js": "", odd: "#!/nowhere/sh\n" });
    vi.stubEnv("PATH", it.at("nowhere"));
    using _ = { [Symbol.dispose]: () => void vi.unstubAllEnvs() };
    const result = await it.run();
    expect(short(result)).toEqual(FAILED);
    expect(messages(result)[0]).toMatch(says);
  });
});

describe("Node", () => {
  const tests = [
    'const { test, describe, it } = require("node:test");',
    'test("good < better", () => {});',
    'test("bad", () => { console.log("said"); require("node:assert").equal(1, 2); });',
    'test("later", { skip: "no" }, () => {});',
    'test("todo", { todo: true }, () => { throw new Error("x"); });',
    'describe("group", () => { it("inner", () => {}); });',
  ].join("\n");

  test("its tests count one by one, those to be done as skipped", async () => {
    using it = pack({ js: { type: "node", entry_point: "tests" } }, { "a.test.js": tests, "helper.js": "throw 1\n" });
    const result = await it.run();
    expect(short(result)).toEqual({ status: "failed", passed: 2, failed: 1, skipped: 2, blocks: true });
    expect(result.testSuites[0]?.testCases.map(({ name, status }) => [name, status])).toEqual([
      ["good < better", "passed"],
      ["bad", "failed"],
      ["later", "skipped"],
      ["todo", "skipped"],
      ["group > inner", "passed"],
    ]);
    expect(messages(result)[0]).toMatch(/1 == 2/);
    expect(result.testSuites[0]?.testCases[1]?.stdout).toContain("said");
  });

  test("a file that does not parse fails", async () => {
    using it = pack({ js: { type: "node", entry_point: "tests/a.mjs" } }, { "a.mjs": "nothing(\n" });
    expect(short(await it.run())).toEqual(FAILED);
  });
});

describe("results in other formats", () => {
  const tap =
    "TAP version 13\n1..4\nok 1 - a\nnot ok 2 - b\n  ---\n  message: why\n  ...\nok 3 - c # SKIP no\nnot ok 4 - d # TODO\n";
  const junit = `<?xml version="1.0"?><testsuite><testcase name="a" time="0.25"/><testcase classname="k" name="b"><error message="why">at &lt;b&gt;</error></testcase></testsuite>`;
  const json = {
    total: 3,
    passed: 1,
    failed: 1,
    skipped: 1,
    testCases: [{ name: "b", status: "failed", errorMessage: "why" }],
  };

  test.for([
    { format: "tap", text: tap, expected: { status: "failed", passed: 1, failed: 1, skipped: 2 } },
    { format: "tap", text: "1..3\nok 1\n", expected: { status: "failed", passed: 0, failed: 1 } },
    { format: "tap", text: "1..1\nok 1\nBail out! no more\n", expected: { status: "failed", passed: 0, failed: 1 } },
    { format: "junit-xml", text: junit, expected: { status: "failed", passed: 1, failed: 1, skipped: 0 } },
    { format: "junit-xml", text: junit.slice(0, -14), expected: { status: "failed", passed: 0, failed: 1 } },
    {
      format: "junit-xml",
      text: `<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>`,
      expected: { status: "failed", passed: 0, failed: 1 },
    },
    { format: "json", text: JSON.stringify(json), expected: { status: "failed", passed: 1, failed: 1, skipped: 1 } },
    {
      format: "json",
      text: `log\n${JSON.stringify(json, null, 2)}`,
      expected: { status: "failed", passed: 1, failed: 1 },
    },
    { format: "json", text: `[1]\n{"passed": 2}`, expected: { status: "passed", passed: 2, failed: 0 } },
    {
      format: "json",
      text: '{"testSuites": [{"testCases": [{"status": "passed"}]}, {"total_tests": 2, "passed": 1}]}',
      expected: { status: "failed", passed: 2, failed: 1 },
    },
    { format: "json", text: '[{"name": "a", "status": "odd"}]', expected: { status: "failed", passed: 0, failed: 1 } },
    { format: "json", text: '{"passed": 1, "failed": "1"}', expected: { status: "failed", passed: 0, failed: 1 } },
    { format: "json", text: '{"passed": 1, "tests": [1]}', expected: { status: "failed", passed: 0, failed: 1 } },
    {
      format: "json",
      text: '{"totalTests": 2, "passed": 1, "failed": 1, "testSuites": [{"total": 2, "passed": 2}]}',
      expected: { status: "failed", passed: 1, failed: 1 },
    },
    { format: "json", text: "nothing", expected: { status: "failed", passed: 0, failed: 1 } },
    { format: "json", text: "{}", expected: { status: "failed", passed: 0, failed: 1 } },
  ])("$format, case $#: on stdout, and in a file", async ({ format, text, expected }) => {
    const files = { "run.sh": "cat tests/out\n", out: text };
    const runners = { x: { type: "script", entry_point: "tests/run.sh" } };
    using direct = pack(runners, files, { result_format: format });
    const result = await direct.run();
    expect(result).toMatchObject(expected);

    const writing = { ...files, "run.sh": "cat tests/out >results; echo something else\n" };
    using written = pack(runners, writing, { result_format: format, result_path: "results" });
    expect(short(await written.run())).toEqual(short(result));
  });

  test("a message and the time come along", async () => {
    using it = pack(...script("cat tests/out\n", { result_format: "junit-xml" }));
    it.write("packs/demo/tests/out", junit);
    expect((await it.run()).testSuites[0]?.testCases).toMatchObject([
      { name: "a", status: "passed", durationMs: 250 },
      { name: "k > b", status: "error", errorMessage: "at <b>" },
    ]);
  });

  test.for([
    { what: "that was there before", files: { results: "1..1\nok 1\n" }, run: "exit 0\n" },
    { what: "that nobody wrote", files: {}, run: "exit 0\n" },
    {
      what: "outside of the pack",
      files: {},
      run: "echo 1..0 >../../outside; ln -sf ../../../outside tests/results\n",
    },
    { what: "that is no file", files: {}, run: "mkfifo tests/results\n" },
  ])("a file $what is no result", async ({ files, run }) => {
    using it = pack(
      { x: { type: "script", entry_point: "tests/run.sh" } },
      { ...files, "run.sh": run },
      {
        result_format: "tap",
        result_path: "tests/results",
      },
    );
    expect(short(await it.run())).toEqual(FAILED);
  });
});

describe("what keeps a pack from being registered", () => {
  const of = (passed: number, failed: number, skipped = 0) =>
    `printf 'Total Tests: ${passed + failed + skipped}\\nPassed: ${passed}\\nFailed: ${failed}\\nSkipped: ${skipped}\\n'`;

  test.for([
    { rate: undefined, tests: of(99, 1), blocks: true },
    { rate: 1, tests: of(99, 1), blocks: true },
    { rate: 0.99, tests: of(99, 1), blocks: false },
    { rate: 0.991, tests: of(99, 1), blocks: true },
    { rate: 99, tests: of(99, 1), blocks: false },
    { rate: 0.99, tests: of(98, 2), blocks: true },
    { rate: 0.5, tests: of(1, 1, 98), blocks: false },
    { rate: 0.5, tests: of(1, 2, 97), blocks: true },
    { rate: 0, tests: of(0, 1), blocks: false },
    { rate: 0, tests: "exit 1", blocks: false },
    { rate: 1, tests: of(1, 0, 1), blocks: false },
    { rate: "most", tests: of(1, 0), blocks: true },
    { rate: 0, tests: "kill -9 $$", blocks: true },
  ])("min_pass_rate $rate, $tests: $blocks", async ({ rate, tests, blocks }) => {
    using it = pack(...script(`${tests}\n`), rate === undefined ? {} : { min_pass_rate: rate });
    expect((await it.run()).blocks).toBe(blocks);
  });

  test.for([
    { on_failure: "block", blocks: true },
    { on_failure: "warn", blocks: false },
    { on_failure: "ignore", blocks: false },
    { on_failure: "finish", blocks: true },
  ])("on_failure: $on_failure", async ({ on_failure, blocks }) => {
    using it = pack(...script("exit 1\n"), { on_failure });
    expect(await it.run()).toMatchObject({ status: "failed", passRate: 0, blocks });
  });
});

test("nothing of a run stays behind", async () => {
  using it = pack(...script("exit 0\n"));
  vi.stubEnv("TMPDIR", it.directory);
  using _ = { [Symbol.dispose]: () => void vi.unstubAllEnvs() };
  const before = it.tree(".");
  await it.run();
  expect(it.tree(".")).toEqual(before);
});
