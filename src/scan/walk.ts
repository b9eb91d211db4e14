import { constants, lstatSync, readFileSync, realpathSync, type Stats } from "node:fs";
import type { Ignore } from "ignore";
import ignore from "ignore";
import { errnoOf } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isLitter } from "../pack/layout.ts";
import { decodeName, listNames, printableName } from "../platform/names.ts";
import { createFingerprint, type Fingerprint } from "./fingerprint.ts";

/** Bounds that keep one pack from taking the machine. Sizes in bytes. */
export interface ScanLimits {
  readonly maxFiles: number;
  readonly maxFileSize: number;
  readonly maxPackSize: number;
  readonly maxDefinitionSize: number;
}

/**
 * One file that the pack in the source would publish. `real` is what to open: the path itself, or where a symlink
 * inside the pack leads. `stamp` changes whenever the file may have: size, mtime, ctime, inode, mode. A `racy` stamp
 * is too young to be trusted: the file can change again within the clock's granularity (git's racy case).
 */
export interface WalkedFile {
  readonly path: string;
  readonly real: string;
  readonly size: number;
  readonly executable: boolean;
  readonly stamp: string;
  readonly racy: boolean;
}

/** One look at a pack's directory in its source; nothing was read but names and `lstat`s. */
export interface SourceWalk {
  readonly files: readonly WalkedFile[];
  readonly directories: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Everything that was looked at, with its stamp. */
  readonly fingerprint: Fingerprint;
  /** Whether any stamp is too young for the fingerprint to be remembered. */
  readonly racy: boolean;
}

const TYPE_MASK = 0o170_000;
const TYPE_DIRECTORY = 0o040_000;
const TYPE_FILE = 0o100_000;
const TYPE_SYMLINK = 0o120_000;
const MAX_DEPTH = 64;

interface Walk {
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
  racy: boolean;
  full: boolean;
}

/**
 * Walks one pack in its source. Symlinks that stay inside the pack count as what they point at; everything that must
 * not be published (special files, escaping links, undecodable names) becomes a diagnostic and is never opened.
 *
 * @throws ENOENT, ENOTDIR or EACCES when the pack's own directory cannot be listed.
 */
export function walkSource(root: string, limits: ScanLimits, nowMs: number): SourceWalk {
  const walk: Walk = {
    root,
    limits,
    ignored: undefined,
    nowMs,
    files: [],
    directories: [],
    diagnostics: [],
    seen: [],
    stats: [],
    bytes: 0,
    racy: false,
    full: false,
  };
  record(walk, root, lstatSync(root));
  visitDirectory(walk, root, "", []);
  return {
    files: walk.files,
    directories: walk.directories,
    diagnostics: walk.diagnostics,
    fingerprint: createFingerprint(limits, walk.seen, walk.stats),
    racy: walk.racy,
  };
}

function readPackIgnore(walk: Walk): void {
  const path = `${walk.root}/.packignore`;
  try {
    const stats = lstatSync(path);
    record(walk, path, stats);
    if (!stats.isFile()) {
      refuse(walk, ".packignore", "source.special_file", "expected a regular file", "Make it a regular file.");
      return;
    }
    const flag = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    walk.ignored = ignore({ ignorecase: false }).add(readFileSync(path, { encoding: "utf8", flag }));
  } catch (error) {
    unreadable(walk, ".packignore", error);
  }
}

function visitDirectory(walk: Walk, real: string, relative: string, ancestors: readonly string[]): void {
  const names = listNames(real);
  if (relative === "" && names.includes(".packignore")) readPackIgnore(walk);
  for (const name of names) {
    if (walk.full) return;
    const path = relative === "" ? name : `${relative}/${name}`;
    if (isLitter(name)) continue;
    if (!name.isWellFormed()) {
      refuse(walk, path, "source.undecodable_name", "the name is not valid UTF-8", "Rename it.");
      continue;
    }
    visitEntry(walk, `${real}/${name}`, path, ancestors);
  }
}

function visitEntry(walk: Walk, real: string, path: string, ancestors: readonly string[]): void {
  let stats: Stats;
  try {
    stats = lstatSync(real);
  } catch (error) {
    // Gone between listing and looking: the second walk of the same scan sees a different directory.
    if (errnoOf(error) !== "ENOENT") unreadable(walk, path, error);
    return;
  }
  const type = stats.mode & TYPE_MASK;
  if (walk.ignored?.ignores(type === TYPE_DIRECTORY ? `${path}/` : path) === true) return;
  const visit = type === TYPE_SYMLINK ? visitLink : visitTarget;
  visit(walk, real, path, stats, ancestors);
}

function visitTarget(walk: Walk, real: string, path: string, stats: Stats, ancestors: readonly string[]): void {
  const type = stats.mode & TYPE_MASK;
  const stamp = record(walk, real, stats);
  if (type === TYPE_FILE) {
    addFile(walk, real, path, stats, stamp);
  } else if (type !== TYPE_DIRECTORY) {
    const problem = "expected a regular file, got a FIFO, socket or device";
    refuse(walk, path, "source.special_file", problem, "Remove it.");
  } else if (ancestors.length >= MAX_DEPTH) {
    refuse(walk, path, "limits.depth", `expected at most ${MAX_DEPTH} nested directories`, "Flatten the pack.");
  } else {
    walk.directories.push(path);
    countEntry(walk, path);
    visitBelow(walk, real, path, ancestors);
  }
}

function visitBelow(walk: Walk, real: string, path: string, ancestors: readonly string[]): void {
  try {
    visitDirectory(walk, real, path, [...ancestors, real]);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") unreadable(walk, path, error);
  }
}

/** A link inside the pack is published as what it points at, so the volume never depends on a path of the source. */
function visitLink(walk: Walk, real: string, path: string, stats: Stats, ancestors: readonly string[]): void {
  record(walk, real, stats);
  const target = resolveLink(real);
  const root = realpathSync.native(walk.root);
  const above = [root, ...ancestors.map((each) => realpathSync.native(each))];
  if (target === undefined) {
    refuse(walk, path, "source.broken_symlink", "the symlink leads nowhere or in a circle", "Remove or mend it.");
  } else if (above.some((each) => each === target || (each.startsWith(`${target}/`) && target.startsWith(root)))) {
    refuse(walk, path, "source.symlink_loop", "the symlink leads to a directory that contains it", "Remove it.");
  } else if (!target.isWellFormed()) {
    refuse(walk, path, "source.undecodable_name", "the symlink leads to a name that is not UTF-8", "Rename it.");
  } else if (!target.startsWith(`${root}/`)) {
    refuse(walk, path, "source.escaping_symlink", `the symlink leaves the pack, to ${target}`, "Copy the file in.");
  } else {
    visitTarget(walk, target, path, lstatSync(target), ancestors);
  }
}

function resolveLink(path: string): string | undefined {
  try {
    return decodeName(realpathSync.native(path, "buffer"));
  } catch {
    return undefined;
  }
}

function addFile(walk: Walk, real: string, path: string, stats: Stats, stamp: Stamp): void {
  const { limits } = walk;
  const { size } = stats;
  walk.bytes += size;
  if (size > limits.maxFileSize) {
    refuse(walk, path, "limits.file_size", `expected at most ${limits.maxFileSize} bytes, got ${size}`, LIMIT_HINT);
  }
  walk.files.push({
    path,
    real,
    size,
    executable: (stats.mode & 0o111) !== 0,
    stamp: stamp.text,
    racy: stamp.racy,
  });
  countEntry(walk, path);
  if (walk.bytes > limits.maxPackSize && !walk.full) {
    walk.full = true;
    refuse(walk, path, "limits.pack_size", `expected at most ${limits.maxPackSize} bytes in the pack`, LIMIT_HINT);
  }
}

/** Directories count, too: symlinks to directories could multiply them without a single file. */
function countEntry(walk: Walk, path: string): void {
  const { maxFiles } = walk.limits;
  if (walk.files.length + walk.directories.length <= maxFiles || walk.full) return;
  walk.full = true;
  refuse(walk, path, "limits.files", `expected at most ${maxFiles} files and directories in the pack`, LIMIT_HINT);
}

const LIMIT_HINT = "Keep it out with .packignore, or raise `limits` in packsync.yaml.";

interface Stamp {
  readonly text: string;
  readonly racy: boolean;
}

/** What was looked at becomes part of the fingerprint. */
function record(walk: Walk, real: string, stats: Stats): Stamp {
  const racy = isRacy(stats.ctimeMs, walk.nowMs);
  if (racy) walk.racy = true;
  walk.seen.push(real.startsWith(`${walk.root}/`) ? real.slice(walk.root.length + 1) : real);
  walk.stats.push(stats);
  return { text: `${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}:${stats.ino}:${stats.mode}`, racy };
}

const COARSE_CLOCK_MS = 2100; // file systems with whole or even seconds (FAT, old NFS)
const FINE_CLOCK_MS = 20; // a kernel tick is at most 10 ms

/** Every change moves ctime, which no program can set; a ctime in the future is never trusted. */
function isRacy(ctimeMs: number, nowMs: number): boolean {
  return ctimeMs + (ctimeMs % 1000 === 0 ? COARSE_CLOCK_MS : FINE_CLOCK_MS) > nowMs;
}

function unreadable(walk: Walk, path: string, error: unknown): void {
  const why = errnoOf(error) ?? String(error);
  refuse(walk, path, "source.unreadable", `cannot be read (${why})`, "Let packsync's user read it.");
}

function refuse(walk: Walk, path: string, code: string, message: string, hint: string): void {
  const file = printableName(path);
  walk.diagnostics.push({ severity: "error", code, message: `\`${file}\`: ${message}`, file, hint });
}
