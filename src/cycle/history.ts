import { PacksyncError } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import { entryAt, type FileEntry } from "../pack/snapshot.ts";
import { isRetirement, type KnownRelease } from "../publish/history.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { VolumeView } from "../publish/view.ts";

/**
 * Where a release stands. `pinned`: live, and a rollback. `kept`: in history, one can go back to it. `retirement`: the pack
 * left the volume with it. `gone`: its files are not there any more.
 */
export type ReleaseState = "live" | "pinned" | "kept" | "retirement" | "gone";

/** One release of a pack. Times are ISO; `bytes` is the size of its own files. */
export interface HistoryEntry {
  readonly release: string;
  readonly version: string;
  readonly origin: string;
  readonly source: string | undefined;
  readonly state: ReleaseState;
  readonly publishedAt: string;
  /** When the next one took its place. */
  readonly displacedAt: string | undefined;
  /** The release that came back with this one. */
  readonly restores: string | undefined;
  readonly files: number;
  readonly bytes: number;
  /** Of packsync's own files, against the release before. */
  readonly changes: { readonly added: number; readonly replaced: number; readonly removed: number };
}

export interface PackHistory {
  readonly ref: string;
  /** The newest first. */
  readonly releases: readonly HistoryEntry[];
}

/** @throws PacksyncError `USAGE` for a pack that was never published */
export function historyOf(volume: VolumeView, refs: readonly string[]): readonly PackHistory[] {
  const known = [...volume.packs().keys()];
  const unknown = refs.find((ref) => !known.some((each) => each === ref));
  if (unknown !== undefined) throw notPublished(unknown);
  const wanted = refs.length === 0 ? known : known.filter((ref) => refs.includes(ref));
  return wanted.map((ref) => ({ ref, releases: entriesOf(ref, volume) }));
}

export function notPublished(ref: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected a pack that packsync published, got \`${ref}\`.`, {
    hint: "`packsync history` lists them all.",
  });
}

function entriesOf(ref: PackRef, volume: VolumeView): HistoryEntry[] {
  const pinned = volume.packs().get(ref)?.pinned !== undefined;
  const releases = volume.releases(ref);
  const manifests = releases.map((release) => release.manifest());
  return releases
    .map((release, index) => entryOf(release, { manifest: manifests[index], before: manifests[index - 1], pinned }))
    .reverse();
}

interface Around {
  readonly manifest: Manifest | undefined;
  /** Of the release before. */
  readonly before: Manifest | undefined;
  readonly pinned: boolean;
}

function entryOf(release: KnownRelease, { manifest, before, pinned }: Around): HistoryEntry {
  const { version, origin, publishedAt, displacedAt } = release;
  const files = Object.values(manifest?.files ?? {});
  return {
    release: release.release,
    version,
    origin,
    source: manifest?.source?.name,
    state: stateOf(release, manifest, pinned),
    publishedAt,
    displacedAt,
    restores: manifest?.restores,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    changes: changesBetween(before?.files ?? {}, manifest?.files ?? {}),
  };
}

function stateOf({ isLive, root }: KnownRelease, manifest: Manifest | undefined, isPinned: boolean): ReleaseState {
  if (isLive) return isPinned ? "pinned" : "live";
  if (manifest !== undefined && isRetirement(manifest)) return "retirement";
  return root === undefined || manifest === undefined ? "gone" : "kept";
}

type Files = Readonly<Record<string, FileEntry>>;

function changesBetween(before: Files, after: Files): HistoryEntry["changes"] {
  const paths = Object.keys(after);
  const existing = paths.filter((path) => Object.hasOwn(before, path));
  const isOther = (path: string) => {
    const [one, other] = [entryAt(before, path), entryAt(after, path)];
    return one?.digest !== other?.digest || one?.mode !== other?.mode;
  };
  return {
    added: paths.length - existing.length,
    replaced: existing.filter(isOther).length,
    removed: Object.keys(before).filter((path) => !Object.hasOwn(after, path)).length,
  };
}
