import type { Stats } from "node:fs";
import { describeBinary } from "../cycle/preserved.ts";
import { entryAt } from "../pack/snapshot.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { printableName } from "../platform/names.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { FileRow } from "./documents.ts";
import { pathsBelow } from "./tree.ts";

/** The part of a pack's files that is asked for. */
export interface FilesPart {
  /** Those behind this path. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Those whose path has this in it, in whatever case. */
  readonly search: string | undefined;
}

type Published = Pick<Manifest, "files" | "memory">;

/** A pack's files in the volume, sorted by path. @param manifest `undefined`: nothing of it is packsync's */
export async function pathsOf(root: string, manifest: Published | undefined): Promise<readonly string[]> {
  return [...new Set([...Object.keys(manifest?.files ?? {}), ...(await pathsBelow(root))])].sort();
}

/** Those of a part; only they are looked at. */
export function fileRows(
  paths: readonly string[],
  { after, limit, search }: FilesPart,
  at: { readonly root: string; readonly manifest: Published | undefined },
): { readonly files: FileRow[]; readonly total: number } {
  const wanted = search?.toLowerCase();
  const shown = paths.map((path) => ({ path, name: printableName(path) }));
  const found = wanted === undefined ? shown : shown.filter(({ name }) => name.toLowerCase().includes(wanted));
  const first = after === undefined ? 0 : behind(found, after);
  const part = found.slice(first, first + limit);
  return { total: found.length, files: part.map(({ path, name }) => fileRow(path, name, at)) };
}

/** Where a page goes on, also if its last file is gone. */
function behind(files: readonly { readonly path: string; readonly name: string }[], after: string): number {
  const last = files.findIndex(({ name }) => name === after);
  if (last >= 0) return last + 1;
  const next = files.findIndex(({ path }) => path > after);
  return next < 0 ? files.length : next;
}

function fileRow(
  path: string,
  name: string,
  { root, manifest }: { readonly root: string; readonly manifest: Published | undefined },
): FileRow {
  const published = entryAt(manifest?.files, path);
  const stats = lookAt(`${root}/${path}`);
  const fate = fateOf(path, manifest);
  const isChanged = stats !== undefined && published !== undefined && !isStill(stats, published);
  const notes = [
    ...(stats === undefined ? ["it is not there any more"] : isChanged ? ["somebody else changed it"] : []),
    ...(stats !== undefined && !stats.isFile() && !stats.isSymbolicLink() ? ["a special file"] : []),
    ...(published?.elf === undefined ? [] : [describeBinary(published.elf)]),
    ...(fate === "preserved" ? ["the source has another one"] : []),
  ];
  return {
    path: name,
    fate,
    kind: stats?.isSymbolicLink() === true ? "symlink" : "file",
    size: stats?.size ?? published?.size ?? 0,
    mode: ((stats?.mode ?? published?.mode ?? 0) & 0o7777).toString(8),
    note: notes.join("; ") || null,
  };
}

function isStill(stats: Stats, { inode, mtimeMs, size }: Published["files"][string]): boolean {
  return stats.ino === inode && stats.mtimeMs === mtimeMs && stats.size === size;
}

/** Where the source has something else than the volume, the volume's was preserved. */
function fateOf(path: string, manifest: Published | undefined): FileRow["fate"] {
  const published = entryAt(manifest?.files, path);
  const source = entryAt(manifest?.memory, path)?.source;
  if (source !== undefined && source !== published?.digest) return "preserved";
  return published === undefined ? "foreign" : "published";
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatIfAny(path);
  } catch {
    return undefined; // closed to us
  }
}
