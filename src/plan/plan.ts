import type { ElfInfo } from "../pack/elf.ts";
import {
  directoriesAbove,
  type FileEntry,
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
  type PackSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import { type PathMemory, type PreservePolicy, type PreserveReason, preserveReason } from "./preserve.ts";

/**
 * One decision for one path. `displaces`: what stood there was not published by packsync; it stays in history for good.
 * `carry` and `preserve` keep the volume's own file, the latter although the source has another one for that path.
 */
export type Change =
  | { readonly kind: "add"; readonly path: string; readonly next: FileEntry }
  | {
      readonly kind: "replace";
      readonly path: string;
      readonly prev: LiveFile;
      readonly next: FileEntry;
      readonly displaces: boolean;
    }
  | { readonly kind: "remove"; readonly path: string; readonly prev: LiveFile; readonly displaces: boolean }
  | {
      readonly kind: "preserve";
      readonly path: string;
      readonly prev: LiveFile;
      readonly why: PreserveReason;
      readonly next: FileEntry;
    }
  | { readonly kind: "carry"; readonly path: string; readonly prev: LiveFile };

export type ChangeKind = Change["kind"];

/** What the last publish left: whose files these are, and what to remember of the paths where others meet. */
export interface Ledger {
  readonly files: Readonly<Record<string, LedgerFile>>;
  readonly directories: readonly string[];
  readonly memory: Readonly<Record<string, PathMemory>>;
}

export interface Plan {
  /** Sorted by path. */
  readonly changes: readonly Change[];
  /** Own files that stay as they are: path → what is there. */
  readonly keep: ReadonlyMap<string, FileEntry>;
  /** Every directory of the next tree, parents before children. */
  readonly directories: readonly string[];
  /** Whether the live content, or whose it is, becomes another: preserving and carrying alter nothing. */
  readonly altersContent: boolean;
  readonly memory: Readonly<Record<string, PathMemory>>;
}

const NOTHING_LIVE: LiveSnapshot = { files: new Map(), directories: [] };

/**
 * What it takes to make `live` equal to `source`.
 *
 * Only files in `ledger` may be removed: everything else in the volume belongs to somebody else. A foreign entry that
 * stands where the source has something, of the same type or another, is displaced: kept in history and reported.
 */
export function planPack(
  source: PackSnapshot,
  live: LiveSnapshot | undefined,
  ledger: Ledger | undefined,
  policy: PreservePolicy,
): Plan {
  const present = live ?? NOTHING_LIVE;
  const withheld = filesBehindBinaries(source, present, policy);
  const keep = new Map<string, FileEntry>();
  const changes: Change[] = [];

  for (const [path, next] of source.files) {
    const prev = present.files.get(path);
    const blocking = withheld.get(path);
    if (blocking !== undefined)
      changes.push({ kind: "preserve", path, prev: blocking, why: "foreign-binary-in-the-way", next });
    else if (prev === undefined) changes.push({ kind: "add", path, next });
    else {
      const change = meet(path, prev, next, ledger?.memory[path] ?? {}, policy);
      if (change === "keep") keep.set(path, next);
      else changes.push(change);
    }
  }
  const taken = occupied(source, present, withheld);
  for (const [path, prev] of present.files) {
    if (!source.files.has(path)) changes.push(leftover(path, prev, taken));
  }

  changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  const directories = nextDirectories(source, present, ledger, changes, withheld);
  return {
    changes,
    keep,
    directories,
    altersContent:
      ledger === undefined ||
      live === undefined ||
      [...keep.keys()].some((path) => present.files.get(path)?.ownership !== "ours") ||
      altersContent(changes, directories, present),
    memory: remember(changes, keep, ledger),
  };
}

/** Both sides have something at `path`. */
function meet(
  path: string,
  prev: LiveFile,
  next: FileEntry,
  memory: PathMemory,
  policy: PreservePolicy,
): Change | "keep" {
  if (prev.kind === "file" && prev.digest === next.digest && prev.mode === next.mode) return "keep";
  const foreign = prev.ownership !== "ours";
  if (isElfFile(prev) && prev.digest !== next.digest) {
    const why = preserveReason(prev, next, memory, policy);
    if (why !== undefined) return { kind: "preserve", path, prev, why, next };
  }
  return { kind: "replace", path, prev, next, displaces: foreign && prev.digest !== next.digest };
}

/** Only the volume has something at `path`. */
function leftover(path: string, prev: LiveFile, taken: Occupied): Change {
  if (taken.isTaken(path)) return { kind: "remove", path, prev, displaces: prev.ownership !== "ours" };
  if (prev.ownership === "ours") return { kind: "remove", path, prev, displaces: false };
  if (prev.ownership === "drifted" && prev.elf === undefined) return { kind: "remove", path, prev, displaces: true };
  return { kind: "carry", path, prev };
}

function isElfFile(file: LiveFile): file is LiveFile & { readonly elf: ElfInfo } {
  return file.elf !== undefined;
}

interface Occupied {
  /** Whether the source needs this path for a directory, or one of its parents for a file. */
  isTaken(path: string): boolean;
}

function occupied(source: PackSnapshot, live: LiveSnapshot, withheld: ReadonlyMap<string, LiveFile>): Occupied {
  const files = new Set([...source.files.keys()].filter((path) => !withheld.has(path)));
  const binaries = new Set(withheld.values());
  const blocked = [...live.files].flatMap(([path, file]) => (binaries.has(file) ? [path] : []));
  const free = source.directories.filter(
    (path) => !blocked.some((each) => path === each || path.startsWith(`${each}/`)),
  );
  const directories = directoriesAbove(files).union(new Set(free));
  return { isTaken: (path) => directories.has(path) || parentsOf(path).some((parent) => files.has(parent)) };
}

/**
 * Source files that would need the place of a foreign ELF file by type: it stands where they need a directory, or in
 * a directory where they need a file. They are withheld; path → the binary.
 */
function filesBehindBinaries(
  source: PackSnapshot,
  live: LiveSnapshot,
  { mode }: PreservePolicy,
): Map<string, LiveFile> {
  const withheld = new Map<string, LiveFile>();
  if (mode === "off") return withheld;
  const binaries = [...live.files].filter(([, file]) => isElfFile(file) && file.ownership !== "ours");
  for (const [path, binary] of binaries) {
    for (const parent of parentsOf(path)) if (source.files.has(parent)) withheld.set(parent, binary);
    for (const file of source.files.keys()) if (file.startsWith(`${path}/`)) withheld.set(file, binary);
  }
  return withheld;
}

function nextDirectories(
  source: PackSnapshot,
  live: LiveSnapshot,
  ledger: Ledger | undefined,
  changes: readonly Change[],
  withheld: ReadonlyMap<string, LiveFile>,
): string[] {
  const own = new Set(ledger?.directories);
  const staying = changes.filter(({ kind }) => kind === "carry" || kind === "preserve");
  const carried = live.directories.filter((path) => !own.has(path));
  const published = [...source.files.keys()].filter((path) => !withheld.has(path));
  const wanted = new Set([
    ...source.directories,
    ...directoriesAbove(published),
    ...directoriesAbove(staying.flatMap(({ path }) => (withheld.has(path) ? [] : [path]))),
    ...directoriesAbove(carried),
    ...carried,
  ]);
  const files = new Set([...published, ...staying.filter(({ kind }) => kind === "carry").map(({ path }) => path)]);
  const free = [...wanted].filter((path) => !files.has(path) && !parentsOf(path).some((parent) => files.has(parent)));
  return free.sort();
}

function altersContent(changes: readonly Change[], directories: readonly string[], live: LiveSnapshot): boolean {
  if (changes.some(({ kind }) => kind === "add" || kind === "replace" || kind === "remove")) return true;
  return directories.join("\0") !== [...live.directories].sort().join("\0");
}

/** Only paths where an ELF file of the volume met the source's are remembered: nothing else asks. */
function remember(changes: readonly Change[], keep: ReadonlyMap<string, FileEntry>, ledger: Ledger | undefined) {
  const memory: Record<string, PathMemory> = {};
  for (const [path, { replaced }] of Object.entries(ledger?.memory ?? {})) {
    if (replaced !== undefined && replaced.length > 0) memory[path] = { replaced }; // such a file never wins again
  }
  const before = (path: string): PathMemory => ledger?.memory[path] ?? {};
  for (const [path, entry] of keep) {
    if (entry.elf !== undefined) memory[path] = { ...before(path), source: entry.digest, volume: entry.digest };
  }
  for (const change of changes) {
    const { path } = change;
    if (change.kind === "preserve") {
      const volume = change.prev.digest === undefined ? {} : { volume: change.prev.digest };
      memory[path] = { ...before(path), source: change.next.digest, ...volume };
    } else if (change.kind === "replace" && (change.prev.elf !== undefined || change.next.elf !== undefined)) {
      memory[path] = {
        source: change.next.digest,
        volume: change.next.digest,
        replaced: replacedDigests(before(path), change.prev),
      };
    } else if (change.kind === "add" && change.next.elf !== undefined) {
      memory[path] = { ...before(path), source: change.next.digest, volume: change.next.digest };
    }
  }
  return memory;
}

function replacedDigests({ replaced = [] }: PathMemory, { digest, elf }: LiveFile): readonly string[] {
  return elf === undefined || digest === undefined || replaced.includes(digest) ? replaced : [...replaced, digest];
}
