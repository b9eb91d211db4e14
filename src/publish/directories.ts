import { chmodSync, chownSync, mkdirSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath, listNames } from "../platform/names.ts";
import { copyAttributes } from "../platform/syscalls.ts";

/** Gives a directory the owner, mode and ACLs that another one has; where that is none, nothing. */
export function likeDirectory(path: string, model: string): void {
  const wanted = lstatIfAny(model);
  const made = lstatIfAny(path);
  if (wanted?.isDirectory() !== true || made === undefined) return;
  if (made.uid !== wanted.uid || made.gid !== wanted.gid) chownSync(fsPath(path), wanted.uid, wanted.gid);
  if (made.mode !== wanted.mode) chmodSync(fsPath(path), wanted.mode & 0o7777);
  copyAttributes(model, path);
}

/** Makes a directory like another one, unless something is there already. */
export function makeLike(path: string, model: string): void {
  if (lstatIfAny(path) !== undefined) return;
  mkdirSync(fsPath(path));
  likeDirectory(path, model);
}

/**
 * Removes a tree of packsync's own, also one whose directories nobody may write: Go's module cache is such. `rmSync` is
 * fast, but of most failures it does not say what they were: what it leaves is removed entry by entry.
 */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    removeEntry(path);
  }
}

function removeEntry(path: string): void {
  const there = lstatIfAny(path);
  if (there?.isDirectory() !== true) {
    removeFile(path);
    return;
  }
  if ((there.mode & 0o700) !== 0o700) chmodSync(fsPath(path), 0o700); // only directories: no other tree shares these
  for (const name of listNames(path)) removeEntry(`${path}/${name}`);
  rmdirSync(fsPath(path));
}

/** Removes a file, if there is one. */
export function removeFile(path: string): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
