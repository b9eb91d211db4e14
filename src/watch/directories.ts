import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { errnoOf, isSystemError } from "../errors.ts";
import { isLitter } from "../pack/layout.ts";
import { isAbsence } from "../platform/absence.ts";
import { decodeName, fsPath } from "../platform/names.ts";
import type { Handles, OnEvent } from "./handles.ts";

/** A watched directory. `pack`: the name of the pack's directory that it belongs to; `undefined` for the source's own. */
export interface Directory {
  readonly path: string;
  readonly pack: string | undefined;
  readonly depth: number;
  readonly identity: string;
  readonly children: Map<string, Directory>;
  /** Names of directories that could not be watched or listed, when they were tried last. */
  readonly unseen: Set<string>;
  readonly handle: Disposable;
  isClosed: boolean;
}

/** What a tree of directories needs of those around it. */
export interface Surroundings {
  readonly handles: Handles;
  readonly onEvent: (directory: Directory, ...event: Parameters<OnEvent>) => void;
  /** A directory is watched now that was not before: whatever is in it was never announced. */
  readonly onNew: (directory: Directory) => void;
  readonly onFailure: (error: unknown) => void;
  readonly later: (task: () => void) => void;
}

/** The scan goes no deeper (`limits.depth`). */
const MAX_DEPTH = 66;

/** Watches one directory, but nothing below it yet. `identity` is what stood there a moment ago. */
export function openDirectory(
  about: Pick<Directory, "path" | "pack" | "depth" | "identity">,
  { handles, onEvent, onFailure }: Surroundings,
): Directory {
  const handle = handles.open(about.path, (...event) => onEvent(directory, ...event), onFailure);
  const directory: Directory = { ...about, children: new Map(), unseen: new Set(), handle, isClosed: false };
  return directory;
}

/** No longer watches this directory and all below it. */
export function closeDirectory(directory: Directory): void {
  directory.isClosed = true;
  directory.handle[Symbol.dispose]();
  for (const child of directory.children.values()) closeDirectory(child);
}

/**
 * Watches what is in a directory that is watched itself, all the way down: what comes later is announced, so nothing is
 * missed. What is watched already stays; what is gone no longer is. Directories are listed one a task.
 */
export function listDirectory(directory: Directory, around: Surroundings): void {
  if (directory.isClosed) return;
  let names: ReadonlySet<string>;
  try {
    names = directoriesIn(directory.path);
  } catch (error) {
    // What is gone is announced in the directory above, and so is when it may be read again.
    if (!isAbsence(error) && !isForbidden(error)) around.onFailure(error);
    return;
  }
  for (const name of directory.children.keys()) if (!names.has(name)) dropChild(directory, name);
  for (const name of names) if (!isSkipped(directory, name)) adoptChild(directory, name, around);
}

/** Most names are UTF-8: strings come much faster than bytes. */
function directoriesIn(path: string): ReadonlySet<string> {
  const names = directoryNames(readdirSync(fsPath(path), { withFileTypes: true }));
  if (!names.some((name) => name.includes("\uFFFD"))) return new Set(names);
  const bytes = directoryNames(readdirSync(fsPath(path), { withFileTypes: true, encoding: "buffer" }));
  return new Set(bytes.map(decodeName));
}

function directoryNames<Name extends string | Buffer>(entries: readonly Dirent<Name>[]): Name[] {
  return entries.filter((each) => each.isDirectory()).map(({ name }) => name);
}

/** Watches a directory in another one, and what is in it; a directory that is watched already is only listed again. */
export function adoptChild(parent: Directory, name: string, around: Surroundings): void {
  try {
    const path = `${parent.path}/${name}`;
    const identity = identityOf(lstatSync(fsPath(path)));
    const known = parent.children.get(name);
    if (identity === NO_DIRECTORY) dropChild(parent, name);
    else if (known?.identity === identity) around.later(() => listDirectory(known, around));
    else replaceChild(parent, name, { path, pack: parent.pack ?? name, depth: parent.depth + 1, identity }, around);
  } catch (error) {
    dropChild(parent, name);
    if (isAbsence(error)) return; // a moment ago it was there: its going is announced
    parent.unseen.add(name);
    if (!isForbidden(error)) around.onFailure(error);
  }
}

/** @returns whether it was known */
export function dropChild(parent: Directory, name: string): boolean {
  const child = parent.children.get(name);
  if (child !== undefined) closeDirectory(child);
  return parent.children.delete(name) || parent.unseen.delete(name);
}

/** What the scan never looks at: litter anywhere, in a source also what begins with a dot, such as its own `.git`. */
export function isSkipped({ pack, depth }: Directory, name: string): boolean {
  if (isLitter(name) || depth >= MAX_DEPTH) return true;
  return pack === undefined && (name.startsWith(".") || name === "lost+found");
}

/** A directory keeps its watch when it moves; ext4 gives a removed one's inode to the next, born later. */
export function identityOf(stats: Stats): string {
  return stats.isDirectory() ? `${stats.dev}:${stats.ino}:${stats.birthtimeMs}` : NO_DIRECTORY;
}

export const NO_DIRECTORY = "no directory";

function replaceChild(
  parent: Directory,
  name: string,
  about: Pick<Directory, "path" | "pack" | "depth" | "identity">,
  around: Surroundings,
): void {
  dropChild(parent, name);
  const child = openDirectory(about, around);
  parent.children.set(name, child);
  // A symlink may have taken its place in between, and `fs.watch` would have followed it.
  if (identityOf(lstatSync(fsPath(about.path))) !== about.identity) dropChild(parent, name);
  else {
    around.onNew(child);
    around.later(() => listDirectory(child, around));
  }
}

/** One directory that packsync may not read is a finding of its pack, and no reason to doubt the rest. */
function isForbidden(error: unknown): boolean {
  return isSystemError(error) && (errnoOf(error) === "EACCES" || errnoOf(error) === "EPERM");
}
