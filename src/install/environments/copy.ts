import { chownSync, cpSync, lchownSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lstatIfAny } from "../../platform/absence.ts";
import { listNames } from "../../platform/names.ts";
import type { Owner } from "../../platform/ownership.ts";
import type { NeededFile } from "./requirements.ts";

/** Writes files as they were read: the pack may change meanwhile. */
export function copyInto(directory: string, files: readonly NeededFile[], owner: Owner | undefined): void {
  for (const { path, content } of files) {
    const target = join(directory, path);
    makeDirectories(dirname(target), owner);
    writeFileSync(target, content, { flag: "wx" });
    if (owner !== undefined) chownSync(target, owner.uid, owner.gid);
  }
}

/** Copies files and whole directories; links stay links. */
export function copyTrees(from: string, to: string, paths: readonly string[], owner: Owner | undefined): void {
  for (const path of new Set(paths)) {
    makeDirectories(dirname(join(to, path)), owner);
    cpSync(realpathSync(join(from, path)), join(to, path), { recursive: true, verbatimSymlinks: true });
    give(join(to, path), owner);
  }
}

function makeDirectories(directory: string, owner: Owner | undefined): void {
  if (lstatIfAny(directory) !== undefined) return;
  makeDirectories(dirname(directory), owner);
  mkdirSync(directory);
  if (owner !== undefined) lchownSync(directory, owner.uid, owner.gid);
}

function give(path: string, owner: Owner | undefined): void {
  if (owner === undefined) return;
  lchownSync(path, owner.uid, owner.gid);
  if (lstatIfAny(path)?.isDirectory() === true) for (const name of listNames(path)) give(join(path, name), owner);
}
