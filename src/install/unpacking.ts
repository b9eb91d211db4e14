import { closeSync, constants, fchmodSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../errors.ts";
import { entryPath, refused } from "./entry-path.ts";
import { downloadFailed } from "./failure.ts";
import type { Limits } from "./limits.ts";

/** Where the entries of an archive go, one after another. Each call throws when the archive is hostile. */
export interface Unpacking {
  directory(name: string): void;
  /** No other entry before this one is disposed of. */
  file(name: string, executable: ExecuteBit): UnpackedFile;
  /** For each piece that comes out of the decompressor, whether it is of a file or not. */
  count(bytes: number): void;
}

export type ExecuteBit = "executable" | "plain";

export interface UnpackedFile extends Disposable {
  append(bytes: Uint8Array): void;
}

/** What costs nothing to keep: an archive of this size is no bomb, whatever its ratio. */
const HARMLESS_BYTES = 16 * 2 ** 20;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes below `root`, a directory that only this process knows, and that starts empty.
 *
 * Nothing can get out of it: names are checked, links are never made, and no file is opened that is there already.
 *
 * @param archiveBytes how long the archive is
 */
export function unpacking(root: string, archiveBytes: number, limits: Limits): Unpacking {
  let entries = 0;
  let bytes = 0;
  const most = Math.min(limits.unpackedBytes, Math.max(HARMLESS_BYTES, archiveBytes * limits.ratio));
  const count = (more: number): void => {
    bytes += more;
    if (bytes > most) throw tooMuch(`at most ${most} bytes in an archive of ${archiveBytes}`, "more");
  };
  const enter = (name: string): readonly string[] => {
    entries += 1;
    if (entries > limits.entries) throw tooMuch(`at most ${limits.entries} entries in an archive`, "more");
    return entryPath(name);
  };
  return {
    count,
    directory(name) {
      makeDirectories(root, enter(name), name);
    },
    file(name, executable) {
      const path = enter(name);
      if (path.length === 0) throw refused(name, "a file without a name");
      makeDirectories(root, path.slice(0, -1), name);
      return writer(createFile(join(root, ...path), name), executable);
    },
  };
}

function writer(fd: number, executable: ExecuteBit): UnpackedFile {
  return {
    append(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    },
    [Symbol.dispose]() {
      if (executable === "executable") fchmodSync(fd, 0o755);
      closeSync(fd);
    },
  };
}

function createFile(path: string, name: string): number {
  try {
    return openSync(path, CREATE, 0o644);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw refused(name, "a name twice");
  }
}

function makeDirectories(root: string, path: readonly string[], name: string): void {
  try {
    mkdirSync(join(root, ...path), { recursive: true, mode: 0o755 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST" && errnoOf(error) !== "ENOTDIR") throw error;
    throw refused(name, "a file where a directory is");
  }
}

function tooMuch(expected: string, got: string) {
  return downloadFailed(`Expected ${expected}, got ${got}`);
}
