import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import { isDefinitionFile } from "../pack/layout.ts";
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

/** Directories in which platforms look for definitions, and their scripts. */
const DIRECTORIES = [
  "",
  "actions",
  "actions/chains",
  "actions/workflows",
  "aliases",
  "caches",
  "dashboards",
  "permission_sets",
  "policies",
  "queues",
  "rules",
  "runtimes",
  "sensors",
  "triggers",
  "workflows",
];

/**
 * @param root the pack's directory in the volume
 * @param maxSize of a definition, in bytes
 */
export function liveFiles(root: string, maxSize: number): LiveFiles {
  const files = new Set(DIRECTORIES.flatMap((directory) => filesIn(root, directory)));
  return {
    definitions: [...files].filter(isDefinitionFile).sort(),
    has: (path) => files.has(path),
    read: (path) => (isWithin(root, path) ? readBounded(`${root}/${path}`, maxSize) : undefined),
  };
}

function filesIn(root: string, directory: string): string[] {
  try {
    const entries = readdirSync(`${root}/${directory}`, { withFileTypes: true });
    const prefix = directory === "" ? "" : `${directory}/`;
    return entries.filter((entry) => entry.isFile()).map(({ name }) => prefix + name);
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
