import type { PackRef } from "../pack/ref.ts";
import type { FileEntry, LedgerFile, LiveFile } from "../pack/snapshot.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { listNames } from "../platform/names.ts";
import type { LiveScan } from "./late.ts";
import { livePath, releasePath, type VolumeLayout } from "./layout.ts";
import type { LedgerReader, ReleaseRecord } from "./ledger.ts";
import { type Manifest, NO_SOURCE, readManifest } from "./manifest.ts";

/** One release of a pack, as far as it is still there. */
export interface KnownRelease extends ReleaseRecord {
  /** Read each time: those of large packs are large. `undefined`: it cannot be. */
  manifest(): Manifest | undefined;
  /** Where its files stand; `undefined`: nowhere. */
  readonly root: string | undefined;
  readonly isLive: boolean;
}

/** A pack's releases, oldest first. */
export function releasesOf(layout: VolumeLayout, ledger: LedgerReader, ref: PackRef): readonly KnownRelease[] {
  const live = ledger.pack(ref)?.release;
  return ledger.releases(ref).map((record) => {
    const isLive = record.release === live;
    const root = isLive ? livePath(layout, ref) : releasePath(layout, ref, record.release);
    const isThere = lstatIfAny(root)?.isDirectory() === true;
    const manifest = () => readManifest(layout, ref, record.release);
    return { ...record, root: isThere ? root : undefined, isLive, manifest };
  });
}

/** Trees in a pack's history that are no release's: others' files that had made room, and what found its name taken. */
export function keptTrees({ releases }: VolumeLayout, ledger: LedgerReader, ref: PackRef): string[] {
  const root = `${releases}/${ref}`;
  if (lstatIfAny(root) === undefined) return [];
  const known = new Set(ledger.releases(ref).map(({ release }) => release));
  const names = listNames(root).filter((name) => !known.has(name) && !name.endsWith(".json"));
  return names.map((name) => `${root}/${name}`);
}

/** What a retirement left: a release without files, which nothing can go back to. */
export function isRetirement({ files, content, restores }: Manifest): boolean {
  return content === NO_SOURCE && restores === undefined && Object.keys(files).length === 0;
}

/** Where others' files that a release replaced stand: path → the file itself. */
export function displacedFiles(
  root: string,
  { origin, files }: Manifest,
  by: Manifest | undefined,
): ReadonlyMap<string, string> {
  if (by === undefined) return new Map();
  const adopted = origin === "adopted" ? Object.keys(files) : [];
  const taken = adopted.filter((path) => Object.hasOwn(by.files, path));
  return new Map([...new Set([...Object.keys(by.displaced), ...taken])].map((path) => [path, `${root}/${path}`]));
}

/** What re-hashing found of files that a release should have. */
export interface Rehashed {
  /** Those that are byte for byte what was published, with their modes now. */
  readonly sound: ReadonlyMap<string, LiveFile>;
  readonly damaged: readonly string[];
}

/** Reads every one of `files` below `root`, whatever its stamps say. */
export function rehash(root: string, files: Files, scan: LiveScan): Rehashed {
  const sound = new Map([...rehashed(root, files, scan)].filter(([, { ownership }]) => ownership === "ours"));
  return { sound, damaged: Object.keys(files).filter((path) => !sound.has(path)) };
}

/** Everything below `root`, `files` re-hashed. */
export function rehashed(root: string, files: Files, scan: LiveScan): ReadonlyMap<string, LiveFile> {
  return scan({ root, ledger: withoutStamps(files), inspect: () => false })?.files ?? new Map();
}

/** A ledger by which a scan has to read every file. */
export function withoutStamps(files: Files): Readonly<Record<string, LedgerFile>> {
  const unstamped = Object.entries(files).map(([path, file]): [string, LedgerFile] => [path, { ...file, ...NO_STAMP }]);
  return Object.fromEntries(unstamped);
}

type Files = Readonly<Record<string, FileEntry>>;

/** No file's: whatever is there has to be read. */
const NO_STAMP = { inode: -1, mtimeMs: -1 };
