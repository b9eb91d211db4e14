import type { Stats } from "node:fs";
import { errnoOf, PacksyncError } from "../errors.ts";
import { type FileEntry, type LedgerFile, type LiveFile, type LiveSnapshot, parentsOf } from "../pack/snapshot.ts";
import { isAbsence, lstatIfAny } from "../platform/absence.ts";
import { listNames } from "../platform/names.ts";
import { readOnce } from "./read.ts";

export interface LiveScanRequest {
  /** The pack's directory in the volume, or a displaced tree. */
  readonly root: string;
  readonly ledger: Readonly<Record<string, LedgerFile>>;
  /** Which files that are not ours to look into: those that stand where the source has something. */
  readonly inspect: (path: string) => boolean;
}

/** Whether a path stands where something else wants to be: at it, or where it needs a directory. */
export function meets(files: ReadonlySet<string>, directories: ReadonlySet<string>): LiveScanRequest["inspect"] {
  return (path) => files.has(path) || directories.has(path) || parentsOf(path).some((each) => files.has(each));
}

const TYPE_MASK = 0o170_000;

/**
 * Walks a pack's directory in the volume and says whose each file is.
 *
 * A published file whose size, mtime and inode are the ledger's is not read. ctime does not count here: hard links
 * change it.
 *
 * @returns `undefined` when there is no such directory.
 */
export function scanLive(request: LiveScanRequest): LiveSnapshot | undefined {
  const files = new Map<string, LiveFile>();
  const directories: string[] = [];
  const visit = (relative: string): void => {
    for (const name of listNames(relative === "" ? request.root : `${request.root}/${relative}`)) {
      const path = relative === "" ? name : `${relative}/${name}`;
      const stats = lstatIfAny(`${request.root}/${path}`);
      if (stats === undefined) continue; // its owner removed it meanwhile
      if (!stats.isDirectory()) {
        files.set(path, liveFile(request, path, stats));
        continue;
      }
      directories.push(path);
      ignoringGone(() => visit(path));
    }
  };
  return ignoringGone(() => {
    if (lstatIfAny(request.root)?.isDirectory() === false) throw notADirectory(request.root);
    visit("");
    return { files, directories };
  });
}

/** A symlink here would lead out of the volume. */
function notADirectory(path: string): PacksyncError {
  return new PacksyncError("PACK_FAILED", `Expected ${path} to be a directory of the volume, got something else.`, {
    hint: "Move it out of the volume.",
  });
}

function ignoringGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}

function liveFile({ root, ledger, inspect }: LiveScanRequest, path: string, stats: Stats): LiveFile {
  const identity = { inode: stats.ino, mtimeMs: stats.mtimeMs, size: stats.size };
  const mode = stats.mode & 0o7777;
  const published = Object.hasOwn(ledger, path) ? ledger[path] : undefined;
  const type = stats.mode & TYPE_MASK;
  if (type !== 0o100_000) {
    const kind = type === 0o120_000 ? "symlink" : "special";
    return { ...identity, kind, mode, ownership: published === undefined ? "foreign" : "drifted" };
  }
  const base = { ...identity, kind: "file", mode } as const;
  if (published === undefined) {
    return { ...base, ownership: "foreign", ...(inspect(path) ? read(`${root}/${path}`, identity.size) : {}) };
  }
  const untouched =
    published.inode === identity.inode && published.mtimeMs === identity.mtimeMs && published.size === identity.size;
  const content = untouched ? contentOf(published) : read(`${root}/${path}`, identity.size);
  return { ...base, ownership: content.digest === published.digest ? "ours" : "drifted", ...content };
}

type Content = Pick<FileEntry, "elf"> & { readonly digest?: string };

function contentOf({ digest, elf }: FileEntry): Content {
  return elf === undefined ? { digest } : { digest, elf };
}

/** A file that nobody lets us read stays what it is: unknown. */
function read(real: string, size: number): Content {
  try {
    return contentOf(readOnce({ path: real, real, size, executable: false }, undefined).entry);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return {};
  }
}

/**
 * What a run with nothing to do checks of a live pack: `paths` (its directories, and the ELF files where packsync and
 * others may meet) are what they were when this returned the same last time.
 */
export function liveFingerprint(root: string, paths: readonly string[]): string {
  return ["", ...paths]
    .map((path) => {
      const stats = lstatIfAny(path === "" ? root : `${root}/${path}`);
      if (stats === undefined) return "gone";
      return `${stats.ino}:${stats.mtimeMs}:${stats.isDirectory() ? "" : stats.size}:${stats.mode}`;
    })
    .join("\n");
}

/** Whether the volume has exactly this file: then an unchanged source file need not be read. */
export function isLive(live: LiveSnapshot | undefined, path: string, entry: FileEntry): boolean {
  const file = live?.files.get(path);
  return file?.ownership === "ours" && file.digest === entry.digest && file.mode === entry.mode;
}
