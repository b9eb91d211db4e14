import type { Config } from "./config/config.ts";
import { type DiffReport, diffReleases } from "./cycle/diff.ts";
import { historyOf, type PackHistory } from "./cycle/history.ts";
import { type RollbackReport, rollbackPack } from "./cycle/rollback.ts";
import type { Verified } from "./cycle/verified.ts";
import { verifyPacks } from "./cycle/verify.ts";
import type { RunOptions } from "./once.ts";
import { aboutHistory, refOf } from "./perform.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
import type { RollbackRequest } from "./requests.ts";
import { emptyScanStore, readScanStore } from "./scan/store.ts";
import { sourcesIn } from "./sources.ts";
import { disposableScanner, scanLimits } from "./threaded-scanner.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Composition root of the commands that only look at what was published; they take no lock. */

/** What a rollback would do; takes no lock. See {@link rollbackPack}. */
export function planRollback(config: Config, { pack, to }: RollbackRequest): Promise<RollbackReport> {
  const about = { ...aboutHistory(config), publisher: undefined };
  return viewing(config, (volume) => rollbackPack(refOf(pack), to, { ...about, volume }));
}

/** The releases of these packs, or of all; takes no lock. */
export function history(config: Config, packs: readonly string[]): Promise<readonly PackHistory[]> {
  return viewing(config, (volume) => historyOf(volume, packs));
}

export interface DiffRequest {
  readonly pack: string;
  readonly releases: readonly string[];
  /** So many files are compared; unset: all. */
  readonly most?: number;
}

/** What is different between two releases; takes no lock. */
export function diff(config: Config, { pack, releases, most }: DiffRequest): Promise<DiffReport> {
  const ref = refOf(pack);
  return viewing(config, (volume) => diffReleases(ref, releases, volume, most));
}

/** Reads every byte that packsync published; takes no lock and changes nothing. */
export async function verify(
  { config, onProgress }: Pick<RunOptions, "config" | "onProgress">,
  packs: readonly string[],
): Promise<readonly Verified[]> {
  const layout = layoutOf(config);
  const sources = sourcesIn(layout, config);
  await using scanner = disposableScanner(config);
  return await reading(config, async (database) => {
    const volume = viewVolume(layout, database ? readLedger(database) : emptyLedger);
    const store = database ? readScanStore(database) : emptyScanStore;
    const deps = { sources, limits: scanLimits(config), scanner, onProgress, volume, store };
    const verified = await verifyPacks(packs, deps);
    return verified.map(({ unnoticed, ...pack }) => ({ ...pack, sourceUnnoticed: unnoticed !== undefined }));
  });
}

function viewing<T>(config: Config, work: (volume: VolumeView) => T | Promise<T>): Promise<T> {
  return reading(config, (database) =>
    work(viewVolume(layoutOf(config), database ? readLedger(database) : emptyLedger)),
  );
}
