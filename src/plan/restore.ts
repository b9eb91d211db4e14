import {
  directoriesAbove,
  entryAt,
  type FileEntry,
  type LiveSnapshot,
  type PackSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import { type Change, type Ledger, type Plan, planPack } from "./plan.ts";
import type { PackPolicy, PathMemory } from "./preserve.ts";

/** An earlier state of a pack: what packsync had published, and paths where others' files stood. */
export interface EarlierState {
  readonly files: Readonly<Record<string, FileEntry>>;
  readonly directories: readonly string[];
  readonly foreign: readonly string[];
}

export interface RestorePlan extends Plan {
  /** Others' files that come back. */
  readonly returning: readonly string[];
}

/**
 * What it takes to make an earlier state live again. What others have in the live tree stays where it is, so their
 * earlier files come back only where there is room. What is remembered of the source stays true: it did not change.
 */
export function planRestore(
  state: EarlierState,
  live: LiveSnapshot | undefined,
  ledger: Ledger | undefined,
  policy: PackPolicy,
): RestorePlan {
  const plan = planPack(snapshotOf(state), live, ledger, policy);
  const returning = withRoom(state.foreign, plan);
  const above = [...directoriesAbove(returning)].filter((path) => !plan.directories.includes(path));
  return {
    ...plan,
    directories: [...plan.directories, ...above].sort(),
    carriedDirectories: [...plan.carriedDirectories, ...above].sort(),
    altersContent: plan.altersContent || returning.length > 0,
    memory: mergedMemory(ledger?.memory ?? {}, plan.memory),
    returning,
  };
}

function snapshotOf({ files, directories }: EarlierState): PackSnapshot {
  const paths = Object.keys(files).sort();
  return {
    files: new Map(paths.flatMap((path) => withEntry(path, entryAt(files, path)))),
    directories: [...directoriesAbove(paths).union(new Set(directories))].sort(),
  };
}

/** A ledger's entry knows more than a snapshot's. */
function withEntry(path: string, entry: FileEntry | undefined): [string, FileEntry][] {
  if (entry === undefined) return [];
  const { digest, size, mode, elf } = entry;
  return [[path, { digest, size, mode, ...(elf && { elf }) }]];
}

function withRoom(foreign: readonly string[], { changes, keep, directories }: Plan): readonly string[] {
  const files = new Set([...keep.keys(), ...changes.filter(isThere).map(({ path }) => path)]);
  const taken = files.union(new Set(directories));
  return foreign.filter((path) => !taken.has(path) && !parentsOf(path).some((parent) => files.has(parent)));
}

function isThere(change: Change): boolean {
  if (change.kind === "remove") return false;
  return change.kind !== "preserve" || change.why !== "foreign-binary-in-the-way";
}

function mergedMemory(
  before: Readonly<Record<string, PathMemory>>,
  now: Readonly<Record<string, PathMemory>>,
): Readonly<Record<string, PathMemory>> {
  const paths = new Set([...Object.keys(before), ...Object.keys(now)]);
  const merged = (path: string): PathMemory => {
    const { replaced } = entryAt(now, path) ?? {}; // all of before, and what this release replaces
    return { ...entryAt(now, path), ...entryAt(before, path), ...(replaced && { replaced }) };
  };
  return Object.fromEntries([...paths].map((path) => [path, merged(path)]));
}
