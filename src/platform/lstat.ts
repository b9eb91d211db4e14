import { type BigIntStats, lstatSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { fsPath } from "./names.ts";

/** @returns `undefined` when nothing is there; a path below a file is not there either. */
export function lstatIfAny(path: string): BigIntStats | undefined {
  try {
    return lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) !== "ENOTDIR") throw error;
    return undefined;
  }
}
