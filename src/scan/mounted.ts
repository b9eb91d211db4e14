import type { DatabaseSync } from "node:sqlite";
import type { FileEntry } from "../pack/snapshot.ts";

/** Packs that services read in their source, as they were when they were valid last. */
export const mountedSchema = `
  CREATE TABLE IF NOT EXISTS mounted (
    source TEXT NOT NULL,
    directory TEXT NOT NULL,
    ref TEXT NOT NULL,
    release TEXT NOT NULL,       -- of the content, as nothing of it was published
    files TEXT NOT NULL,         -- JSON FileEntry by path
    seen_at_ms REAL NOT NULL,    -- since 1970
    PRIMARY KEY (source, directory)
  ) WITHOUT ROWID;
`;

/** What the names of such releases begin with; those of others begin with a number. */
export const MOUNTED = "mounted-";

export interface MountedPack {
  readonly source: string;
  readonly directory: string;
  readonly ref: string;
  /** Tells its content from any other. */
  readonly release: string;
  readonly files: Readonly<Record<string, FileEntry>>;
  /** When all of it was there for certain, in milliseconds since 1970. */
  readonly seenAtMs: number;
}

export function putMounted(database: DatabaseSync, pack: MountedPack): void {
  const { source, directory, ref, release, files, seenAtMs } = pack;
  const put = database.prepare("INSERT OR REPLACE INTO mounted VALUES (?, ?, ?, ?, ?, ?)");
  put.run(source, directory, ref, release, JSON.stringify(files), seenAtMs);
}

export function dropMounted(database: DatabaseSync, source: string, directory: string): void {
  database.prepare("DELETE FROM mounted WHERE source = ? AND directory = ?").run(source, directory);
}

export function readMounted(database: DatabaseSync, source: string, directory: string): MountedPack | undefined {
  const row = database.prepare("SELECT * FROM mounted WHERE source = ? AND directory = ?").get(source, directory);
  return row && mountedFrom(row);
}

/** The pack that has this content. */
export function readMountedAs(database: DatabaseSync, ref: string, release: string): MountedPack | undefined {
  const row = database.prepare("SELECT * FROM mounted WHERE ref = ? AND release = ?").get(ref, release);
  return row && mountedFrom(row);
}

function mountedFrom(row: Readonly<Record<string, unknown>>): MountedPack {
  const text = (column: string) => String(row[column]);
  const [source, directory, ref, release] = [text("source"), text("directory"), text("ref"), text("release")];
  return { source, directory, ref, release, files: JSON.parse(text("files")), seenAtMs: Number(row["seen_at_ms"]) };
}
