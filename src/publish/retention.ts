import { existsSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { PackRef } from "../pack/ref.ts";
import { transaction } from "../platform/database.ts";
import { fsPath } from "../platform/names.ts";
import { removeTree } from "./directories.ts";
import { compareDisplaced } from "./displaced.ts";
import type { PublisherDeps } from "./go-live.ts";
import { manifestPath, releasePath } from "./layout.ts";
import type { ReleaseRecord } from "./ledger.ts";
import { listManifests, type Manifest } from "./manifest.ts";

/** How much history is kept: the newest `keep` previous releases, none younger than `minAgeSeconds`, in `maxBytes`. */
export interface RetentionPolicy {
  readonly keep: number;
  readonly minAgeSeconds: number;
  readonly maxBytes: number;
}

/**
 * The releases that history may lose, oldest first: beyond `keep`, or beyond `maxBytes`, and old enough that nobody
 * can still stand in them. Release 0 is not among them: it is what somebody else had put there.
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
    return index >= policy.keep || bytes > policy.maxBytes;
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
 * waits for its removal goes last. What displaced another release's tree keeps its manifest: it says what was carried.
 */
export function forgetRelease(ref: PackRef, number: number, { layout, ledger, database }: PublisherDeps): void {
  transaction(database, () => ledger.dropRelease(ref, number));
  const manifests = listManifests(layout, ref);
  const release = manifests.find((manifest) => manifest.number === number)?.release;
  const before = manifests.findLast((manifest) => manifest.number < number);
  const needed = ledger.releases(ref).some((other) => other.number === before?.number);
  if (release !== undefined && !needed) rmSync(manifestPath(layout, ref, release), { force: true });
}

/** `<release>.displaced/`: what others had in the way of a release, for as long as nobody runs `verify --prune`. */
function keepDisplaced(tree: string, path: string): void {
  const [from, to] = [`${tree}/${path}`, `${tree}.displaced/${path}`];
  if (lstatSync(fsPath(from), { throwIfNoEntry: false }) === undefined) return;
  mkdirSync(fsPath(dirname(to)), { recursive: true });
  renameSync(fsPath(from), fsPath(to));
}
