import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { lstatIfAny } from "../platform/absence.ts";
import { fsPath } from "../platform/names.ts";
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
