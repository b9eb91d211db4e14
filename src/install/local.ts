import { cpSync, lstatSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { isSystemError, PacksyncError } from "../errors.ts";
import { printableName } from "../platform/names.ts";
import { downloadFailed, reasonOf } from "./failure.ts";
import type { Limits } from "./limits.ts";

/** Copies a directory without `.git`, links as links. Whatever is neither file, directory nor link is refused unopened. */
export function copyDirectory(from: string, into: string, { entries: most, unpackedBytes }: Limits): void {
  let entries = 0;
  let bytes = 0;
  const root = realpathSync(from);
  const filter = (path: string): boolean => {
    const stats = lstatSync(path);
    if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink())
      throw downloadFailed(`Expected files and directories, got \`${printableName(path)}\``);
    entries += 1;
    bytes += stats.isFile() ? stats.size : 0;
    if (entries > most || bytes > unpackedBytes)
      throw downloadFailed(`Expected a directory of at most ${most} entries and ${unpackedBytes} bytes, got more`);
    return path === root || basename(path) !== ".git";
  };
  try {
    cpSync(root, into, {
      recursive: true,
      verbatimSymlinks: true,
      errorOnExist: true,
      force: false,
      filter,
    });
  } catch (error) {
    if (error instanceof PacksyncError || isSystemError(error)) throw error;
    throw downloadFailed(`Expected to copy \`${printableName(from)}\`, got ${reasonOf(error)}`, { cause: error });
  }
}
