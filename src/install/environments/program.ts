import { stripVTControlCharacters } from "node:util";
import { errnoOf } from "../../errors.ts";
import type { Owner } from "../../platform/ownership.ts";
import { endingWith, killGroup } from "../../platform/process-group.ts";
import { environmentFailed } from "./failure.ts";

/** A program to run, never through a shell. */
export interface Call {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** How programs are run for one environment. */
export interface Running {
  readonly env: Readonly<Record<string, string>>;
  /** Whom root becomes for them. */
  readonly user: Owner | undefined;
  /** An empty file that they hold open for as long as they live, and with it our lock on it: whoever dies leaves it to them. */
  readonly lock: number | undefined;
  /** A program, with its arguments, through which they run. */
  readonly leash: readonly string[];
  readonly onLine: (line: string) => void;
}

/** Of a line, in characters. */
const LONGEST_LINE = 2000;
/** Of the lines before the end. */
const TAIL = 300;
/** Of them in an error. */
const MOST_SAID = 10;
/** Of all output that is given back, in characters. */
const MOST_OUTPUT = 1_000_000;
/** For whoever left the process group and still holds the output. */
const CLOSING_MS = 1000;

/**
 * Runs a program to its end, and whatever it left behind in its process group ends with it.
 *
 * @returns what it wrote to stdout
 * @throws PacksyncError with the end of its output when it fails; the abort's reason
 */
export async function runProgram({ file, args, cwd }: Call, running: Running, abort: AbortSignal): Promise<string> {
  abort.throwIfAborted();
  const { execa } = await import("execa");
  const { user, env, lock, leash } = running;
  const [program = file, ...rest] = [...leash, file, ...args];
  const child = execa(program, rest, {
    cwd,
    env,
    extendEnv: false,
    ...user,
    stdin: lock === undefined ? "ignore" : (lock as 3), // the types know the first descriptors only
    detached: true, // a group of its own
    buffer: false,
    reject: false,
  });
  using _ = endingWith(child.pid, abort);
  const output: string[] = [];
  const tail: string[] = [];
  const said = (line: string): void => {
    running.onLine(line);
    tail.push(line);
    if (tail.length > TAIL) tail.shift();
  };
  eachLine(child.stdout, (line) => {
    if (output.length < MOST_OUTPUT / LONGEST_LINE) output.push(line);
    said(line);
  });
  eachLine(child.stderr, said);
  child.nodeChildProcess.once("exit", () => {
    killGroup(child.pid, "SIGKILL");
    setTimeout(() => [child.stdout, child.stderr].forEach((stream) => void stream.destroy()), CLOSING_MS).unref();
  });
  const { exitCode, signal, cause } = await child;
  abort.throwIfAborted();
  if (exitCode === 0) return output.join("\n");
  throw failed(file, { exitCode, signal, cause, tail });
}

interface Ended {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly cause: unknown;
  readonly tail: readonly string[];
}

function failed(file: string, { exitCode, signal, cause, tail }: Ended) {
  const program = file.slice(file.lastIndexOf("/") + 1);
  if (exitCode === undefined && signal === undefined) {
    const hint = `Install ${program}; of packsync's images \`packsync-install\` has it.`;
    return environmentFailed(`Expected \`${program}\` to start, got ${errnoOf(cause) ?? "no reason"}`, hint);
  }
  const how = signal === undefined ? `exit code ${exitCode}` : signal;
  const errors = tail.filter(
    (line) => /^\s*(npm )?(error|fatal)\b(?! A complete log)/i.test(line) && line !== "npm error",
  );
  const why = errors.length > 0 ? errors.slice(0, MOST_SAID) : tail.slice(-MOST_SAID); // the first one says it, usage follows
  return environmentFailed([`Expected \`${program}\` to end well, got ${how}`, ...why].join("\n"));
}

function eachLine(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = "";
  const tell = (line: string): void => {
    const shown = withoutCredentials(stripVTControlCharacters(line)).trimEnd();
    if (shown !== "") onLine(shown);
  };
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    const lines = (rest + piece).split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST_LINE) lines.push(rest.slice(0, LONGEST_LINE));
    if (rest.length > LONGEST_LINE) rest = "";
    for (const line of lines) tell(line.slice(0, LONGEST_LINE));
  });
  stream.on("end", () => tell(rest.slice(0, LONGEST_LINE)));
}

function withoutCredentials(line: string): string {
  return line.replaceAll(/(\w:\/\/)[^\s/@]+@/g, "$1");
}
