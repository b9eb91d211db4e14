import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { errnoOf, PacksyncError } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import {
  entryAt,
  type FileEntry,
  type FileIdentity,
  type LedgerFile,
  type LiveFile,
  type LiveSnapshot,
} from "../pack/snapshot.ts";
import type { Change, Plan } from "../plan/plan.ts";
import { fsPath } from "../platform/names.ts";
import { adopt, type Owner } from "../platform/ownership.ts";
import { likeDirectory, removeFile } from "./directories.ts";
import { livePath, manifestPath, type VolumeLayout } from "./layout.ts";
import {
  type CarriedFile,
  contentDigest,
  type DirectoryIdentity,
  listReleases,
  type Manifest,
  numberOf,
  type ReleaseOrigin,
  releaseId,
  writeManifest,
} from "./manifest.ts";
import type { Staging } from "./staging.ts";

/** Everything that a staged tree is made from. */
export interface StageRequest {
  readonly ref: PackRef;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly source: Manifest["source"] | undefined;
  readonly origin: ReleaseOrigin;
  readonly plan: Plan;
  /** The live directory as the plan saw it; `undefined`: none. */
  readonly live: LiveSnapshot | undefined;
  /** The manifest of the live release, or of the retirement before. */
  readonly previous: Manifest | undefined;
  readonly number: number;
  readonly staging: Staging;
  /** What the source has, if that is not what is published; see {@link Manifest}. */
  readonly content?: string;
  readonly pinned?: Manifest["pinned"];
  readonly restores?: string | undefined;
  /** Foreign files that come back from an earlier tree: path → where they are. Nothing of the plan stands there. */
  readonly returning?: ReadonlyMap<string, string>;
}

/**
 * Builds the complete next tree and writes its manifest. Unchanged own files and everything foreign are hard links to
 * the live tree's: no byte is copied, and who writes through an open handle writes into both.
 */
export function stageTree(request: StageRequest, layout: VolumeLayout, owner: Owner | undefined, now: Date): Manifest {
  const { plan, staging, ref } = request;
  const live = livePath(layout, ref);
  dropUnwanted(staging, plan);
  staging.makeDirectory("");
  for (const directory of plan.directories) staging.makeDirectory(directory);
  const carried = linkFromLive(request, live);
  const latestMtime = settleMtimes(request, now);
  if (request.live !== undefined)
    for (const path of ["", ...plan.directories]) likeDirectory(`${staging.root}/${path}`, `${live}/${path}`);

  const files = manifestFiles(request);
  const digest = contentDigest(files);
  const returned = [...(request.returning?.keys() ?? [])];
  const theirs = new Set(plan.carriedDirectories);
  const directories = plan.directories.filter((path) => !theirs.has(path));
  const manifest: Manifest = {
    format: 1,
    pack: ref,
    release: releaseId(request.number, digest, directories),
    number: request.number,
    version: request.version,
    origin: request.origin,
    ...(request.source && { source: request.source }),
    publishedAt: now.toISOString(),
    latestMtime,
    identity: directoryIdentity(staging.root),
    dependencies: request.dependencies,
    content: request.content ?? sourceContent(plan, files, digest),
    ...(request.restores !== undefined && { restores: request.restores }),
    ...(request.pinned && { pinned: request.pinned }),
    directories,
    carriedDirectories: plan.carriedDirectories,
    files,
    carried,
    ...(returned.length > 0 && { returned }),
    displaced: displacedBy(plan.changes),
    memory: plan.memory,
  };
  if (!makeReleaseDirectory(layout, ref, owner)) forgetUnpublished(layout, ref, request.number);
  staging.accompany(manifestPath(layout, ref, manifest.release));
  writeManifest(layout, manifest, owner);
  return manifest;
}

/** The release has the source's files, but for those that the volume's were preserved for. */
function sourceContent({ changes }: Plan, files: Record<string, LedgerFile>, digest: string): string {
  const withheld = changes.flatMap((change) =>
    change.kind === "preserve" ? [[change.path, change.next] as const] : [],
  );
  return withheld.length === 0 ? digest : contentDigest({ ...files, ...Object.fromEntries(withheld) });
}

/** Removes the manifests of this number and above: a run that did not go live wrote them. */
export function forgetUnpublished(layout: VolumeLayout, ref: PackRef, number: number): void {
  const unpublished = listReleases(layout, ref).filter((release) => numberOf(release) >= number);
  for (const release of unpublished) removeFile(manifestPath(layout, ref, release));
}

/** What was read and written but is not to be published: the volume has the same already, or keeps its own. */
function dropUnwanted(staging: Staging, { changes, directories }: Plan): void {
  const wanted = new Set(changes.flatMap(({ kind, path }) => (kind === "add" || kind === "replace" ? [path] : [])));
  for (const path of [...staging.written.keys()]) if (!wanted.has(path)) staging.drop(path);
  staging.dropDirectoriesBut(new Set(directories)); // a binary of others may stand where one was made
}

function linkFromLive({ plan, staging, returning }: StageRequest, live: string): Record<string, CarriedFile> {
  for (const path of plan.keep.keys()) staging.link(path, `${live}/${path}`);
  const carried = new Map<string, CarriedFile>();
  for (const change of plan.changes) {
    const { path } = change;
    if (!staysInPlace(change)) continue;
    if (change.prev.ownership === "ours") staging.link(path, `${live}/${path}`);
    else if (linkIfThere(staging, path, `${live}/${path}`)) carried.set(path, carriedFile(`${staging.root}/${path}`));
  }
  for (const [path, from] of returning ?? [])
    if (linkIfThere(staging, path, from)) carried.set(path, carriedFile(`${staging.root}/${path}`));
  return Object.fromEntries(carried);
}

function staysInPlace(change: Change): change is Extract<Change, { kind: "carry" | "preserve" }> {
  if (change.kind === "carry") return true;
  return change.kind === "preserve" && change.why !== "foreign-binary-in-the-way";
}

function carriedFile(path: string): CarriedFile {
  const { ino: inode, mtimeMs, size, birthtimeMs } = lstatSync(fsPath(path));
  return { inode, mtimeMs, size, birthtimeMs };
}

/** A foreign file that its owner removes at this moment is just not there any more. */
function linkIfThere(staging: Staging, path: string, from: string): boolean {
  try {
    staging.link(path, from);
    return true;
  } catch (error) {
    if (error instanceof PacksyncError && errnoOf(error.cause) === "ENOENT") return false;
    throw error;
  }
}

/**
 * Python trusts a `.pyc` as long as its source's mtime is the same in whole seconds and its size too, so a path never
 * gets a second that it had in an earlier release. Where writing already gave later ones, they stay.
 *
 * @returns the latest mtime so far, in whole seconds.
 */
function settleMtimes({ plan, previous, staging }: StageRequest, now: Date): number {
  const floor = previous?.latestMtime ?? 0;
  const written = [...staging.written.values()].map((file) => wholeSeconds(file));
  const replaced = new Set(
    plan.changes.flatMap((change) => (change.kind === "replace" ? [wholeSeconds(change.prev)] : [])),
  );
  if (written.every((seconds) => seconds > floor && !replaced.has(seconds))) return Math.max(floor, ...unique(written));
  let seconds = Math.max(Math.floor(now.getTime() / 1000), floor + 1);
  while (replaced.has(seconds)) seconds++;
  staging.setMtimes(seconds);
  return seconds;
}

/** Few different seconds, however many files: `Math.max` takes only so many arguments. */
function unique(seconds: readonly number[]): ReadonlySet<number> {
  return new Set(seconds);
}

function wholeSeconds({ mtimeMs }: FileIdentity): number {
  return Math.floor(mtimeMs / 1000);
}

/** Everything of the next tree that is ours: what was written, what was kept, and binaries that outlive their source. */
function manifestFiles({ plan, staging, live, previous }: StageRequest): Record<string, LedgerFile> {
  const files = new Map<string, LedgerFile>();
  const add = (path: string, entry: FileEntry | undefined, identity: FileIdentity | undefined) => {
    if (entry === undefined || identity === undefined) throw vanished(path);
    const { inode, mtimeMs, size } = identity;
    files.set(path, { ...entry, inode, mtimeMs, size });
  };
  for (const change of plan.changes) {
    const { kind, path } = change;
    if (kind === "add" || kind === "replace")
      add(path, change.next, staging.written.get(path) ?? staging.restored.get(path));
    if (kind === "preserve" && change.prev.ownership === "ours") add(path, entryAt(previous?.files, path), change.prev);
  }
  for (const [path, entry] of plan.keep) add(path, entry, live?.files.get(path) ?? entryAt(previous?.files, path));
  return Object.fromEntries(files);
}

function vanished(path: string): PacksyncError {
  return new PacksyncError("PACK_BUSY", `\`${path}\` was planned to be there and is not.`, { retryable: true });
}

function identityOf({ inode, mtimeMs, size }: FileIdentity): FileIdentity {
  return { inode, mtimeMs, size };
}

/** What stood in the way and was not ours: it stays in the tree that is displaced, for good. */
function displacedBy(changes: readonly Change[]): Record<string, FileIdentity> {
  const displaced = changes.flatMap((change): [string, LiveFile][] =>
    (change.kind === "replace" || change.kind === "remove") && change.displaces ? [[change.path, change.prev]] : [],
  );
  return Object.fromEntries(displaced.map(([path, file]) => [path, identityOf(file)]));
}

/** @throws ENOENT */
export function directoryIdentity(path: string): DirectoryIdentity {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true });
  return { inode: String(ino), birthtimeNs: String(birthtimeNs) };
}

/** @returns whether it was made: there was none before */
export function makeReleaseDirectory({ releases }: VolumeLayout, ref: PackRef, owner: Owner | undefined): boolean {
  const path = `${releases}/${ref}`;
  const isMade = mkdirSync(path, { recursive: true, mode: 0o750 }) !== undefined;
  if (isMade) adopt(path, owner);
  return isMade;
}

/** Writes a file's bytes, or a directory's names, to the disk. */
export function syncPath(path: string): void {
  const fd = openSync(fsPath(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
