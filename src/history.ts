import type { Config } from "./config/config.ts";
import type { CycleDeps } from "./cycle/deps.ts";
import { type DiffReport, diffReleases } from "./cycle/diff.ts";
import { historyOf, notPublished, type PackHistory } from "./cycle/history.ts";
import { prunePack, type Repair, repairPack } from "./cycle/repair.ts";
import { type RollbackReport, rollbackPack, unpinPack } from "./cycle/rollback.ts";
import { type PackVerification, verifyPacks } from "./cycle/verify.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import type { PrunedForGood } from "./publish/retention.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
import { registerLive } from "./registration.ts";
import { emptyScanStore, openScanStore, readScanStore } from "./scan/store.ts";
import { disposableScanner, scanLimits } from "./threaded-scanner.ts";
import { layoutOf, policyOf, reading, type SessionOptions, withVolume } from "./volume-session.ts";

/** Composition root of the commands about releases that are there already; `daemon.ts` is that of everything that syncs. */

export interface RollbackRequest {
  readonly pack: string;
  readonly to: string | undefined;
  /** Only say what would happen; takes no lock. */
  readonly dryRun: boolean;
}

/** Makes an earlier release live again; see {@link rollbackPack}. */
export function rollback(
  options: SessionOptions,
  { pack, to, dryRun }: RollbackRequest,
  abort: AbortSignal,
): Promise<RollbackReport> {
  const { config } = options;
  const ref = refOf(pack);
  const about = { policy: policyOf(config), retention: config.history };
  if (dryRun) return viewing(config, (volume) => rollbackPack(ref, to, { ...about, volume, publisher: undefined }));
  return withVolume(options, abort, async ({ database, publisher }) => {
    const report = rollbackPack(ref, to, { ...about, volume: publisher, publisher });
    const request = { only: [ref], compare: "changed" } as const;
    const registration = await registerLive({ database, volume: publisher }, { ...options, request }, abort);
    return { ...report, registration };
  });
}

/** Ends a pin. @returns the release that was pinned */
export function unpin(options: SessionOptions, pack: string, abort: AbortSignal): Promise<string> {
  const ref = refOf(pack);
  return withVolume(options, abort, ({ publisher }) => unpinPack(ref, publisher));
}

/** The releases of these packs, or of all; takes no lock. */
export function history(config: Config, packs: readonly string[]): Promise<readonly PackHistory[]> {
  return viewing(config, (volume) => historyOf(volume, packs));
}

/** What is different between two releases; takes no lock. */
export function diff(
  config: Config,
  { pack, releases }: { readonly pack: string; readonly releases: readonly string[] },
): Promise<DiffReport> {
  const ref = refOf(pack);
  return viewing(config, (volume) => diffReleases(ref, releases, volume));
}

export interface VerifyRequest {
  /** Refs; empty: all. */
  readonly packs: readonly string[];
  /** Bring back what drifted. */
  readonly repair: boolean;
  /** Remove what is kept for a person only: damaged releases, release 0, what others had in the way. */
  readonly prune: boolean;
}

export interface VerifyOptions extends SessionOptions {
  readonly onProgress: CycleDeps["onProgress"];
}

/** A pack that was verified, and what was done about it. */
export interface Verified extends PackVerification {
  readonly repair?: Repair;
  readonly pruned?: PrunedForGood;
}

/** Reads every byte that packsync published; without `repair` and `prune` it takes no lock and changes nothing. */
export async function verify(
  options: VerifyOptions,
  { packs, repair, prune }: VerifyRequest,
  abort: AbortSignal,
): Promise<readonly Verified[]> {
  const { config, onProgress } = options;
  const { sources } = config;
  const limits = scanLimits(config);
  await using scanner = disposableScanner(config);
  const about = { sources, limits, scanner, onProgress };
  if (!repair && !prune) {
    return await reading(config, (database) => {
      const volume = viewVolume(layoutOf(config), database ? readLedger(database) : emptyLedger);
      return verifyPacks(packs, { ...about, volume, store: database ? readScanStore(database) : emptyScanStore });
    });
  }
  return await withVolume(options, abort, async ({ publisher, database }) => {
    const store = openScanStore(database);
    const deps = { ...about, store, volume: publisher, publisher, policy: policyOf(config) };
    const verified = await verifyPacks(packs, deps);
    const done = verified.map((pack) => {
      const repaired = repair ? repairPack(pack, store, deps) : undefined;
      const pruned = prune ? prunePack(pack, publisher, config.history) : undefined;
      return { ...pack, ...(repaired && { repair: repaired }), ...(pruned && { pruned }) };
    });
    const request = { only: packs, compare: "changed" } as const;
    if (repair) await registerLive({ database, volume: publisher }, { ...options, request }, abort);
    return done;
  });
}

function viewing<T>(config: Config, work: (volume: VolumeView) => T | Promise<T>): Promise<T> {
  return reading(config, (database) =>
    work(viewVolume(layoutOf(config), database ? readLedger(database) : emptyLedger)),
  );
}

function refOf(pack: string): PackRef {
  const ref = asPackRef(pack);
  if (ref === undefined) throw notPublished(pack);
  return ref;
}
