import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "vitest";
import type { Story } from "./story.ts";

/** Mounts until the story is over. */
export function mount(story: Story, path: string, ...args: readonly string[]): void {
  mkdirSync(story.at(path), { recursive: true });
  execFileSync("mount", [...args, story.at(path)]);
  story.defer(() => spawnSync("umount", ["--lazy", story.at(path)])); // whoever unmounted it before has done so
}

/** A file system in a file, mounted until the story is over. @returns how to mount it anew, as after a reboot */
export function mountImage(story: Story, path: string, size: string, mkfs: readonly string[]): () => void {
  const image = story.at("image");
  const [command = "", ...options] = mkfs;
  execFileSync("truncate", ["--size", size, image]);
  execFileSync(command, [...options, image], { stdio: "ignore" });
  mount(story, path, "-o", "loop", image);
  return () => {
    execFileSync("umount", [story.at(path)]);
    execFileSync("mount", ["-o", "loop", image, story.at(path)]);
  };
}

/** Leaves not a byte free. */
export function fill(path: string): void {
  const bytes = Buffer.alloc(4096, "x");
  try {
    for (;;) writeFileSync(path, bytes, { flag: "a" });
  } catch (error) {
    expect(String(error)).toContain("ENOSPC");
  }
}

/** The files below `path` that a sync opens, relative to it, sorted, each once. */
export function opened(story: Story, path: string): string[] {
  const inside = allOpened(story).filter((file) => file.startsWith(`${story.at(path)}/`));
  return inside.map((file) => relative(story.at(path), file));
}

/** Every path that a sync opens, or tries to, but directories; sorted, each once. */
export function allOpened(story: Story): string[] {
  const log = story.at("strace.log");
  const main = join(import.meta.dirname, "../../../src/main.ts");
  const trace = ["-f", "-qq", "-s", "4096", "-e", "trace=openat", "-o", log];
  const args = [...trace, process.execPath, main, "--once", "-q"];
  const { error } = spawnSync("strace", args, { cwd: story.directory, stdio: "ignore" });
  if (error !== undefined) throw error;
  const opens = readFileSync(log, "utf8").matchAll(/openat\([^"]*"([^"]*)", ([A-Z_|]+)/g);
  const files = [...opens].flatMap(([, file = "", flags = ""]) => (flags.includes("O_DIRECTORY") ? [] : [file]));
  return [...new Set(files)].sort();
}

/** What a sync took of the machine. */
export interface Usage {
  readonly stdout: string;
  readonly maxRssKiB: number;
  /** Of processor time, on all threads. */
  readonly seconds: number;
}

/** `packsync --once --format json`, measured by the system. */
export function usage(story: Story, about: { readonly timeoutMs?: number } = {}): Usage {
  const log = story.at("usage.json");
  const preload = `--import=${new URL("../programs/report-usage.ts", import.meta.url)}`;
  const env = { NODE_OPTIONS: preload, PACKSYNC_TEST_USAGE: log };
  const { stdout } = story.packsync(["--once", "--format", "json"], { env, ...about });
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(readFileSync(log, "utf8"));
  return { stdout, maxRssKiB: maxRSS, seconds: (userCPUTime + systemCPUTime) / 1e6 };
}

/** How each kind of ELF file is built. Cross compilers may lack headers and start files; nothing is run here. */
const RECIPES = {
  static: ["gcc", "-static"],
  "static-pie": ["gcc", "-static-pie", "-fPIE"],
  musl: ["musl-gcc", "-static"],
  aarch64: ["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-e,main"],
  dynamic: ["gcc"],
  library: ["gcc", "-shared", "-fPIC"],
  object: ["gcc", "-c"],
} as const satisfies Record<string, readonly [compiler: string, ...options: string[]]>;

export type ElfKind = keyof typeof RECIPES;

/** What {@link build} needs for all kinds. */
export const COMPILERS: readonly string[] = [...new Set(Object.values(RECIPES).map(([compiler]) => compiler))];

const built = new Map<string, Buffer>();

/** A real ELF file; another `answer` gives other bytes. */
export function build(kind: ElfKind, answer: number): Buffer {
  const key = `${kind} ${answer}`;
  const bytes = built.get(key) ?? compile(RECIPES[kind], answer);
  built.set(key, bytes);
  return bytes;
}

function compile([compiler, ...options]: readonly [string, ...string[]], answer: number): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "packsync-gcc-"));
  try {
    writeFileSync(`${directory}/a.c`, `int main(void) { return ${answer}; }\n`);
    execFileSync(compiler, [...options, "-o", `${directory}/a`, `${directory}/a.c`]);
    return readFileSync(`${directory}/a`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
