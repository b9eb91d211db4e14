import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";

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

/** Removes a tree of packsync's own, also one whose directories nobody may write: Go's module cache is such. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== "EACCES") throw error;
    makeWritable(path);
    rmSync(path, { recursive: true, force: true });
  }
}

/** Directories only: no other tree shares these, as it may share files. */
function makeWritable(directory: string): void {
  if (lstatIfAny(directory)?.isDirectory() !== true) return;
  chmodSync(fsPath(directory), 0o700);
  for (const name of listNames(directory)) makeWritable(`${directory}/${name}`);
}
