import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import type { FileEntry, FileIdentity, LedgerFile } from "../pack/snapshot.ts";
import type { PathMemory } from "../plan/preserve.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { sha256 } from "../platform/sha256.ts";
import { manifestPath, type VolumeLayout } from "./layout.ts";

/** Tells a directory from any other that ever had its inode number: ext4 reuses numbers at once. */
export interface DirectoryIdentity {
  readonly inode: string;
  readonly birthtimeNs: string;
}

/** The very file that came along; ext4 gives an inode number to the next file at once. */
export interface CarriedFile extends FileIdentity {
  readonly birthtimeMs: number;
}

/** `sync`: from a source; `install`: by the installation workflow; `adopted`: release 0, found in the volume. */
export type ReleaseOrigin = "sync" | "install" | "adopted";

/**
 * What a release is, in `releases/<pack>/<release>.json`: the truth of who owns which file of the volume. It is
 * written before the release goes live and changes no more, but for `memory`, `source` with `origin`, `displaced` and `pinned`.
 */
export interface Manifest {
  readonly format: 1;
  readonly pack: PackRef;
  /** `<number>-<8 hex of the content's digest>`. */
  readonly release: string;
  /** Counts the pack's releases; 0 is what was adopted. */
  readonly number: number;
  readonly version: string;
  readonly origin: ReleaseOrigin;
  readonly source?: { readonly name: string; readonly directory: string };
  /** ISO time. */
  readonly publishedAt: string;
  /** Whole seconds: no file of this or any earlier release has a younger mtime. */
  readonly latestMtime: number;
  readonly identity: DirectoryIdentity;
  readonly dependencies: readonly string[];
  /** {@link contentDigest} of what the source had when this was made; {@link NO_SOURCE}: it had no such pack. */
  readonly content: string;
  /** The release that came back with this one. */
  readonly restores?: string;
  /** `true`: it stays while the source has nothing but `content`; `kept`: whatever the source has. Each until somebody says `unpin`. */
  readonly pinned?: true | typeof KEPT;
  /** Those that the source has, or had; others' are `carriedDirectories`. */
  readonly directories: readonly string[];
  readonly carriedDirectories: readonly string[];
  readonly files: Readonly<Record<string, LedgerFile>>;
  /** What is not ours and came along by hard link. */
  readonly carried: Readonly<Record<string, CarriedFile>>;
  /** Those of `carried` that came back from history: the tree before it never had them. */
  readonly returned?: readonly string[];
  /** Foreign files that this release replaced: they stand in the tree before it, and are never pruned. */
  readonly displaced: Readonly<Record<string, FileIdentity>>;
  readonly memory: Readonly<Record<string, PathMemory>>;
}

/** All but the list of files, which takes more room than all the rest: what is staged is many packs' at once. */
export type ManifestHead = Omit<Manifest, "files">;

type Contents = Readonly<Record<string, Pick<FileEntry, "digest" | "mode">>>;

/** sha256, in hex, of all files' paths, modes and digests. */
export function contentDigest(files: Contents): string {
  const lines = Object.keys(files)
    .sort()
    .map((path) => `${path}\0${files[path]?.mode}\0${files[path]?.digest}`);
  return sha256(lines.join("\n"));
}

/** Stands for whatever content the source has. */
export const KEPT = "kept";

/** Stands for the content of a source that does not have the pack. */
export const NO_SOURCE = "absent";

/** `<number>-<8 hex>`: equal content has the equal hex part. */
export function releaseId(number: number, content: string, directories: readonly string[]): string {
  return `${number}-${sha256([content, ...directories].join("\n")).slice(0, 8)}`;
}

/** Appears whole under its name: a manifest that was not finished is no manifest. It is made durable with its release. */
export function writeManifest(layout: VolumeLayout, manifest: Manifest, owner: Owner | undefined): void {
  replaceManifest(layout, manifest, owner, {});
}

/** The same for one that no release is waiting for: it is on the disk before it takes the place of what was there. */
export function rewriteManifest(layout: VolumeLayout, manifest: Manifest, owner: Owner | undefined): void {
  replaceManifest(layout, manifest, owner, { flush: true });
}

function replaceManifest(
  layout: VolumeLayout,
  manifest: Manifest,
  owner: Owner | undefined,
  options: { readonly flush?: true },
): void {
  const path = manifestPath(layout, manifest.pack, manifest.release);
  const fresh = `${layout.staging}/${manifest.pack}.${manifest.release}.json`;
  writeFileSync(fresh, JSON.stringify(manifest), { mode: 0o644, ...options });
  adopt(fresh, owner);
  renameSync(fresh, path);
}

/** @returns `undefined` when there is none. */
export function readManifest(layout: VolumeLayout, ref: PackRef, release: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(manifestPath(layout, ref, release), "utf8"));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Every manifest of a pack that can be read, oldest release first. */
export function listManifests(layout: VolumeLayout, ref: PackRef): Manifest[] {
  const manifests = listReleases(layout, ref).map((release) => readManifest(layout, ref, release));
  return manifests.filter((manifest) => manifest !== undefined).sort((a, b) => a.number - b.number);
}

/** The release ids of a pack's manifests. */
export function listReleases({ releases }: VolumeLayout, ref: PackRef): string[] {
  try {
    return readdirSync(`${releases}/${ref}`).flatMap((name) => /^(\d+-[0-9a-f]{8})\.json$/.exec(name)?.[1] ?? []);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

export function numberOf(release: string): number {
  return Number.parseInt(release, 10);
}
