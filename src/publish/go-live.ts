import { closeSync, existsSync, lstatSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { PackRef } from "../pack/ref.ts";
import type { PreservePolicy } from "../plan/preserve.ts";
import { monotonicMs } from "../platform/clock.ts";
import { transaction } from "../platform/database.ts";
import type { Owner } from "../platform/ownership.ts";
import { syncFileSystem } from "../platform/syscalls.ts";
import { afterExchange, bringOverFrom, compareAgain, historyPath } from "./displaced.ts";
import { asidePath, moveTree, swap } from "./exchange.ts";
import { type LateWrites, type LiveScan, NO_LATE_WRITES } from "./late.ts";
import { livePath, releasePath, type VolumeLayout } from "./layout.ts";
import type { Intent, LedgerStore, PackRecord } from "./ledger.ts";
import { type Manifest, type ManifestHead, readManifest } from "./manifest.ts";
import { syncPath } from "./stage.ts";
import type { Staging } from "./staging.ts";

/** The fingerprint of a live pack's `paths`, which tells whether anybody touched it; the scan stage has it. */
export type LiveFingerprint = (root: string, paths: readonly string[]) => string;

/**
 * A complete next tree. A `retire` takes everything of ours away: `manifest` lists what others have there, and stays
 * theirs; where nothing is left, the directory goes, too.
 */
export interface StagedRelease {
  readonly kind: "publish" | "retire";
  readonly manifest: ManifestHead;
  /** See {@link watchedPaths}. */
  readonly watched: readonly string[];
  /** What is live until then: a release, what was adopted, or what a retirement left. */
  readonly previous: Manifest | undefined;
  readonly staging: Staging;
  /** The source scan that this release is equal to; `undefined` when that may not be remembered. */
  readonly applied: string | undefined;
  /** How many of its files have to be made durable. */
  readonly freshFiles: number;
}

export type GoLiveOutcome =
  | {
      readonly ref: PackRef;
      readonly live: true;
      readonly method: "exchange" | "two-renames" | "move";
      readonly late: LateWrites;
      /** When readers got it, on the monotonic clock, in milliseconds. */
      readonly atMs: number;
    }
  | { readonly ref: PackRef; readonly live: false; readonly error: unknown };

export interface PublisherDeps {
  readonly layout: VolumeLayout;
  readonly ledger: LedgerStore;
  readonly database: DatabaseSync;
  readonly owner: Owner | undefined;
  /** What is left to the services. */
  readonly minFreeBytes: number;
  readonly policy: PreservePolicy;
  readonly scan: LiveScan;
  readonly fingerprint: LiveFingerprint;
  readonly now: () => Date;
  /** `none`: for what need not outlive a power cut, and may keep nobody waiting for the disk. */
  readonly durability?: "none";
  /** For tests: another way to swap two trees. */
  readonly swapTrees?: Parameters<typeof swap>[2];
}

/** Up to so many fresh files are made durable one by one; above that one `syncfs` is cheaper. */
export const FSYNC_FILES = 8;

/** Releases of which nothing is missing but the exchange. Disposing takes the intents back if they did not go live. */
export interface Armed extends Disposable {
  /** @param onLive called once readers have all of it, and before that is remembered */
  goLive(onLive?: () => void): GoLiveOutcome[];
}

/**
 * Makes staged releases ready to go live, back to back, in the order given. The write order, which docs/how-it-publishes.md
 * explains; (1), checking and staging, is done:
 *
 * (2) the fresh data is made durable; (3) the intents are committed; (4) the trees of all packs are exchanged; then for each pack
 * (5) late foreign writes are brought over, and (6) the displaced tree moves into history; (7) ledger, history and the
 * cleared intents are committed in one transaction.
 *
 * A crash before (4) leaves the old release, after it the new one; the next run's recovery does the rest.
 */
export function arm(batch: readonly StagedRelease[], deps: PublisherDeps): Armed {
  if (batch.length === 0) return { goLive: () => [], [Symbol.dispose]() {} };
  makeDurable(batch, deps); // (2)
  transaction(deps.database, () => {
    for (const staged of batch) deps.ledger.saveIntent(intentOf(staged, deps)); // (3)
  });
  let isArmed = true;
  return {
    goLive(onLive = () => {}) {
      isArmed = false;
      return goLive(batch, deps, onLive);
    },
    [Symbol.dispose]() {
      if (isArmed)
        transaction(deps.database, () => {
          for (const { manifest } of batch) deps.ledger.clearIntent(manifest.pack);
        });
    },
  };
}

function goLive(batch: readonly StagedRelease[], deps: PublisherDeps, onLive: () => void): GoLiveOutcome[] {
  const lives = batch.map(({ watched, staging }) => deps.fingerprint(staging.root, watched));
  const exchanged = batch.map((staged) => ({
    staged,
    result: attempt(staged, deps, () => exchangeTrees(staged, deps)),
  })); // (4)
  onLive();
  const outcomes = exchanged.map(({ staged, result }) => bringOver(staged, result, deps)); // (5) (6)
  if (deps.durability !== "none") syncPath(deps.layout.root);
  transaction(deps.database, () => {
    for (const [index, staged] of batch.entries()) settle(staged, outcomes[index], lives[index] ?? "", deps); // (7)
  });
  for (const [index, { previous, kind, manifest }] of batch.entries())
    if (outcomes[index]?.live === true && previous && !leavesNothing(kind, manifest)) compareAgain(previous, deps);
  return outcomes;
}

/** Unsynced, a release can come out of a power cut with every file empty. */
function makeDurable(batch: readonly StagedRelease[], { layout, durability }: PublisherDeps): void {
  if (durability === "none") return;
  const fresh = batch.reduce((sum, { freshFiles }) => sum + freshFiles, 0);
  const directories = batch.reduce((sum, { manifest }) => sum + directoriesOf(manifest).length + 1, 0);
  if (fresh + directories > 4 * FSYNC_FILES || fresh > FSYNC_FILES) {
    const fd = openSync(layout.root, "r");
    syncFileSystem(fd);
    closeSync(fd);
    return;
  }
  for (const { manifest, staging } of batch) {
    for (const path of staging.written.keys()) syncPath(`${staging.root}/${path}`);
    for (const directory of ["", ...directoriesOf(manifest)]) syncPath(`${staging.root}/${directory}`);
    syncPath(`${releasePath(layout, manifest.pack, manifest.release)}.json`);
    syncPath(`${layout.releases}/${manifest.pack}`);
  }
}

function intentOf({ kind, manifest, previous }: StagedRelease, { layout }: PublisherDeps): Intent {
  const live = lstatSync(livePath(layout, manifest.pack), { bigint: true, throwIfNoEntry: false });
  return {
    ref: manifest.pack,
    kind,
    number: manifest.number,
    release: manifest.release,
    previous: previous?.release,
    before: live && { inode: String(live.ino), birthtimeNs: String(live.birthtimeNs) },
    after: leavesNothing(kind, manifest) ? undefined : manifest.identity,
  };
}

/** A retired pack's directory goes away when nobody else has anything in it. */
export function leavesNothing(kind: StagedRelease["kind"], manifest: ManifestHead): boolean {
  return kind === "retire" && Object.keys(manifest.carried).length === 0 && directoriesOf(manifest).length === 0;
}

type Failed = Extract<GoLiveOutcome, { live: false }>;

/** Readers have the new tree. `late`: brings over what others wrote into the old one meanwhile. */
interface Exchanged {
  readonly method: "exchange" | "two-renames" | "move";
  readonly atMs: number;
  readonly late: () => LateWrites;
}

function attempt<T extends object>(staged: StagedRelease, deps: PublisherDeps, work: () => T): T | Failed {
  try {
    return work();
  } catch (error) {
    if (isHalfWay(staged, deps)) staged.staging.keep();
    return { ref: staged.manifest.pack, live: false, error };
  }
}

function bringOver(staged: StagedRelease, result: Exchanged | Failed, deps: PublisherDeps): GoLiveOutcome {
  if ("error" in result) return result;
  const { late, ...done } = result;
  return attempt(staged, deps, (): GoLiveOutcome => ({ ref: staged.manifest.pack, live: true, ...done, late: late() }));
}

/** The next run needs tree and manifest to finish this: it is live already, or what was live stands between two renames. */
function isHalfWay({ manifest, staging }: StagedRelease, { layout }: PublisherDeps): boolean {
  const live = lstatSync(livePath(layout, manifest.pack), { bigint: true, throwIfNoEntry: false });
  return String(live?.ino) === manifest.identity.inode || existsSync(asidePath(staging.root));
}

function exchangeTrees({ kind, manifest, previous, staging }: StagedRelease, deps: PublisherDeps): Exchanged {
  const live = livePath(deps.layout, manifest.pack);
  const moved = (late: Exchanged["late"] = () => NO_LATE_WRITES): Exchanged => ({
    method: "move",
    atMs: monotonicMs(),
    late,
  });
  if (leavesNothing(kind, manifest)) {
    const displaced = historyPath(deps.layout, manifest.pack, previous);
    const isLive = existsSync(live);
    if (isLive) moveTree(live, displaced); // (4) and (6) in one
    staging.keepManifests();
    const bringOverLate = () => bringOverFrom({ manifest: whole(manifest, deps), previous, displaced }, deps);
    return moved(isLive ? bringOverLate : undefined); // (5)
  }
  if (!existsSync(live)) {
    moveTree(staging.root, live); // (4)
    staging.keep();
    return moved();
  }
  const method = swap(staging.root, live, deps.swapTrees); // (4)
  const atMs = monotonicMs();
  staging.keep();
  const late = () => afterExchange({ manifest: whole(manifest, deps), previous, displaced: staging.root }, deps);
  return { method, atMs, late }; // (5) (6)
}

/** With its files again, as it was written when it was staged. */
function whole({ pack, release }: ManifestHead, { layout }: PublisherDeps): Manifest {
  const manifest = readManifest(layout, pack, release);
  if (manifest === undefined) throw new Error(`the manifest of ${release} is not there`);
  return manifest;
}

/** (7) for one pack. An exchange that failed half-way keeps its intent: the next run finishes it. */
function settle(staged: StagedRelease, outcome: GoLiveOutcome | undefined, live: string, deps: PublisherDeps): void {
  const { manifest } = staged;
  if (outcome?.live === true) recordLive({ ...staged, live }, deps);
  else if (existsSync(staged.staging.root) && !wentLive(staged, deps)) deps.ledger.clearIntent(manifest.pack);
}

function wentLive({ manifest }: StagedRelease, { layout }: PublisherDeps): boolean {
  const live = lstatSync(livePath(layout, manifest.pack), { bigint: true, throwIfNoEntry: false });
  return live === undefined || String(live.ino) === manifest.identity.inode;
}

export type LiveRecord = Pick<StagedRelease, "kind" | "manifest" | "watched" | "previous" | "applied"> & {
  /** Fingerprint of what is watched; empty: the next run looks again. */
  readonly live: string;
};

/** Ledger and history say what is live now, and the intent is done. Inside a transaction of the caller's. */
export function recordLive(record: LiveRecord, deps: PublisherDeps): void {
  const { kind, manifest, watched, previous, applied, live } = record;
  const { ledger } = deps;
  const now = deps.now().toISOString();
  if (previous !== undefined) ledger.saveRelease({ ...releaseRecord(previous), displacedAt: now });
  ledger.saveRelease({ ...releaseRecord(manifest), displacedAt: kind === "retire" ? now : undefined });
  ledger.savePack({
    ...packRecord(manifest, watched),
    release: kind === "retire" ? undefined : manifest.release,
    applied,
    live,
  });
  ledger.clearIntent(manifest.pack);
}

function releaseRecord({ pack, number, release, version, origin, publishedAt }: ManifestHead) {
  return { ref: pack, number, release, version, origin, publishedAt };
}

/** What the index says of a live release, as nobody has looked at it yet. */
export function packRecord(manifest: ManifestHead, watched: readonly string[]): PackRecord {
  return {
    ref: manifest.pack,
    number: manifest.number,
    release: manifest.release,
    version: manifest.version,
    origin: manifest.origin,
    source: manifest.source?.name,
    directory: manifest.source?.directory,
    publishedAt: manifest.publishedAt,
    pinned: manifest.pinned === true ? manifest.content : manifest.pinned,
    applied: undefined,
    watched,
    live: "",
  };
}

/** A pack's directories, and the ELF files where packsync and others may meet. */
export function watchedPaths(manifest: Manifest): string[] {
  const { files, memory } = manifest;
  const binaries = Object.keys(files).filter((path) => files[path]?.elf !== undefined);
  return [...directoriesOf(manifest), ...new Set([...binaries, ...Object.keys(memory)])];
}

function directoriesOf({ directories, carriedDirectories }: ManifestHead): readonly string[] {
  return [...directories, ...carriedDirectories];
}
