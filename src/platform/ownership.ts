import { chownSync } from "node:fs";
import { lstatIfAny } from "./absence.ts";
import { fsPath, listNames } from "./names.ts";

/** Who owns what packsync makes. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Gives what was just made to its owner. Without one it stays with the process's own user. */
export function adopt(path: string, owner: Owner | undefined): void {
  if (owner !== undefined) chownSync(fsPath(path), owner.uid, owner.gid);
}

/** The same for a tree; links stay as they are. */
export function adoptTree(path: string, owner: Owner | undefined): void {
  const stats = owner && lstatIfAny(path);
  if (stats === undefined || stats.isSymbolicLink()) return;
  adopt(path, owner);
  if (stats.isDirectory()) for (const name of listNames(path)) adoptTree(`${path}/${name}`, owner);
}

/** The owner to give files to, or `undefined` when they get it anyway: a `chown` saved is a system call saved. */
export function ownerToSet(wanted: Owner | undefined): Owner | undefined {
  const isOwn = wanted?.uid === process.geteuid?.() && wanted?.gid === process.getegid?.();
  return isOwn ? undefined : wanted;
}
