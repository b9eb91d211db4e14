import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { CycleReport, Outcome, PackReport } from "../../../src/cycle/report.ts";
import { COMPILE_CACHE, MAIN } from "../programs/start.ts";
import { makeTree, type Tree, treeOf, walk } from "./tree.ts";

/** A working directory of its own with the default names in it: `packs`, `packs.dev`, `volume`. */
export interface Story extends Disposable {
  readonly directory: string;
  /** A path in the working directory. */
  at(path: string): string;
  /** Writes a tree below the working directory; what is there already stays. */
  write(path: string, content: string | Tree): void;
  read(path: string): string;
  exists(path: string): boolean;
  move(from: string, to: string): void;
  remove(path: string): void;
  tree(path: string): Record<string, string>;
  /** `packsync --once` with these arguments; expects that no litter is left. */
  once(args?: readonly string[], options?: RunOptions): Run;
  /** `packsync` with exactly these arguments. */
  packsync(args: readonly string[], options?: RunOptions): Ended;
  /** Runs when the story is over, last-in-first-out. */
  defer(cleanUp: () => void): void;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly volume?: string;
  readonly timeoutMs?: number;
  /** A command that runs the program, e.g. `strace`. */
  readonly through?: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Run extends Ended {
  readonly report: Report;
  /** Ref → what happened to the pack. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** The only report of this ref. */
  pack(ref: string): PackReport;
  /** The codes of all findings about a pack, without repetition. */
  codes(ref: string): readonly string[];
}

type Report = CycleReport & {
  readonly exitCode: number;
  readonly dryRun: boolean;
  readonly totals: Record<Outcome, number>;
};

/** A program that opens a FIFO hangs; this ends it. */
const TIMEOUT_MS = 30_000;

vi.setConfig({ testTimeout: 2 * TIMEOUT_MS });

export function story(
  sources: { readonly packs?: Tree; readonly "packs.dev"?: Tree; readonly volume?: Tree } = {},
  parent = tmpdir(),
): Story {
  const directory = realpathSync(mkdtempSync(join(parent, "packsync-story-")));
  chmodSync(directory, 0o755);
  makeTree(directory, sources);
  const cleanUps: (() => void)[] = [() => rmSync(directory, { recursive: true, force: true })];
  const at = (path: string): string => join(directory, path);
  const packsync: Story["packsync"] = (args, options = {}) => runProgram(directory, args, options);
  return {
    directory,
    at,
    packsync,
    write: (path, content) =>
      typeof content === "string" ? writeFileSync(at(path), content) : makeTree(at(path), content),
    read: (path) => readFileSync(at(path), "utf8"),
    exists: (path) => existsSync(at(path)),
    move: (from, to) => renameSync(at(from), at(to)),
    remove: (path) => rmSync(at(path), { recursive: true }),
    tree: (path) => treeOf(at(path)),
    once(args = [], options = {}) {
      const ended = packsync(["--once", "--format", "json", ...args], options);
      expectNoLitter(at(options.volume ?? "volume"));
      return reported(ended);
    },
    defer: (cleanUp) => void cleanUps.push(cleanUp),
    [Symbol.dispose]() {
      for (const cleanUp of cleanUps.reverse()) cleanUp();
    },
  };
}

function runProgram(
  cwd: string,
  args: readonly string[],
  { env = {}, uid, through = [], timeoutMs = TIMEOUT_MS }: RunOptions,
): Ended {
  const user = uid === undefined ? {} : { uid, gid: uid };
  const environment = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: COMPILE_CACHE, ...env };
  const options = {
    cwd,
    env: environment,
    encoding: "utf8",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...user,
  } as const;
  const [file = "", ...rest] = [...through, process.execPath, MAIN, ...args];
  const { status, stdout, stderr, error } = spawnSync(file, rest, options);
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

function reported(ended: Ended): Run {
  const report = (): Report => {
    expect(ended.stdout, `a JSON report; stderr: ${ended.stderr}`).toMatch(/^\{/);
    return JSON.parse(ended.stdout);
  };
  const pack = (ref: string): PackReport => {
    const found = report().packs.filter((each) => each.ref === ref);
    expect(found, `reports of \`${ref}\``).toHaveLength(1);
    return found[0] as PackReport;
  };
  return {
    ...ended,
    get report() {
      return report();
    },
    get outcomes() {
      return Object.fromEntries(report().packs.map(({ ref, outcome }) => [ref, outcome]));
    },
    pack,
    codes: (ref) => [...new Set(pack(ref).diagnostics.map(({ code }) => code))],
  };
}

/** Whatever happened, nothing half-done is left behind. */
function expectNoLitter(volume: string): void {
  const own = `${volume}/.packsync`;
  if (!existsSync(own)) return;
  if (existsSync(`${own}/staging`)) expect(readdirSync(`${own}/staging`), "what is left in staging").toEqual([]);
  const temporary = walk(own).filter((path) => path.endsWith(".tmp") && lstatSync(`${own}/${path}`).isFile());
  expect(temporary, "temporary files").toEqual([]);
}
