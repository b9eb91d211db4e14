import { directoriesAbove, parentsOf } from "../../src/pack/snapshot.ts";
import type { ModelFile } from "./content.ts";

/** A directory in memory: every file in it, and every directory, also the empty ones. */
export interface Tree {
  readonly files: Map<string, ModelFile>;
  readonly directories: Set<string>;
}

export function treeOf(files: Iterable<readonly [string, ModelFile]>, directories: Iterable<string> = []): Tree {
  const known = new Map(files);
  return { files: known, directories: directoriesAbove(known.keys()).union(withParents(directories)) };
}

/** Writes a file, as somebody would who removes what is in the way first. */
export function put({ files, directories }: Tree, path: string, file: ModelFile): void {
  for (const parent of parentsOf(path)) {
    files.delete(parent);
    directories.add(parent);
  }
  for (const each of [...files.keys(), ...directories]) {
    if (!isAtOrBelow(each, path)) continue;
    files.delete(each);
    directories.delete(each);
  }
  files.set(path, file);
}

/** @returns what there is of both, to be compared and shown. */
export function listing({ files, directories }: Tree): Record<string, string> {
  const lines = Array.from(files, ([path, { content, mode }]) => [path, `${mode.toString(8)} ${content}`] as const);
  const all = [...lines, ...Array.from(directories, (path) => [path, "directory"] as const)];
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function isAtOrBelow(path: string, above: string): boolean {
  return `${path}/`.startsWith(`${above}/`);
}

function withParents(directories: Iterable<string>): Set<string> {
  return new Set([...directories].flatMap((path) => [...parentsOf(path), path]));
}
