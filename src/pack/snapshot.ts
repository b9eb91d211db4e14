import type { ElfInfo } from "./elf.ts";

/** One regular file as a release has it. `size` in bytes; `mode` is 0o644 or 0o755; `digest` is sha256 in hex. */
export interface FileEntry {
  readonly digest: string;
  readonly size: number;
  readonly mode: number;
  readonly elf?: ElfInfo;
}

/** What one scan saw of a pack in its source. Paths are relative to the pack, `/`-separated, sorted. */
export interface PackSnapshot {
  readonly files: ReadonlyMap<string, FileEntry>;
  /** Every directory but the pack's own, parents before children. */
  readonly directories: readonly string[];
}

/**
 * Whose a file in the volume is: `ours` stands in the ledger with these very bytes; `drifted` stands in the ledger
 * with other bytes; `foreign` does not stand there.
 */
export type Ownership = "ours" | "drifted" | "foreign";

/**
 * Tells one state of a file from another without reading it. `mtimeMs` in milliseconds, to a quarter of a microsecond:
 * the doubles of `lstat`, which are made in a third of the time that its bigints take.
 */
export interface FileIdentity {
  readonly inode: number;
  readonly mtimeMs: number;
  readonly size: number;
}

/** A file that packsync published: what it wrote, and how to tell without reading whether it still is that. */
export interface LedgerFile extends FileEntry, FileIdentity {}

/**
 * One entry of a live pack that is no directory. `digest` is known for what is ours, and for whatever stands where
 * the source has something, too; `elf` for the ELF files among these.
 */
export interface LiveFile extends FileIdentity {
  readonly kind: "file" | "symlink" | "special";
  readonly ownership: Ownership;
  readonly mode: number;
  readonly digest?: string;
  readonly elf?: ElfInfo;
}

/** What one scan saw of a pack's directory in the volume. */
export interface LiveSnapshot {
  readonly files: ReadonlyMap<string, LiveFile>;
  /** Every directory but the pack's own, parents before children. */
  readonly directories: readonly string[];
}

/** What a record has for a path. A file may have any name, `constructor` too: what objects inherit is no entry. */
export function entryAt<T>(record: Readonly<Record<string, T>> | undefined, path: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, path) ? record[path] : undefined;
}

/** Every directory above any of these paths. */
export function directoriesAbove(paths: Iterable<string>): Set<string> {
  const directories = new Set<string>();
  for (const path of paths) {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const directory = path.slice(0, slash);
      if (directories.has(directory)) break;
      directories.add(directory);
    }
  }
  return directories;
}

/** The directories above a path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
