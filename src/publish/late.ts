import { type BigIntStats, lstatSync, mkdirSync, rmdirSync, unlinkSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import {
  directoriesAbove,
  type FileIdentity,
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import { type PreservePolicy, preserveReason } from "../plan/preserve.ts";
import { fsPath } from "../platform/names.ts";
import { exchange, renameNoReplace } from "../platform/syscalls.ts";
import type { Manifest } from "./manifest.ts";

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
  readonly again?: true;
}

/**
 * Brings over what appeared, changed or vanished in a displaced tree, so that no foreign write is lost however late
 * it comes. Moving keeps the inode: who still has the file open goes on writing into the live tree.
 *
 * RACE: a writer may recreate a file in the live tree between the look at it and the rename over it. The window is
 * two system calls; nothing but the writer's own older version can be lost in it.
 */
export function bringOver(tree: DisplacedTree, live: string, scan: LiveScan, policy: PreservePolicy): LateWrites {
  const { by } = tree;
  const now = scan({
    root: tree.root,
    ledger: tree.was?.files ?? {},
    inspect: (path) => Object.hasOwn(by.files, path),
  });
  const moved: string[] = [];
  const kept: Record<string, FileIdentity> = {};
  if (now === undefined) return { moved, removed: [], kept };

  for (const [path, file] of now.files) {
    if (!isLate(path, file, tree)) continue;
    if (tryMove(tree.root, path, file, by, live, policy)) moved.push(path);
    else kept[path] = { inode: file.inode, mtimeNs: file.mtimeNs, size: file.size };
  }
  if (tree.again !== true) makeLateDirectories(now, tree, live);
  const removed = removeLate(now, by, live);
  const there = new Set(now.directories);
  for (const directory of by.directories
    .filter((path) => !there.has(path) && !directoriesAbove(Object.keys(by.files)).has(path))
    .reverse()) {
    try {
      rmdirSync(fsPath(`${live}/${directory}`));
    } catch {}
  }
  return { moved, removed, kept };
}

/** Anything that is neither ours, nor was carried over, nor was meant to stay behind. */
function isLate(path: string, file: LiveFile, { by }: DisplacedTree): boolean {
  if (file.ownership === "ours") return false;
  if (by.carried[path]?.inode === file.inode || by.files[path]?.inode === file.inode) return false;
  const displaced = by.displaced[path];
  return !(displaced?.inode === file.inode && displaced.mtimeNs === file.mtimeNs && displaced.size === file.size);
}

function mayMove(path: string, file: LiveFile, by: Manifest, live: string, policy: PreservePolicy): boolean {
  const there = lstatSync(fsPath(`${live}/${path}`), { bigint: true, throwIfNoEntry: false });
  if (there === undefined && by.carried[path] !== undefined) return false;
  if (there === undefined) return parentsOf(path).every((parent) => !isFile(`${live}/${parent}`));
  const inode = String(there.ino);
  const published = Object.hasOwn(by.files, path) ? by.files[path] : undefined;
  if (published === undefined) return isSame(by.carried[path], there);
  if (published.inode !== inode || file.elf === undefined) return false;
  return preserveReason({ ...file, elf: file.elf }, published, by.memory[path] ?? {}, policy) !== undefined;
}

function isFile(path: string): boolean {
  return lstatSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() === false;
}

function inodeAt(path: string): string | undefined {
  const stats = lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
  return stats && String(stats.ino);
}

function tryMove(
  root: string,
  path: string,
  file: LiveFile,
  by: Manifest,
  live: string,
  policy: PreservePolicy,
): boolean {
  const [from, to] = [`${root}/${path}`, `${live}/${path}`];
  for (;;) {
    const there = inodeAt(to);
    if (!mayMove(path, file, by, live, policy)) return false;
    for (const parent of parentsOf(path)) mkdirSync(fsPath(`${live}/${parent}`), { recursive: true });
    try {
      if (there === undefined) {
        renameNoReplace(from, to);
        return true;
      }
      exchange(from, to);
    } catch (error) {
      if (errnoOf(error) === "EEXIST" || errnoOf(error) === "ENOENT") continue;
      throw error;
    }
    if (inodeAt(from) === there) return true;
    exchange(from, to); // somebody was faster: theirs is newer
  }
}

function makeLateDirectories(now: LiveSnapshot, { was, by }: DisplacedTree, live: string): void {
  const known = new Set([...(was?.directories ?? []), ...by.directories]);
  for (const directory of now.directories.filter((path) => !known.has(path))) {
    const blocked = [...parentsOf(directory), directory].some((path) => isFile(`${live}/${path}`));
    if (!blocked) mkdirSync(fsPath(`${live}/${directory}`), { recursive: true });
  }
}

/** Only the very file that was carried is removed: what its owner has written anew in the live tree stays. */
function removeLate(now: LiveSnapshot, by: Manifest, live: string): string[] {
  const gone = Object.entries(by.carried).filter(([path]) => !now.files.has(path));
  return gone.flatMap(([path, carried]) => {
    const there = lstatSync(fsPath(`${live}/${path}`), { bigint: true, throwIfNoEntry: false });
    if (there === undefined || !isSame(carried, there)) return [];
    unlinkSync(fsPath(`${live}/${path}`));
    return [path];
  });
}

function isSame(carried: Manifest["carried"][string] | undefined, { ino, birthtimeNs }: BigIntStats): boolean {
  return carried?.inode === String(ino) && carried.birthtimeNs === String(birthtimeNs);
}
