import { closeSync, globSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, isAbsolute, join, normalize } from "node:path";
import { isSystemError } from "../../errors.ts";
import type { Runner } from "./section.ts";

/** What runs a runner's tests. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** What is said when `file` is not there. */
  readonly missing: string;
  /** Whether it writes JUnit XML to the file that it was given. */
  readonly writesReport: boolean;
}

/** @param report a path that a runner of its own format writes JUnit XML to */
export function commandOf(runner: Runner, root: string, report: string): Command | { readonly problem: string } {
  const found = findEntry(runner, root);
  if ("problem" in found) return found;
  const { path, isDirectory } = found;
  switch (runner.type) {
    case "script":
      return isDirectory ? { problem: wrongEntry(runner, "a script", "a directory") } : script(path, root);
    case "unittest":
      return python(["-m", "unittest", ...(isDirectory ? discovery(path, root) : [path])]);
    case "pytest":
      return pytest(runner, report);
    case "node":
      return node(runner, isDirectory ? testFiles(root, path) : [path], report);
    default:
      return runner.type satisfies never;
  }
}

type Entry = { readonly path: string; readonly isDirectory: boolean } | { readonly problem: string };

/** An entry point is a file or directory of the pack, whatever links say. */
function findEntry(runner: Runner, root: string): Entry {
  const { entryPoint, type } = runner;
  const written = type === "pytest" ? entryPoint.replace(/::.*$/s, "") : entryPoint;
  if (isAbsolute(written)) return { problem: wrongEntry(runner, "relative to the pack", "an absolute path") };
  const path = plain(normalize(written).replace(/\/$/, ""));
  for (const candidate of type === "unittest" ? [path, modulePath(path)] : [path]) {
    const real = realIfAny(join(root, candidate));
    if (real === undefined) continue;
    if (!isBelow(real, realpathSync(root))) break;
    return { path: candidate, isDirectory: statSync(real).isDirectory() };
  }
  const isThere = realIfAny(join(root, path)) !== undefined;
  return { problem: wrongEntry(runner, "in the pack", isThere ? "something outside of it" : "nothing there") };
}

/** No program takes it for an option. */
function plain(path: string): string {
  return path.startsWith("-") ? `./${path}` : path;
}

/** `tests.test_echo` is `tests/test_echo.py` to Python. */
function modulePath(name: string): string {
  return `${name.replaceAll(".", "/")}.py`;
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function realIfAny(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isSystemError(error)) return undefined; // also a link that leads in a circle, or a name that cannot be one
    throw error;
  }
}

function wrongEntry({ name, entryPoint }: Runner, expected: string, got: string): string {
  return `Expected \`testing.runners.${name}.entry_point\` (\`${entryPoint}\`) to be ${expected}, got ${got}`;
}

function script(path: string, root: string): Command {
  const [file, ...args] = path.endsWith(".sh") ? ["/bin/sh"] : (shebangOf(join(root, path)) ?? ["/bin/bash"]);
  const missing = `Expected \`${file}\` to be there for \`${path}\`, got none. Install it, or use another interpreter.`;
  return { file: file ?? "/bin/sh", args: [...args, path], missing, writesReport: false };
}

/** The interpreter that a first line names, and its one argument, as the kernel reads it. */
function shebangOf(path: string): readonly string[] | undefined {
  const bytes = Buffer.alloc(256);
  const fd = openSync(path, "r");
  try {
    const line = bytes.toString("utf8", 0, readSync(fd, bytes)).split("\n", 1)[0] ?? "";
    const [, file, argument] = /^#!\s*(\S+)(?:[ \t]+(.*?))?\s*$/.exec(line) ?? [];
    if (file === undefined) return undefined;
    return argument === undefined || argument === "" ? [file] : [file, argument];
  } finally {
    closeSync(fd);
  }
}

function python(args: readonly string[]): Command {
  const missing = "runtime not available: python3. Install it; of packsync's images `packsync-install` has it.";
  return { file: "python3", args, missing, writesReport: false };
}

/** A directory that is a package is imported as one. */
function discovery(path: string, root: string): readonly string[] {
  const isPackage = path !== "." && realIfAny(join(root, `${path}/__init__.py`)) !== undefined;
  return ["discover", "-s", path, ...(isPackage ? ["-t", "."] : [])];
}

function pytest({ entryPoint }: Runner, report: string): Command {
  const args = [plain(entryPoint), "-v", "-p", "no:cacheprovider", `--junit-xml=${report}`];
  const missing = "pytest not available. Add it to the pack's `requirements.txt`, or install it beside Python.";
  return { file: "pytest", args, missing, writesReport: true };
}

/** For people on stdout, for packsync in a file. */
function node({ name }: Runner, files: readonly string[], report: string): Command | { readonly problem: string } {
  if (files.length === 0)
    return { problem: `Expected \`testing.runners.${name}.entry_point\` to have tests, got none` };
  const reporters = [
    ["spec", "stdout"],
    ["junit", report],
  ];
  const args = reporters.flatMap(([reporter, to]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${to}`,
  ]);
  const missing = "runtime not available: node. Install Node.js 20 or newer.";
  return { file: "node", args: ["--test", ...args, ...files], missing, writesReport: true };
}

/** What Node itself takes for tests; versions disagree about a directory on the command line. */
const NODE_TEST = /^(?:(?:.*[._-])?test|test-.*)\.[cm]?[jt]s$/;

function testFiles(root: string, directory: string): readonly string[] {
  const all = globSync("**/*.{js,cjs,mjs,ts,cts,mts}", {
    cwd: join(root, directory),
    exclude: (name) => basename(name) === "node_modules",
  });
  const tests = all.filter((path) => NODE_TEST.test(basename(path)));
  return tests.map((path) => plain(join(directory, path))).sort();
}
