import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { isSystemError } from "../../errors.ts";
import type { Owner } from "../../platform/ownership.ts";
import type { TestSuite } from "../stages.ts";
import { type Command, commandOf } from "./command.ts";
import { endOf } from "./output.ts";
import { type Ended, runProgram } from "./process.ts";
import { readJson } from "./read-json.ts";
import { readJunit } from "./read-junit.ts";
import { readTap } from "./read-tap.ts";
import { readSimple, readUnittest } from "./read-text.ts";
import { type Results, resultsOf, testCase, type Unreadable } from "./results.ts";
import type { BadRunner, Runner } from "./section.ts";

/** Where tests run. */
export interface Place {
  /** The pack's directory. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly owner: Owner | undefined;
  /** A directory that is the tests' own, for what they report. */
  readonly scratch: string;
  readonly onLine: ((line: string) => void) | undefined;
}

/** Runs one runner's tests. Whatever goes wrong is a case of the suite with the status `error`. */
export async function runSuite(
  runner: Runner | BadRunner,
  index: number,
  place: Place,
  abort: AbortSignal,
): Promise<TestSuite> {
  if ("problem" in runner) return suiteOf(runner, broken(runner, runner.problem), 0);
  const report = join(place.scratch, `${index}.xml`);
  const command = commandOf(runner, place.root, report);
  if ("problem" in command) return suiteOf(runner, broken(runner, command.problem), 0);
  const written = before(runner, place);
  const ended = await runProgram({ ...place, ...command, cwd: place.root, ...boundsOf(runner) }, abort);
  return suiteOf(runner, await judge(runner, command, ended, { report, written, root: place.root }), ended.durationMs);
}

/** Totals stand at the end; what has to be read as a whole may be larger. */
function boundsOf({ format, resultPath, timeoutSeconds }: Runner) {
  const isWhole = format !== "simple" && resultPath === undefined;
  return { timeoutSeconds, maxBytes: isWhole ? MAX_RESULTS : 2 ** 20 };
}

/** Of results that are read as a whole, in bytes. */
const MAX_RESULTS = 16 * 2 ** 20;

interface Where {
  readonly report: string;
  readonly root: string;
  /** What stood where results are written, before the tests ran. */
  readonly written: Stats | undefined;
}

/** An exit code counts whatever the output claims. */
async function judge(runner: Runner, command: Command, ended: Ended, where: Where): Promise<Results> {
  const { how } = ended;
  const failed = (problem: string, results = NOTHING) => joined(results, broken(runner, problem, ended));
  switch (how.kind) {
    case "not started":
      return failed(
        how.errno === "ENOENT" ? command.missing : `Expected \`${command.file}\` to start, got ${how.errno}`,
      );
    case "late":
      return failed(`Expected the tests to end within ${runner.timeoutSeconds} s, got no end`);
    case "signal":
      return failed(`Expected the tests to end, got ${how.signal}`);
    case "exit":
      break;
    default:
      return how satisfies never;
  }
  const results = await read(runner, command, ended, where);
  const code = how.code;
  if (results === undefined) return byExitCode(runner, ended, code);
  if ("problem" in results) return failed(results.problem + (code === 0 ? "" : `; they ended with ${code}`));
  const isSilent = code !== 0 && results.failed === 0;
  if (isSilent) return failed(`Expected exit code 0 where no test failed, got ${code}`, results);
  if (results.total === 0 && runner.type !== "script") return failed("Expected tests, got none");
  return results.failed === 0 || results.testCases.some(isBad)
    ? withOutput(results, ended)
    : told(runner, results, ended);
}

const NOTHING = resultsOf([]);

function isBad({ status }: Results["testCases"][number]): boolean {
  return status === "failed" || status === "error";
}

/** `undefined`: there is nothing but the exit code. */
async function read(
  runner: Runner,
  { writesReport }: Command,
  ended: Ended,
  where: Where,
): Promise<Results | Unreadable | undefined> {
  const { type, format, resultPath } = runner;
  if (format !== "simple") {
    const text = resultPath === undefined ? stdoutOf(ended) : fileOf(resultPath, where);
    return typeof text === "string" ? await READERS[format](text) : text;
  }
  const output = `${ended.stdout.text}\n${ended.stderr.text}`;
  if (type === "unittest") return readUnittest(output) ?? readSimple(output) ?? NO_SUMMARY;
  if (!writesReport) return readSimple(output);
  const report = readIfAny(where.report);
  return typeof report === "string"
    ? await readJunit(report)
    : { problem: "Expected the tests to report results, got none" };
}

const NO_SUMMARY = { problem: "Expected unittest to say what ran, got nothing" };

const READERS = { json: readJson, tap: readTap, "junit-xml": readJunit } as const;

function stdoutOf({ stdout }: Ended): string | Unreadable {
  return stdout.isCut ? { problem: `Expected results of at most ${MAX_RESULTS} bytes, got more` } : stdout.text;
}

function before({ resultPath }: Runner, { root }: Place): Stats | undefined {
  return resultPath === undefined ? undefined : statSync(join(root, resultPath), { throwIfNoEntry: false });
}

/** What a file of the pack says, if the tests wrote it. */
function fileOf(path: string, { root, written }: Where): string | Unreadable {
  const file = join(root, path);
  const problem = (got: string) => ({ problem: `Expected results in \`${path}\`, got ${got}` });
  try {
    if (!realpathSync(file).startsWith(`${realpathSync(root)}/`)) return problem("a file outside of the pack");
    const now = statSync(file);
    const isOld = written !== undefined && written.ino === now.ino && written.ctimeMs === now.ctimeMs;
    if (isOld) return problem("what was there before");
  } catch (error) {
    if (isSystemError(error)) return problem("none");
    throw error;
  }
  return readIfAny(file) ?? problem("what is no file, or too large");
}

/** A regular file of the tests', which may have become anything meanwhile. */
function readIfAny(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= MAX_RESULTS ? readFileSync(fd, "utf8") : undefined;
  } finally {
    closeSync(fd);
  }
}

/** The one case of a run that says nothing of its cases. */
function byExitCode(runner: Runner, ended: Ended, code: number): Results {
  const status = code === 0 ? "passed" : "failed";
  const errorMessage = code === 0 ? undefined : `ended with ${code}`;
  return resultsOf([testCase(runner.name, status, { ...outputOf(ended), durationMs: ended.durationMs, errorMessage })]);
}

/** Failures without names: the output is what there is of them. */
function told(runner: Runner, results: Results, ended: Ended): Results {
  const errorMessage = `${results.failed} of ${results.total} failed`;
  const each = testCase(runner.name, "failed", { ...outputOf(ended), durationMs: ended.durationMs, errorMessage });
  return { ...results, testCases: [...results.testCases, each] };
}

/** The first one that failed has the output of all: nobody knows whose a line is. */
function withOutput(results: Results, ended: Ended): Results {
  const first = results.testCases.findIndex(isBad);
  return {
    ...results,
    testCases: results.testCases.map((each, index) => {
      const isMute = each.stdout === undefined && each.stderr === undefined;
      return index === first && isMute ? { ...each, ...outputOf(ended) } : each;
    }),
  };
}

function broken({ name }: { readonly name: string }, problem: string, ended?: Ended): Results {
  const about = ended === undefined ? {} : { ...outputOf(ended), durationMs: ended.durationMs };
  return resultsOf([testCase(`${name}_execution`, "error", { ...about, errorMessage: problem })]);
}

function outputOf({ stdout, stderr }: Ended) {
  return { stdout: endOf(stdout.text), stderr: endOf(stderr.text) };
}

function joined(a: Results, b: Results): Results {
  return {
    total: a.total + b.total,
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    testCases: [...a.testCases, ...b.testCases],
  };
}

function suiteOf({ name, type }: Runner | BadRunner, results: Results, durationMs: number): TestSuite {
  const { testCases, ...counts } = results;
  return { name, runnerType: type, ...counts, durationMs, testCases };
}
