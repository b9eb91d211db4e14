import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { isSystemError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { decodeName, fsPath } from "../platform/names.ts";

/** So many entries are looked at. */
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 64;

/** Whether a directory stands there itself: a symlink leads to what is somebody else's. */
export function isDirectory(path: string): boolean {
  try {
    return lstatIfAny(path)?.isDirectory() === true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false; // closed to us
  }
}

/** Every path below a directory that is none itself, by name only; no symlink is followed, nor is the root one. */
export async function pathsBelow(root: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const visit = async (relative: string, depth: number): Promise<void> => {
    for (const entry of await entriesOf(relative === "" ? root : `${root}/${relative}`)) {
      if (paths.length >= MAX_ENTRIES) return;
      const name = decodeName(entry.name);
      const path = relative === "" ? name : `${relative}/${name}`;
      if (!entry.isDirectory()) paths.push(path);
      else if (depth < MAX_DEPTH) await visit(path, depth + 1);
    }
  };
  if (isDirectory(root)) await visit("", 0);
  return paths;
}

/** What goes away meanwhile, or is closed to us, has none. */
async function entriesOf(directory: string): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(fsPath(directory), { withFileTypes: true, encoding: "buffer" });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [];
  }
}
