import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { isSystemError } from "../errors.ts";
import { fsPath } from "../platform/names.ts";
import { type Fingerprint, stampOf } from "./fingerprint.ts";

/**
 * The bytes of a file of a source, as long as it is the very file that was judged.
 *
 * @param root the pack's directory in its source
 * @returns `undefined` where it is another one by now, too long, none at all, or somewhere else
 */
export function readJudgedFile(
  root: string,
  file: string,
  fingerprint: Fingerprint,
  maxBytes: number,
): Uint8Array | undefined {
  const judged = stampOf(fingerprint, file);
  if (judged === undefined) return undefined;
  let fd: number | undefined;
  try {
    const path = `${root}/${file}`;
    if (realpathSync.native(fsPath(path)) !== `${realpathSync.native(fsPath(root))}/${file}`) return undefined;
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    const isSame = stats.ctimeMs === judged.ctimeMs && stats.mtimeMs === judged.mtimeMs && stats.ino === judged.inode;
    return stats.isFile() && isSame && stats.size <= maxBytes ? readFileSync(fd) : undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
