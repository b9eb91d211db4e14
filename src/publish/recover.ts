import { existsSync, lstatSync, readdirSync, renameSync } from "node:fs";
import { isSystemError } from "../errors.ts";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { transaction } from "../platform/database.ts";
import { removeTree } from "./directories.ts";
import { afterExchange, bringOverFrom } from "./displaced.ts";
import { asidePath } from "./exchange.ts";
import { type PublisherDeps, packRecord, recordLive, watchedPaths } from "./go-live.ts";
import { livePath, releasePath, stagingPath, type VolumeLayout } from "./layout.ts";
import type { Intent } from "./ledger.ts";
import { type DirectoryIdentity, listManifests, type Manifest, NO_SOURCE, readManifest } from "./manifest.ts";
import { forgetRelease } from "./retention.ts";
import { forgetUnpublished } from "./stage.ts";

/** What recovery found: packs whose publish was finished, or undone, and staged trees that were litter. */
export interface Recovery {
  readonly finished: readonly PackRef[];
  readonly abandoned: readonly PackRef[];
  readonly litter: number;
}

/**
 * Brings a volume into order after a run that died: every intent is either finished or forgotten, by what is live
 * now, and nothing is left in staging. Finding nothing to do is the usual case.
 */
export function recover(deps: PublisherDeps): Recovery {
  const finished: PackRef[] = [];
  const abandoned: PackRef[] = [];
  for (const intent of deps.ledger.intents()) {
    const done = finish(intent, deps);
    if (!done) transaction(deps.database, () => deps.ledger.clearIntent(intent.ref));
    (done ? finished : abandoned).push(intent.ref);
  }
  return { finished, abandoned, litter: sweepStaging(deps) };
}

/** @returns whether the release of this intent is live now. */
function finish(intent: Intent, deps: PublisherDeps): boolean {
  const { layout } = deps;
  const live = livePath(layout, intent.ref);
  const staged = stagingPath(layout, intent.ref, intent.number);
  const manifest = readManifest(layout, intent.ref, intent.release);
  if (manifest === undefined) return false;
  if (intent.after !== undefined && !existsSync(live) && isSame(identityAt(staged), intent.after))
    renameSync(staged, live); // between two renames
  if (existsSync(asidePath(staged)) && !existsSync(staged)) renameSync(asidePath(staged), staged);
  if (!isSame(identityAt(live), intent.after)) return false;

  const previous = intent.previous === undefined ? undefined : readManifest(layout, intent.ref, intent.previous);
  const home = previous && releasePath(layout, intent.ref, previous.release);
  if (intent.after === undefined && home !== undefined) bringOverFrom({ manifest, previous, displaced: home }, deps);
  else if (existsSync(staged)) afterExchange({ manifest, previous, displaced: staged }, deps);
  const watched = watchedPaths(manifest);
  const record = { kind: intent.kind, manifest, watched, previous, applied: undefined, live: "" } as const;
  transaction(deps.database, () => recordLive(record, deps));
  return true;
}

/** Both missing is the same, too: a retirement that left nothing. */
function isSame(a: DirectoryIdentity | undefined, b: DirectoryIdentity | undefined): boolean {
  return a?.inode === b?.inode && a?.birthtimeNs === b?.birthtimeNs;
}

function identityAt(path: string): DirectoryIdentity | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && { inode: String(stats.ino), birthtimeNs: String(stats.birthtimeNs) };
}

/**
 * Removes what was never live. A tree that once was (its directory is a release's) goes back to history instead, if it
 * is not there already.
 */
function sweepStaging(deps: PublisherDeps): number {
  const { layout, ledger } = deps;
  const names = readdirSync(layout.staging);
  for (const name of names) {
    const path = `${layout.staging}/${name}`;
    const [, text = "", number, suffix] = STAGED.exec(name) ?? [];
    const ref = asPackRef(text);
    if (ref !== undefined && suffix === ".pruned") forgetRelease(ref, Number(number), deps);
    if (ref !== undefined) forgetUnpublished(layout, ref, (ledger.pack(ref)?.number ?? -1) + 1);
    const release = ref && releaseAt(layout, ref, path);
    const home = release && releasePath(layout, release.pack, release.release);
    if (home !== undefined && !existsSync(home) && Number(number) !== release?.number) renameSync(path, home);
    else removeIfPossible(path);
  }
  return names.length;
}

/** What a run of another user left may have to wait for that user; only this pack's next release cannot be staged until then. */
function removeIfPossible(path: string): void {
  try {
    removeTree(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** What staging holds: `<ref>.<number>` is built, `….aside` was live between two renames, `….pruned` is deleted. */
const STAGED = /^([^.]+)\.(\d+)(\.aside|\.pruned)?$/;

function releaseAt(layout: VolumeLayout, ref: PackRef, path: string): Manifest | undefined {
  const identity = identityAt(path);
  return listManifests(layout, ref).find((manifest) => isSame(manifest.identity, identity));
}

/**
 * Fills an empty index from the manifests beside it: `state.db` was lost or could not be read. The live release is
 * the one whose directory stands there; else the newest, and what differs from it is drift.
 *
 * @returns the packs that were found.
 */
export function rebuildLedger(deps: PublisherDeps): readonly PackRef[] {
  const refs = readdirSync(deps.layout.releases).flatMap((name) => asPackRef(name) ?? []);
  transaction(deps.database, () => {
    for (const ref of refs) rebuildPack(ref, deps);
  });
  return refs;
}

function rebuildPack(ref: PackRef, deps: PublisherDeps): void {
  const { layout, ledger } = deps;
  const isStaged = ({ number, identity }: Manifest) => isSame(identityAt(stagingPath(layout, ref, number)), identity);
  const manifests = listManifests(layout, ref).filter((manifest) => !isStaged(manifest));
  const identity = identityAt(livePath(layout, ref));
  const published = manifests.filter(({ origin }) => origin !== "adopted");
  const newest = published.at(-1);
  const live = published.find((manifest) => isSame(manifest.identity, identity)) ?? newest;
  if (live === undefined || newest === undefined) return;
  for (const [index, { number, release, version, origin, publishedAt }] of manifests.entries()) {
    const displacedAt = release === live.release ? undefined : (manifests[index + 1]?.publishedAt ?? publishedAt);
    ledger.saveRelease({ ref, number, release, version, origin, publishedAt, displacedAt });
  }
  const isRetired = Object.keys(live.files).length === 0 && live.content === NO_SOURCE && live.pinned === undefined;
  const record = { ...packRecord(live, watchedPaths(live)), number: newest.number };
  ledger.savePack(isRetired ? { ...record, release: undefined } : record);
}
