import { entryAt, type LedgerFile, type LiveFile } from "../pack/snapshot.ts";
import type { Change } from "./plan.ts";

type Files = Readonly<Record<string, LedgerFile>>;

/** What is another between two releases, by their manifests; a release that is not there has no files. Sorted by path. */
export function changesBetween(before: Files, after: Files): readonly Change[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => changeOf(path, entryAt(before, path), entryAt(after, path)) ?? []);
}

function changeOf(path: string, prev: LedgerFile | undefined, next: LedgerFile | undefined): Change | undefined {
  if (next === undefined) return prev && { kind: "remove", path, prev: asLive(prev), displaces: false };
  if (prev === undefined) return { kind: "add", path, next };
  if (prev.digest === next.digest && prev.mode === next.mode) return undefined;
  return { kind: "replace", path, prev: asLive(prev), next, displaces: false };
}

function asLive(file: LedgerFile): LiveFile {
  return { ...file, kind: "file", ownership: "ours" };
}
