import { readdirSync, readFileSync, rmSync } from "node:fs";
import { expect } from "vitest";
import { type Ended, startCommand } from "../programs/start.ts";

/** A system call of a run that changes something in its volume. */
export interface Call {
  readonly name: string;
  /** The paths by which strace is to tell it from others of that name, relative to the run's directory; none: all count. */
  readonly watched: readonly string[];
  /** Which one it is, among its thread's calls of that name that name these: so `strace -e inject=…:when=N` counts. */
  readonly nth: number;
  /** For people: `rename volume/.packsync/staging/core.1 → volume/core`. */
  readonly text: string;
}

/** A run of the program in `root`, whose volume is `<root>/volume`. */
export interface Traced {
  readonly root: string;
  readonly command: readonly string[];
  /** A system call that the kernel refuses with EINVAL throughout the run. */
  readonly refused?: string | undefined;
}

/** These change nothing; any other call that names the volume is a place to die at. */
const READS = new Set(
  ["access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat", "statx", "statfs", "fstatfs"].concat(
    ["readlink", "readlinkat", "getdents64", "read", "pread64", "preadv", "lseek", "mmap", "close", "fcntl", "flock"],
    ["getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr"],
  ),
);

/** Runs it to its end. @returns every call that changes something in the volume, thread by thread, in order */
export async function traceCalls({ root, command, refused }: Traced): Promise<readonly Call[]> {
  const { exitCode, stderr, threads } = await strace(root, ["-e", "trace=%file,%desc", ...refusal(refused)], command);
  expect(exitCode, stderr).toBe(0);
  return threads.flatMap((lines) => changes(lines, refused));
}

/** A log for each thread, so that no line is torn by another thread's. */
async function strace(root: string, options: readonly string[], command: readonly string[]) {
  const temporary = ["-E", `TMPDIR=${root}`]; // what a killed run leaves there goes with the directory
  const log = [...temporary, "-ff", "-y", "-s0", "-qqq", "-o", `${root}/strace`];
  const ended = await startCommand(root, ["strace", ...log, ...options, ...command]).ended;
  const names = readdirSync(root).filter((name) => name.startsWith("strace."));
  const threads = names.map((name) => readFileSync(`${root}/${name}`, "utf8").split("\n"));
  for (const name of names) rmSync(`${root}/${name}`);
  return { ...ended, threads: threads.map((lines) => lines.map((line) => parse(line, root))) };
}

function refusal(name: string | undefined): string[] {
  return name === undefined ? [] : ["-e", `inject=${name}:error=EINVAL`];
}

/** What Node itself calls, too, now more often and now less. */
const NOISY = new Set(["openat", "write"]);

/** One thread's. Those that only read count as well, where they have the name and path of one that does not. */
function changes(lines: readonly Line[], refused: string | undefined): Call[] {
  const always = lines.flatMap(({ name, paths }) => (name === refused ? paths : []));
  return lines.flatMap(({ name, paths: [path], text, isRead }, index) => {
    if (path === undefined || isRead || name === refused) return [];
    const watched = NOISY.has(name) ? [...new Set([path, ...always])] : [];
    const isCounted = (line: Line) =>
      line.name === name && (watched.length === 0 || line.paths.some((each) => watched.includes(each)));
    return [{ name, watched, nth: lines.slice(0, index + 1).filter(isCounted).length, text }];
  });
}

type Line = ReturnType<typeof parse>;

/** A line like `rename("/a/volume/x", "/a/volume/y") = 0` or `fsync(21</a/volume/x>) = 0`. */
function parse(line: string, root: string) {
  const [, name = "", rest = "", result = ""] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(line) ?? [];
  const paths = [...rest.matchAll(/["<]([^"<>]*)[">]/g)].flatMap(([, path = ""]) =>
    path === `${root}/volume` || path.startsWith(`${root}/volume/`) ? [path.slice(root.length + 1)] : [],
  );
  const isReadOnly = name.startsWith("open") && !/O_(WRONLY|RDWR|CREAT|TRUNC)/.test(rest);
  const isDisturbed = result === "?" || result.includes("(INJECTED)");
  return { name, paths, text: `${name} ${paths.join(" → ")}`, isRead: isReadOnly || READS.has(name), isDisturbed };
}

/**
 * Where the numbered steps of docs/how-it-publishes.md begin and end: something gets its name, or is made durable; of many
 * such in a row that are alike the first and the last.
 */
export function stepsOf(calls: readonly Call[]): readonly Call[] {
  const steps = calls.filter(({ name }) => /^(rename|fsync|fdatasync|syncfs)/.test(name));
  return steps.filter(
    (step, index) =>
      step.name.startsWith("rename") ||
      [steps[index - 1], steps[index + 1]].some((next) => kindOf(next) !== kindOf(step)),
  );
}

/** `fsync volume/.packsync/staging`. */
function kindOf(call: Call | undefined): string | undefined {
  return call?.text.split("/").slice(0, 3).join("/");
}

/** What happened to a run into which something was injected. */
interface Injected extends Ended {
  /** The call at which it happened, as in {@link Call}. */
  readonly text: string | undefined;
}

/** Runs it with `effect` at this call: `signal=KILL`, `error=EIO`. */
export async function runInjected(run: Traced, { name, watched, nth }: Call, effect: string): Promise<Injected> {
  const { root, command, refused } = run;
  const traced = [name, ...(refused === undefined ? [] : [refused])].join();
  const paths = watched.flatMap((path) => ["-P", `${root}/${path}`]);
  const injected = [...refusal(refused), "-e", `inject=${name}:${effect}:when=${nth}`];
  const { threads, ...ended } = await strace(root, [...paths, "-e", `trace=${traced}`, ...injected], command);
  const hit = threads.flat().findLast((line) => line.name === name && line.isDisturbed);
  return { ...ended, text: hit?.text };
}
