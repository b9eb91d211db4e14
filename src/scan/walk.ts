import { lstatSync, realpathSync, type Stats } from "node:fs";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isLitter } from "../pack/layout.ts";
import { isAbsence, lstatIfAny } from "../platform/absence.ts";
import { decodeName, listNames } from "../platform/names.ts";
import { createFingerprint, type Fingerprint } from "./fingerprint.ts";
import { readPackIgnore } from "./pack-ignore.ts";
import { addFile, cannotRead, checkNumber, record, refuse, startWalk, type Walk } from "./walking.ts";

/** Bounds that keep one pack from taking the machine. Sizes in bytes. */
export interface ScanLimits {
  readonly maxFiles: number;
  readonly maxFileSize: number;
  readonly maxPackSize: number;
  readonly maxDefinitionSize: number;
  /** What else says how packs are judged: under other rules an unchanged pack is looked at anew. */
  readonly rules?: string;
}

/**
 * One file that the pack in the source would publish. `real` is what to open: the path itself, or where a symlink
 * inside the pack leads. `name` is what the fingerprint calls it.
 */
export interface WalkedFile {
  readonly path: string;
  readonly real: string;
  readonly size: number;
  readonly executable: boolean;
  readonly name: string;
}

/** One look at a pack's directory in its source; nothing was read but names and `lstat`s. */
export interface SourceWalk {
  readonly files: readonly WalkedFile[];
  readonly directories: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Everything that was looked at, with its stamp. */
  readonly fingerprint: Fingerprint;
  /** Which stamps are too young to be remembered, by position. */
  readonly young: readonly number[];
  /** Whether a limit ended it: there is more than it saw. */
  readonly stopped: boolean;
}

const TYPE_MASK = 0o170_000;
const TYPE_DIRECTORY = 0o040_000;
const TYPE_FILE = 0o100_000;
const TYPE_SYMLINK = 0o120_000;
const MAX_DEPTH = 64;

/**
 * Walks one pack in its source. Symlinks that stay inside the pack count as what they point at; everything that must
 * not be published (special files, escaping links, undecodable names, what cannot be read) becomes a diagnostic and is
 * never opened.
 *
 * @throws ENOENT or ENOTDIR when there is no such directory
 */
export function walkSource(root: string, limits: ScanLimits, nowMs: number): SourceWalk {
  const walk = startWalk(root, limits, nowMs);
  try {
    const stats = lstatSync(root);
    record(walk, root, stats);
    if (stats.isSymbolicLink()) refuse(walk, ".", "source.escaping_symlink", "the pack became a symlink", "Remove it.");
    else visitDirectory(walk, root, "", []);
  } catch (error) {
    if (isAbsence(error)) throw error;
    cannotRead(walk, ".", error);
  }
  const { files, directories, diagnostics, young, stopped } = walk;
  return {
    files,
    directories,
    diagnostics,
    fingerprint: createFingerprint(limits, walk.seen, walk.stats),
    young,
    stopped,
  };
}

function visitDirectory(walk: Walk, real: string, relative: string, ancestors: readonly string[]): void {
  const names = listNames(real);
  if (relative === "" && names.includes(".packignore")) walk.ignored = readPackIgnore(walk);
  for (const name of names) {
    if (walk.stopped) return;
    const path = relative === "" ? name : `${relative}/${name}`;
    if (isLitter(name)) continue;
    if (name.isWellFormed()) visitEntry(walk, `${real}/${name}`, path, ancestors);
    else refuse(walk, path, "source.undecodable_name", "the name is not valid UTF-8", "Rename it.");
    checkNumber(walk, path);
  }
}

function visitEntry(walk: Walk, real: string, path: string, ancestors: readonly string[]): void {
  let stats: Stats;
  try {
    stats = lstatSync(real);
  } catch (error) {
    cannotRead(walk, path, error);
    return;
  }
  const type = stats.mode & TYPE_MASK;
  const isIgnored = path !== "pack.yaml" && walk.ignored?.ignores(type === TYPE_DIRECTORY ? `${path}/` : path) === true;
  if (isIgnored) return;
  const visit = type === TYPE_SYMLINK ? visitLink : visitTarget;
  visit(walk, real, path, stats, ancestors);
}

function visitTarget(walk: Walk, real: string, path: string, stats: Stats, ancestors: readonly string[]): void {
  const type = stats.mode & TYPE_MASK;
  const name = record(walk, real, stats);
  if (type === TYPE_FILE) {
    addFile(walk, { path, real, name }, stats);
  } else if (type !== TYPE_DIRECTORY) {
    const problem = "expected a regular file, got a FIFO, socket or device";
    refuse(walk, path, "source.special_file", problem, "Remove it.");
  } else if (ancestors.length >= MAX_DEPTH) {
    refuse(walk, path, "limits.depth", `expected at most ${MAX_DEPTH} nested directories`, "Flatten the pack.");
  } else {
    walk.directories.push(path);
    visitBelow(walk, real, path, ancestors);
  }
}

function visitBelow(walk: Walk, real: string, path: string, ancestors: readonly string[]): void {
  try {
    visitDirectory(walk, real, path, [...ancestors, real]);
  } catch (error) {
    cannotRead(walk, path, error);
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
    const targetStats = lstatIfAny(target);
    if (targetStats !== undefined) visitTarget(walk, target, path, targetStats, ancestors);
  }
}

function resolveLink(path: string): string | undefined {
  try {
    return decodeName(realpathSync.native(path, "buffer"));
  } catch {
    return undefined;
  }
}
