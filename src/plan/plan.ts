import {
  directoriesAbove,
  type FileEntry,
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
  type PackSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import { decideFile } from "./decide.ts";
import { aroundBinaries } from "./in-the-way.ts";
import { recall, remember } from "./memory.ts";
import type { PackPolicy, PathMemory, PreserveReason } from "./preserve.ts";

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
  /** Those of them that others made: they are not ours to remove. */
  readonly carriedDirectories: readonly string[];
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
  policy: PackPolicy,
): Plan {
  const present = live ?? NOTHING_LIVE;
  const { withheld, wanted } = aroundBinaries(source, present, policy);
  const keep = new Map<string, FileEntry>();
  const changes = Array.from(withheld, ([path, { next, prev }]): Change => {
    return { kind: "preserve", path, prev, why: "foreign-binary-in-the-way", next };
  });
  for (const [path, next] of wanted.files) {
    const change = decideFile({ path, next, prev: present.files.get(path), memory: recall(ledger, path) }, policy);
    if (change === "keep") keep.set(path, next);
    else changes.push(change);
  }
  const isTaken = takenBy(wanted);
  for (const [path, prev] of present.files) {
    if (wanted.files.has(path)) continue;
    const meeting = { path, next: undefined, prev, memory: recall(ledger, path), isTaken: isTaken(path) };
    const change = decideFile(meeting, policy);
    if (change !== "keep") changes.push(change);
  }

  changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  const directories = nextDirectories(wanted, present, ledger, changes);
  return {
    changes,
    keep,
    ...directories,
    altersContent:
      ledger === undefined ||
      live === undefined ||
      [...keep.keys()].some((path) => present.files.get(path)?.ownership !== "ours") ||
      altersContent(changes, directories, present) ||
      ownsWhatIsGone(ledger, present, directories),
    memory: remember(changes, keep, ledger),
  };
}

/** Whether the source needs a path for a directory, or one of its parents for a file. */
function takenBy({ files, directories }: PackSnapshot): (path: string) => boolean {
  const needed = directoriesAbove(files.keys()).union(new Set(directories));
  return (path) => needed.has(path) || parentsOf(path).some((parent) => files.has(parent));
}

type Directories = Pick<Plan, "directories" | "carriedDirectories">;

function nextDirectories(
  wanted: PackSnapshot,
  live: LiveSnapshot,
  ledger: Ledger | undefined,
  changes: readonly Change[],
): Directories {
  const staying = changes.flatMap(({ kind, path }) =>
    kind === "carry" || (kind === "preserve" && live.files.has(path)) ? [path] : [],
  );
  const files = new Set([...wanted.files.keys(), ...staying]);
  const published = directoriesAbove(wanted.files.keys()).union(new Set(wanted.directories));
  const own = published.union(new Set(ledger?.directories));
  const theirs = live.directories.filter((path) => !own.has(path));
  const all = published.union(directoriesAbove([...staying, ...theirs])).union(new Set(theirs));
  const directories = [...all].filter((path) => !files.has(path) && !parentsOf(path).some((each) => files.has(each)));
  return { directories: directories.sort(), carriedDirectories: directories.filter((path) => !own.has(path)) };
}

function altersContent(changes: readonly Change[], { directories }: Directories, live: LiveSnapshot): boolean {
  if (changes.some(({ kind }) => kind === "add" || kind === "replace" || kind === "remove")) return true;
  return directories.join("\0") !== [...live.directories].sort().join("\0");
}

/** Others removed what is ours, and the source has it no more: what comes to these paths later is not ours to remove. */
function ownsWhatIsGone(ledger: Ledger, live: LiveSnapshot, { directories }: Directories): boolean {
  const staying = new Set(directories);
  return (
    Object.keys(ledger.files).some((path) => !live.files.has(path)) || !new Set(ledger.directories).isSubsetOf(staying)
  );
}
