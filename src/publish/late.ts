import { rmdirSync, type Stats, unlinkSync } from "node:fs";
import { errnoOf, isSystemError } from "../errors.ts";
import {
  entryAt,
  type FileIdentity,
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import { decideFile, isElfFile } from "../plan/decide.ts";
import type { PackPolicy } from "../plan/preserve.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath } from "../platform/names.ts";
import { makeLike } from "./directories.ts";
import { moveNew, swap } from "./exchange.ts";
import type { CarriedFile, Manifest } from "./manifest.ts";

/** Looks at a tree of the volume; the scan stage has the implementation. */
export type LiveScan = (request: {
  readonly root: string;
  readonly ledger: Readonly<Record<string, LedgerFile>>;
  readonly inspect: (path: string) => boolean;
}) => LiveSnapshot | undefined;

/**
 * What others did to a pack's directory between the moment it was scanned and the moment it was displaced, or later,
 * through a working directory that still stands in it. Paths are relative to the pack.
 */
export interface LateWrites {
  /** Brought over to the live tree. */
  readonly moved: readonly string[];
  /** Removed by their owner: removed from the live tree, too. */
  readonly removed: readonly string[];
  /** Not brought over, because the live tree has something newer there; they stay in history, for good. */
  readonly kept: Readonly<Record<string, FileIdentity>>;
}

export interface DisplacedTree {
  /** Where the displaced tree stands now. */
  readonly root: string;
  /** The release that it was; `undefined`: packsync had published nothing of it. */
  readonly was: Manifest | undefined;
  /** The release that displaced it: knows what was carried over. */
  readonly by: Manifest;
  /** The pack's directory in the volume. */
  readonly live: string;
  readonly policy: PackPolicy;
  /** `again`: it was compared before, so empty directories in it are no news. */
  readonly time: "first" | "again";
}

/**
 * Brings over what appeared, changed or vanished in a displaced tree, so that no foreign write is lost however late
 * it comes. Moving keeps the inode: who still has the file open goes on writing into the live tree. What cannot be
 * moved, for whatever reason, stays where it is and is `kept`.
 */
export function bringOver(tree: DisplacedTree, scan: LiveScan): LateWrites {
  const { root, was, by } = tree;
  const now = scan({ root, ledger: was?.files ?? {}, inspect: (path) => Object.hasOwn(by.files, path) });
  if (now === undefined) return NO_LATE_WRITES;
  const removed = removeLate(now, tree);
  if (tree.time === "first") makeLateDirectories(now, tree);

  const late = [...now.files].filter(([path, file]) => isLate(path, file, tree));
  const moved = late.filter(([path, file]) => tryMove(path, file, tree)).map(([path]) => path);
  const done = new Set(moved);
  const kept = late.filter(([path]) => !done.has(path)).map(([path, file]) => [path, identityOf(file)] as const);
  return { moved, removed, kept: Object.fromEntries(kept) };
}

export const NO_LATE_WRITES: LateWrites = { moved: [], removed: [], kept: {} };

function identityOf({ inode, mtimeMs, size }: LiveFile): FileIdentity {
  return { inode, mtimeMs, size };
}

/**
 * Only the very file that was carried out of this tree is removed: what its owner has written anew in the live tree stays. A directory
 * of theirs goes when it is empty.
 *
 * RACE: what its owner wrote and removed within one tick of the clock comes back, for it may have been written since.
 * RACE: what its owner makes anew in the live tree between the look at it and its removal goes, too.
 */
function removeLate(now: LiveSnapshot, { by, live }: DisplacedTree): string[] {
  const returned = new Set(by.returned);
  const gone = Object.keys(by.carried).filter((path) => !now.files.has(path) && !returned.has(path));
  const removed = gone.filter((path) => {
    const there = lstatIfAny(`${live}/${path}`);
    if (there === undefined || !isSame(entryAt(by.carried, path), there) || isWrittenSince(there)) return false;
    return succeeds(() => unlinkSync(fsPath(`${live}/${path}`)));
  });
  const directories = new Set(now.directories);
  for (const path of by.carriedDirectories.toReversed())
    if (!directories.has(path)) succeeds(() => rmdirSync(fsPath(`${live}/${path}`)));
  return removed;
}

/** What others make impossible at this moment is left as it is: a publish that is live must come to its end. */
function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** Removing one of its names moves a file's ctime, writing moves both: its owner wrote it after the removal. */
function isWrittenSince({ ctimeMs, mtimeMs }: Stats): boolean {
  return mtimeMs >= ctimeMs;
}

function makeLateDirectories(now: LiveSnapshot, tree: DisplacedTree): void {
  const known = [tree.was, tree.by].flatMap((release) => [
    ...(release?.directories ?? []),
    ...(release?.carriedDirectories ?? []),
  ]);
  const late = new Set(now.directories).difference(new Set(known));
  for (const path of late)
    if (!isBehindFile(`${path}/`, tree)) succeeds(() => makeDirectories([...parentsOf(path), path], tree));
}

/** Like the displaced ones, so that their owner can go on working in them. */
function makeDirectories(paths: readonly string[], { root, live }: DisplacedTree): void {
  makeLike(live, root);
  for (const path of paths) makeLike(`${live}/${path}`, `${root}/${path}`);
}

/** Anything that is neither ours, nor was carried over, nor was meant to stay behind. */
function isLate(path: string, { ownership, digest, ...file }: LiveFile, { by }: DisplacedTree): boolean {
  if (ownership === "ours") return false;
  const published = entryAt(by.files, path);
  if (entryAt(by.carried, path)?.inode === file.inode || published?.inode === file.inode) return false;
  if (digest !== undefined && digest === published?.digest) return false; // the live tree has these bytes
  const displaced = entryAt(by.displaced, path);
  return !(displaced?.inode === file.inode && displaced.mtimeMs === file.mtimeMs && displaced.size === file.size);
}

/** Somebody who writes the same path all the time is followed only so often. */
const TRIES = 100;

/** @returns whether the file is in the live tree now, or in no tree any more. */
function tryMove(path: string, file: LiveFile, tree: DisplacedTree): boolean {
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const there = lstatIfAny(`${tree.live}/${path}`);
      if (lstatIfAny(`${tree.root}/${path}`) === undefined) return true;
      if (!mayMove(path, file, there, tree)) return false;
      if (moveOnto(path, there, tree)) return true;
    }
    return false;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

function mayMove(path: string, file: LiveFile, there: Stats | undefined, tree: DisplacedTree): boolean {
  const { by, policy } = tree;
  if (there === undefined) return !Object.hasOwn(by.carried, path) && !isBehindFile(path, tree);
  const published = entryAt(by.files, path);
  if (published === undefined) return isSame(entryAt(by.carried, path), there);
  if (published.inode !== there.ino || !isElfFile(file)) return false;
  const meeting = { path, next: published, prev: file, memory: entryAt(by.memory, path) ?? {} };
  const decision = decideFile(meeting, policy);
  return decision !== "keep" && decision.kind === "preserve";
}

/** Whether the live tree has a file where `path` needs a directory. */
function isBehindFile(path: string, { live }: DisplacedTree): boolean {
  return parentsOf(path).some((parent) => lstatIfAny(`${live}/${parent}`)?.isDirectory() === false);
}

/** @param there what the live tree had there a moment ago; @returns `false` when that is not so any more */
function moveOnto(path: string, there: Stats | undefined, tree: DisplacedTree): boolean {
  const [from, to] = [`${tree.root}/${path}`, `${tree.live}/${path}`];
  makeDirectories(parentsOf(path), tree);
  try {
    if (there === undefined) moveNew(from, to);
    else swap(from, to);
  } catch (error) {
    if (errnoOf(error) === "EEXIST" || errnoOf(error) === "ENOENT") return false;
    throw error;
  }
  if (there === undefined || lstatIfAny(from)?.ino === there.ino) return true;
  swap(from, to); // somebody was faster: theirs is newer
  return false;
}

function isSame(carried: CarriedFile | undefined, { ino, birthtimeMs }: Stats): boolean {
  return carried?.inode === ino && carried.birthtimeMs === birthtimeMs;
}
