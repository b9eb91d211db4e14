import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { isSystemError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { excerpt } from "../pack/excerpt.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { ScriptFacts } from "../pack/scripts.ts";

/** How long one interpreter may think about one file, in milliseconds; and how many files of a pack it is asked about. */
const PATIENCE_MS = 2000;
const MAX_FILES = 200;
/** In bytes: what an interpreter says beyond that helps nobody. */
const MAX_OUTPUT = 65_536;

/**
 * What interpreters say of the scripts of a pack, as far as they are on this machine: they only parse them, and write
 * nothing. Warnings, for the services may have another version of them.
 *
 * @param root the pack's directory
 * @param patienceMs what takes longer is not said
 */
export async function checkSyntax(
  root: string,
  { scripts }: PackFacts,
  patienceMs: number = PATIENCE_MS,
): Promise<readonly Diagnostic[]> {
  const waiting = [...scripts].slice(0, MAX_FILES).values();
  const found = new Map<string, readonly Diagnostic[]>();
  const worker = async (): Promise<void> => {
    for (const [file, facts] of waiting) found.set(file, await checkOne({ root, file, patienceMs }, facts));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return [...scripts.keys()].flatMap((file) => found.get(file) ?? []);
}

/** How to have a file parsed, and where the answer says which line is wrong. */
interface Parser {
  readonly command: string;
  readonly args: readonly string[];
  /** bash does not always count the lines of what it does not open itself. */
  readonly takes: "stdin" | "path";
  readonly place: RegExp;
  readonly says: RegExp;
}

const PYTHON_PROGRAM = [
  "import ast, sys",
  "try: ast.parse(sys.stdin.buffer.read())",
  "except SyntaxError as e: sys.exit(f'line {e.lineno or 1}: {e.msg}')",
  "except ValueError as e: sys.exit(f'line 1: {e}')",
].join("\n");

const python: Parser = {
  command: "python3",
  args: ["-I", "-S", "-c", PYTHON_PROGRAM],
  takes: "stdin",
  place: /^line (\d+):/m,
  says: /^line \d+: (.*)$/m,
};

/** `./x: line 3: …`, and `./x: 3: …` of dash. */
function shell(command: string): Parser {
  const answer = { place: /^[^:\n]*: (?:line )?(\d+):/m, says: /^[^:\n]*: (?:line )?\d+: (.*)$/m };
  return { command, args: ["-n"], takes: "path", ...answer };
}

function node(type: "commonjs" | "module"): Parser {
  const args = [`--input-type=${type}`, "--check", "-"];
  return { command: process.execPath, args, takes: "stdin", place: /^\[stdin\]:(\d+)/m, says: /^(SyntaxError: .*)$/m };
}

/** Nobody can tell from outside which of the two kinds of module a `.js` is. */
function parsersOf(file: string, facts: ScriptFacts): readonly Parser[] {
  if (file.endsWith(".js")) return [node("commonjs"), node("module")];
  const parser = parserOf(file, facts);
  return parser === undefined ? [] : [parser];
}

function parserOf(file: string, { shebang = "" }: ScriptFacts): Parser | undefined {
  const extension = /\.(\w+)$/.exec(file)?.[1];
  if (extension === "py" || (extension === undefined && /\bpython(3[\d.]*)?\b/.test(shebang))) return python;
  if (extension === "mjs") return node("module");
  if (extension === "cjs") return node("commonjs");
  if (extension === "bash" || /\bbash\b/.test(shebang)) return shell("bash");
  // What zsh and fish understand is nothing for `sh`.
  const isShell = extension === "sh" || extension === undefined;
  return isShell && /\/(env )?(da)?sh\b/.test(shebang.replace(/\s+/g, " ")) ? shell("sh") : undefined;
}

interface Script {
  readonly root: string;
  readonly file: string;
  readonly patienceMs: number;
}

async function checkOne(script: Script, facts: ScriptFacts): Promise<readonly Diagnostic[]> {
  const { root, file } = script;
  const text = readIfAny(`${root}/${file}`);
  let first: Diagnostic | undefined;
  for (const parser of text === undefined ? [] : parsersOf(file, facts)) {
    const finding = await ask(parser, script, text);
    if (finding === undefined) return []; // what one of them takes is right
    first ??= finding;
  }
  return first === undefined ? [] : [first];
}

/** @returns `undefined` when it is fine, or when nobody can tell: no interpreter, no answer in time */
function ask({ command, args, takes, place, says }: Parser, script: Script, text: Buffer | undefined) {
  const { root: cwd, file, patienceMs: timeout } = script;
  const all = takes === "path" ? [...args, `./${file}`] : [...args];
  const options = { ...OPTIONS, timeout, cwd, env: environment() };
  return new Promise<Diagnostic | undefined>((resolve) => {
    const child = execFile(command, all, options, (error, _, stderr) => {
      const line = Number(place.exec(stderr)?.[1] ?? 0);
      const isAnswer = error !== null && typeof error.code === "number" && line > 0;
      resolve(isAnswer ? syntaxFinding(file, line, says.exec(stderr)?.[1] ?? "") : undefined);
    });
    // Whoever ends before it has read everything closes the pipe.
    child.stdin?.on("error", () => {});
    child.stdin?.end(takes === "stdin" ? text : undefined);
  });
}

const OPTIONS = { killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT } as const;

/** Nothing that makes an interpreter run something first: `BASH_ENV`, `NODE_OPTIONS`. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], LC_ALL: "C" };
}

function syntaxFinding(file: string, line: number, says: string): Diagnostic {
  const message = `Expected a script that can be parsed, got ${excerpt(says) || "a syntax error"}`;
  const hint = "It fails when it is run; if the services have a newer interpreter than this machine, it may not.";
  return { severity: "warning", code: "script.syntax", message, file, line, column: 1, hint };
}

/** What is gone meanwhile is another scan's business. */
function readIfAny(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}
