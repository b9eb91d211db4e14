import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from "node:fs";
import { errnoOf } from "../errors.ts";
import { componentDirectories, isDefinitionFile } from "../pack/layout.ts";
import { isAbsence } from "../platform/absence.ts";

/** A live pack's directory, as a catalog looks at it. */
export interface LiveFiles {
  /** Definitions, relative to the pack, sorted: regular files only. */
  readonly definitions: readonly string[];
  /** Whether a regular file stands there; asked for scripts beside definitions. */
  has(path: string): boolean;
  /** `undefined`: not there any more, no regular file, too large, or not within the pack. */
  read(path: string): Uint8Array | undefined;
}

/** Directories in which platforms look for definitions, and those below them. */
const DIRECTORIES: Readonly<Record<string, readonly string[]>> = {
  "": componentDirectories,
  actions: ["chains", "workflows"],
};

/**
 * @param root the pack's directory in the volume
 * @param maxSize of a definition, in bytes
 */
export function liveFiles(root: string, maxSize: number): LiveFiles {
  const files = new Set(filesIn(root, ""));
  return {
    definitions: [...files].filter(isDefinitionFile).sort(),
    has: (path) => files.has(path),
    read: (path) => (files.has(path) || isWithin(root, path) ? readBounded(`${root}/${path}`, maxSize) : undefined),
  };
}

/** Nobody's symlink is followed. */
function filesIn(root: string, directory: string): string[] {
  const prefix = directory === "" ? "" : `${directory}/`;
  const below = DIRECTORIES[directory] ?? [];
  return entriesOf(`${root}/${directory}`).flatMap((entry) => {
    if (entry.isFile()) return [prefix + entry.name];
    return entry.isDirectory() && below.includes(entry.name) ? filesIn(root, prefix + entry.name) : [];
  });
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** A workflow may lie anywhere, and a directory on the way to it may be somebody's symlink. */
function isWithin(root: string, path: string): boolean {
  try {
    return realpathSync.native(`${root}/${path}`).startsWith(`${realpathSync.native(root)}/`);
  } catch {
    return false;
  }
}

/** Without waiting for a FIFO's writer, nor following a symlink. */
function readBounded(path: string, maxSize: number): Uint8Array | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      return stat.isFile() && stat.size <= maxSize ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isAbsence(error) || errnoOf(error) === "ELOOP") return undefined;
    throw error;
  }
}
