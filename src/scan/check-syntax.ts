import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { isSystemError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { excerpt } from "../pack/excerpt.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { ScriptFacts } from "../pack/scripts.ts";

/** How long the interpreters of a run may think, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How many scripts of a run are parsed, the first ones; and how many of them by a process that takes long to start. */
const MAX_SCRIPTS = 1_000;
const MAX_PROCESSES = 200;
/** In bytes: what an interpreter says beyond that helps nobody. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** The scripts of one pack; `root` is its directory. */
export interface Scripts {
  readonly root: string;
  readonly scripts: PackFacts["scripts"];
}

/**
 * What interpreters say of the scripts of packs, as far as they are on this machine: they only parse them, and write
 * nothing. Warnings, for the services may have another version of them.
 *
 * Python and the shells are started once for all of their files, which takes a twentieth of the time.
 *
 * @param patienceMs what takes longer is not said
 * @returns the findings of each pack, in the order of its files
 */
export async function checkSyntax(
  packs: readonly Scripts[],
  patienceMs: number = PATIENCE_MS,
): Promise<readonly (readonly Diagnostic[])[]> {
  const until = Date.now() + patienceMs;
  const files = packs
    .flatMap(({ root, scripts }) =>
      [...scripts].map(([file, facts]): Script => ({ path: `${root}/${file}`, file, facts })),
    )
    .slice(0, MAX_SCRIPTS);
  const found = new Map<string, Diagnostic>();
  await Promise.all([
    ...BATCHES.map((batch) => askBatch(batch, files, { found, until })),
    askNode(files, { found, until }),
  ]);
  return packs.map(({ root, scripts }) => [...scripts.keys()].flatMap((file) => found.get(`${root}/${file}`) ?? []));
}

/** `path` is absolute, `file` relative to its pack. */
interface Script {
  readonly path: string;
  readonly file: string;
  readonly facts: ScriptFacts;
}

/** What was said until now, by absolute path; `until`: milliseconds since 1970. */
interface Inquiry {
  readonly found: Map<string, Diagnostic>;
  readonly until: number;
}

type Language = "python" | "sh" | "bash" | "commonjs" | "module" | "either module";

/** An interpreter that reads paths, a line each, and says of each file, behind its number and a NUL, what is wrong with it. */
interface Batch {
  readonly language: Language;
  readonly command: string;
  readonly args: readonly string[];
}

const PYTHON_PROGRAM = `
import ast, gc, sys, warnings
gc.disable()
warnings.simplefilter("ignore")
sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
for number, path in enumerate(sys.stdin.buffer.read().split(b"\\n")[:-1]):
    try:
        with open(path, "rb") as script:
            ast.parse(script.read())
    except SyntaxError as error:
        print(f"{number}\\0line {error.lineno or 1}: {error.msg}", end="\\0", flush=True)
    except ValueError as error:
        print(f"{number}\\0line 1: {error}", end="\\0", flush=True)
    except (OSError, MemoryError, RecursionError):
        pass
`;

/** A process of its own for each file all the same, but one that starts in a millisecond: what starts it is small. */
const SHELL_PROGRAM = `
number=0
while IFS= read -r path; do
  said=$("$0" -n "$path" 2>&1 </dev/null) || printf '%s\\0%s\\0' "$number" "\${said#"$path": }"
  number=$((number + 1))
done
`;

const BATCHES: readonly Batch[] = [
  { language: "python", command: "python3", args: ["-I", "-S", "-c", PYTHON_PROGRAM] },
  { language: "sh", command: "sh", args: ["-c", SHELL_PROGRAM, "sh"] },
  { language: "bash", command: "bash", args: ["-c", SHELL_PROGRAM, "bash"] },
];

async function askBatch({ language, command, args }: Batch, files: readonly Script[], { found, until }: Inquiry) {
  const own = files.filter((script) => languageOf(script) === language && !script.path.includes("\n"));
  if (own.length === 0) return;
  const { stdout } = await runFor(until, command, args, `${own.map(({ path }) => path).join("\n")}\n`);
  for (const [, number, line, says = ""] of stdout.matchAll(ANSWER)) {
    const script = own[Number(number)];
    if (script !== undefined) found.set(script.path, syntaxFinding(script.file, Number(line), says));
  }
}

/** Of each answer the first line counts: `line 3: …`, and `3: …` of dash. */
const ANSWER = /(\d+)\0(?:line )?(\d+): ([^\n\0]*)[^\0]*\0/g;

/** Node parses one file a process. */
async function askNode(files: readonly Script[], { found, until }: Inquiry): Promise<void> {
  const waiting = files
    .filter((script) => KINDS_OF_MODULE[languageOf(script) ?? ""] !== undefined)
    .slice(0, MAX_PROCESSES)
    .values();
  const worker = async (): Promise<void> => {
    for (const script of waiting) {
      const finding = await askNodeAbout(script, until);
      if (finding !== undefined) found.set(script.path, finding);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Nobody can tell from outside which of the two kinds of module a `.js` is. */
const KINDS_OF_MODULE: Readonly<Record<string, readonly string[]>> = {
  commonjs: ["commonjs"],
  module: ["module"],
  "either module": ["commonjs", "module"],
};

async function askNodeAbout(script: Script, until: number): Promise<Diagnostic | undefined> {
  const text = readIfAny(script.path);
  let first: Diagnostic | undefined;
  for (const type of text === undefined ? [] : (KINDS_OF_MODULE[languageOf(script) ?? ""] ?? [])) {
    const args = [`--input-type=${type}`, "--check", "-"];
    const { failed, stderr } = await runFor(until, process.execPath, args, text);
    const [, line] = /^\[stdin\]:(\d+)/m.exec(stderr) ?? [];
    if (!failed || line === undefined) return undefined; // what one of them takes is right
    first ??= syntaxFinding(script.file, Number(line), /^(SyntaxError: .*)$/m.exec(stderr)?.[1] ?? "");
  }
  return first;
}

function languageOf({ file, facts: { shebang = "" } }: Script): Language | undefined {
  const extension = /\.(\w+)$/.exec(file)?.[1];
  if (extension === "py" || (extension === undefined && /\bpython(3[\d.]*)?\b/.test(shebang))) return "python";
  if (extension === "js") return "either module";
  if (extension === "mjs") return "module";
  if (extension === "cjs") return "commonjs";
  if (extension === "bash" || /\bbash\b/.test(shebang)) return "bash";
  // What zsh and fish understand is nothing for `sh`.
  const isShell = extension === "sh" || extension === undefined;
  return isShell && /\/(env )?(da)?sh\b/.test(shebang.replace(/\s+/g, " ")) ? "sh" : undefined;
}

/** `failed`: it answered, and not with 0. An interpreter that is missing, or takes too long, says what it said until then. */
function runFor(until: number, command: string, args: readonly string[], input: string | Buffer | undefined) {
  const timeout = Math.max(until - Date.now(), 1);
  const options = { killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT, timeout, cwd: "/", env: environment() } as const;
  return new Promise<{ failed: boolean; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      resolve({ failed: typeof error?.code === "number", stdout, stderr });
    });
    // Whoever ends before it has read everything closes the pipe.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

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
