import type { Stats } from "node:fs";
import type { Ignore } from "ignore";
import { errnoOf, isSystemError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import { isAbsence } from "../platform/absence.ts";
import { printableName } from "../platform/names.ts";
import type { ScanLimits, WalkedFile } from "./walk.ts";

/** A walk under way: what it saw so far, and what it must not publish. */
export interface Walk {
  readonly root: string;
  readonly limits: ScanLimits;
  ignored: Ignore | undefined;
  readonly nowMs: number;
  readonly files: WalkedFile[];
  readonly directories: string[];
  readonly diagnostics: Diagnostic[];
  readonly seen: string[];
  readonly stats: Stats[];
  bytes: number;
  readonly young: number[];
  stopped: boolean;
}

export function startWalk(root: string, limits: ScanLimits, nowMs: number): Walk {
  const found = { files: [], directories: [], diagnostics: [], seen: [], stats: [], young: [] };
  return { root, limits, ignored: undefined, nowMs, ...found, bytes: 0, stopped: false };
}

/** What was looked at becomes part of the fingerprint. @returns its name there */
export function record(walk: Walk, real: string, stats: Stats): string {
  const name = real.startsWith(`${walk.root}/`) ? real.slice(walk.root.length + 1) : real;
  if (isYoung(stats.ctimeMs, walk.nowMs)) walk.young.push(walk.seen.length);
  walk.seen.push(name);
  walk.stats.push(stats);
  return name;
}

const COARSE_CLOCK_MS = 2100; // file systems with whole or even seconds (FAT, old NFS)
const FINE_CLOCK_MS = 20; // a kernel tick is at most 10 ms

/**
 * Whether a file can change again within the clock's granularity, and look the same (git's racy case). Every change
 * moves ctime, which no program can set; a ctime in the future is never trusted.
 */
function isYoung(ctimeMs: number, nowMs: number): boolean {
  return ctimeMs + (ctimeMs % 1000 === 0 ? COARSE_CLOCK_MS : FINE_CLOCK_MS) > nowMs;
}

/** Files that are too large are no part of what was found: nothing reads them, however often they are looked at. */
export function addFile(walk: Walk, file: Pick<WalkedFile, "path" | "real" | "name">, stats: Stats): void {
  const { path } = file;
  const { size } = stats;
  const { maxFileSize, maxDefinitionSize, maxPackSize } = walk.limits;
  walk.bytes += size;
  if (walk.bytes > maxPackSize)
    stop(walk, path, "limits.pack_size", `expected at most ${maxPackSize} bytes in the pack`);
  if (size > maxFileSize) {
    refuse(walk, path, "limits.file_size", `expected at most ${maxFileSize} bytes, got ${size}`, LIMIT_HINT);
  } else if (size > maxDefinitionSize && isDefinitionFile(path)) {
    const problem = `expected a definition of at most ${maxDefinitionSize} bytes, got ${size}`;
    refuse(walk, path, "limits.definition_size", problem, "Move bulk data into a file that is no definition.");
  } else {
    walk.files.push({ ...file, size, executable: (stats.mode & 0o111) !== 0 });
  }
}

/** Directories count, too: symlinks to directories could multiply them without a single file. So does what is refused. */
export function checkNumber(walk: Walk, path: string): void {
  const { maxFiles } = walk.limits;
  if (walk.files.length + walk.directories.length + walk.diagnostics.length <= maxFiles) return;
  stop(walk, path, "limits.files", `expected at most ${maxFiles} files and directories in the pack`);
}

const LIMIT_HINT = "Keep it out with .packignore, or raise `limits` in packsync.yaml.";

/** One limit that ends the walk is enough. */
function stop(walk: Walk, path: string, code: string, problem: string): void {
  if (walk.stopped) return;
  walk.stopped = true;
  refuse(walk, path, code, problem, LIMIT_HINT);
}

/**
 * What is gone between listing and looking is no finding: the second look of the same scan sees a different directory.
 *
 * @throws what is no failed system call
 */
export function cannotRead(walk: Walk, path: string, error: unknown): void {
  if (isAbsence(error)) return;
  if (!isSystemError(error)) throw error;
  const hint = errnoOf(error) === "ENAMETOOLONG" ? "Shorten the names above it." : "Let packsync's user read it.";
  refuse(walk, path, "source.unreadable", `cannot be read (${errnoOf(error)})`, hint);
}

export function refuse(walk: Walk, path: string, code: string, problem: string, hint: string): void {
  const file = printableName(path);
  walk.diagnostics.push({ severity: "error", code, message: `\`${file}\`: ${problem}`, file, hint });
}
