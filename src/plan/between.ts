import { entryAt, type FileEntry } from "../pack/snapshot.ts";
import type { FileChange } from "./meaning.ts";

type Files = Readonly<Record<string, FileEntry>>;

/** What is another between two releases, by their files; a release that is not there has none. Sorted by path. */
export function changesBetween(before: Files, after: Files): readonly FileChange[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => changeOf(path, entryAt(before, path), entryAt(after, path)) ?? []);
}

function changeOf(path: string, prev: FileEntry | undefined, next: FileEntry | undefined): FileChange | undefined {
  if (next === undefined) return prev && { kind: "remove", path, prev };
  if (prev === undefined) return { kind: "add", path, next };
  if (prev.digest === next.digest && prev.mode === next.mode) return undefined;
  return { kind: "replace", path, prev, next };
}
