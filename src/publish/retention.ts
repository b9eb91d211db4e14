import { existsSync, lstatSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { PackRef } from "../pack/ref.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { transaction } from "../platform/database.ts";
import { fsPath, listNames } from "../platform/names.ts";
import { removeFile, removeTree } from "./directories.ts";
import { compareDisplaced } from "./displaced.ts";
import type { PublisherDeps } from "./go-live.ts";
import { keptTrees } from "./history.ts";
import { manifestPath, releasePath } from "./layout.ts";
import type { ReleaseRecord } from "./ledger.ts";
import { listManifests, listReleases, type Manifest, numberOf } from "./manifest.ts";

/**
 * How much history is kept: the newest `keep` previous releases, in `maxBytes`, none that was displaced longer than `maxAgeSeconds`
 * ago; but whatever the others say, all that was displaced within `minAgeSeconds`.
 */
export interface RetentionPolicy {
  readonly keep: number;
  readonly minAgeSeconds: number;
  readonly maxAgeSeconds?: number | undefined;
  readonly maxBytes: number;
}

/**
 * The releases that history may lose, oldest first: beyond `keep`, `maxBytes` or `maxAgeSeconds`, and old enough that
 * nobody can still stand in them. Release 0 is not among them: it is what somebody else had put there.
 */
export function prunable(
  history: readonly (ReleaseRecord & { readonly bytes: number })[],
  policy: RetentionPolicy,
  now: Date,
): readonly ReleaseRecord[] {
  const newestFirst = history.filter(({ number }) => number > 0).sort((a, b) => b.number - a.number);
  let bytes = 0;
  const over = newestFirst.filter((release, index) => {
    bytes += release.bytes;
    const isOld = policy.maxAgeSeconds !== undefined && ageSeconds(release.displacedAt, now) > policy.maxAgeSeconds;
    return index >= policy.keep || bytes > policy.maxBytes || isOld;
  });
  return over.filter(({ displacedAt }) => ageSeconds(displacedAt, now) >= policy.minAgeSeconds).reverse();
}

function ageSeconds(displacedAt: string | undefined, now: Date): number {
  return displacedAt === undefined ? 0 : (now.getTime() - Date.parse(displacedAt)) / 1000;
}

/** Prunes what the policy lets go of these packs. @returns how many releases went. */
export function prune(refs: Iterable<PackRef>, policy: RetentionPolicy, deps: PublisherDeps): number {
  let pruned = 0;
  for (const ref of refs) {
    const displaced = deps.ledger.releases(ref).filter(({ displacedAt }) => displacedAt !== undefined);
    if (!displaced.some(({ displacedAt }) => ageSeconds(displacedAt, deps.now()) >= policy.minAgeSeconds)) continue;
    const manifests = listManifests(deps.layout, ref);
    const history = displaced.map((record) => ({ ...record, bytes: ownBytes(record, manifests) }));
    const releases = prunable(history, policy, deps.now());
    for (const release of releases) pruneRelease(release, manifests, deps);
    pruned += releases.length;
  }
  return pruned;
}

/**
 * Makes room where there is none: the oldest releases of all packs go, however young. Release 0 and what others had in the
 * way stay.
 *
 * @param bytes how many, at least; of a release those of its files count that no other one shares
 * @returns whether any release went
 */
export function makeRoom(bytes: number, deps: PublisherDeps): boolean {
  const oldestFirst = [...deps.ledger.packs().keys()]
    .flatMap((ref) => deps.ledger.releases(ref))
    .filter(({ number, displacedAt }) => number > 0 && displacedAt !== undefined)
    .sort((a, b) => ((a.displacedAt ?? "") < (b.displacedAt ?? "") ? -1 : 1));
  let freed = 0;
  for (const release of oldestFirst) {
    const manifests = listManifests(deps.layout, release.ref);
    freed += ownBytes(release, manifests);
    pruneRelease(release, manifests, deps);
    if (freed >= bytes) break;
  }
  return oldestFirst.length > 0;
}

/** What was removed although no policy removes it. */
export interface PrunedForGood {
  readonly releases: readonly string[];
  /** How many files of others that had made room for a release. */
  readonly displaced: number;
}

/**
 * Removes what is kept for a person to look at: release 0, releases that are damaged, and others' files that had made
 * room for releases that are gone. What is younger than `minAgeSeconds` stays: somebody may still stand in it.
 */
export function pruneKept(
  ref: PackRef,
  damaged: ReadonlySet<string>,
  minAgeSeconds: number,
  deps: PublisherDeps,
): PrunedForGood {
  const manifests = listManifests(deps.layout, ref);
  const releases = deps.ledger.releases(ref).filter(({ number, release, displacedAt }) => {
    const isOld = displacedAt !== undefined && ageSeconds(displacedAt, deps.now()) >= minAgeSeconds;
    return isOld && (number === 0 || damaged.has(release));
  });
  for (const release of releases) pruneRelease(release, manifests, deps);
  const kept = keptTrees(deps.layout, deps.ledger, ref);
  const displaced = kept.reduce((sum, path) => sum + removeKept(path, deps), 0);
  return { releases: releases.map(({ release }) => release), displaced };
}

/** It leaves its name in one rename, so that nobody finds half of it. @returns how many files went */
function removeKept(path: string, { layout }: PublisherDeps): number {
  const trash = `${layout.staging}/${basename(path)}`;
  renameSync(path, trash);
  const count = countFiles(trash);
  removeTree(trash);
  return count;
}

function countFiles(directory: string): number {
  const paths = listNames(directory).map((name) => `${directory}/${name}`);
  return paths.reduce((sum, path) => sum + (lstatIfAny(path)?.isDirectory() === true ? countFiles(path) : 1), 0);
}

/** What would come free: files that no other release shares. */
function ownBytes({ release }: ReleaseRecord, manifests: readonly Manifest[]): number {
  const others = manifests.filter((manifest) => manifest.release !== release);
  const shared = new Set(others.flatMap(({ files }) => Object.values(files).map(({ inode }) => inode)));
  const files = Object.values(manifests.find((manifest) => manifest.release === release)?.files ?? {});
  return files.filter(({ inode }) => !shared.has(inode)).reduce((sum, { size }) => sum + size, 0);
}

/**
 * Takes one release out of history. Its record goes first and its tree leaves its name in one rename, so that a
 * half-deleted tree can never be taken for one whose owner removed files. Foreign files that were replaced are kept.
 */
function pruneRelease(record: ReleaseRecord, manifests: readonly Manifest[], deps: PublisherDeps): void {
  const { layout } = deps;
  const { ref, release, number } = record;
  const tree = releasePath(layout, ref, release);
  const by = manifests.find((manifest) => manifest.number > number);
  if (by !== undefined) compareDisplaced({ ref, release, by }, deps);
  const displaced = by && listManifests(layout, ref).find((manifest) => manifest.number === by.number)?.displaced;
  const trash = `${layout.staging}/${ref}.${number}.pruned`;
  if (existsSync(tree)) {
    for (const path of Object.keys(displaced ?? {})) keepDisplaced(tree, path);
    renameSync(tree, trash);
  }
  forgetRelease(ref, number, deps);
  removeTree(trash);
}

/**
 * Takes a release without tree out of the records: also what recovery does for a run that died over it, so the tree that
 * waits for its removal goes last. Manifests without a release go, too; but what displaced a tree that is still there keeps
 * its manifest: it says what was carried.
 */
export function forgetRelease(ref: PackRef, number: number, { layout, ledger, database }: PublisherDeps): void {
  transaction(database, () => ledger.dropRelease(ref, number));
  const known = new Set(ledger.releases(ref).map((release) => release.number));
  const numbered = listReleases(layout, ref).sort((a, b) => numberOf(a) - numberOf(b));
  for (const [index, release] of numbered.entries()) {
    const isNeeded = index > 0 && known.has(numberOf(numbered[index - 1] ?? ""));
    if (!known.has(numberOf(release)) && !isNeeded) removeFile(manifestPath(layout, ref, release));
  }
}

/** `<release>.displaced/`: what others had in the way of a release, for as long as nobody runs `verify --prune`. */
function keepDisplaced(tree: string, path: string): void {
  const [from, to] = [`${tree}/${path}`, `${tree}.displaced/${path}`];
  if (lstatSync(fsPath(from), { throwIfNoEntry: false }) === undefined) return;
  mkdirSync(fsPath(dirname(to)), { recursive: true });
  renameSync(fsPath(from), fsPath(to));
}
