import { lstatSync, type Stats } from "node:fs";
import { errnoOf } from "../errors.ts";
import { fsPath } from "./names.ts";

const IF_ANY = { throwIfNoEntry: false } as const;

/** Whether a system call failed because nothing is there: no entry of that name, or no directory on the way to it. */
export function isAbsence(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOENT" || errno === "ENOTDIR";
}

/** `throwIfNoEntry` knows ENOENT only: a path below something that became a file is not there either. */
export function lstatIfAny(path: string): Stats | undefined {
  try {
    return lstatSync(fsPath(path), IF_ANY);
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}
