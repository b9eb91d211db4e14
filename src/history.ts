import type { Config } from "./config/config.ts";
import { type DiffReport, diffReleases } from "./cycle/diff.ts";
import { historyOf, notPublished, type PackHistory } from "./cycle/history.ts";
import { type RollbackReport, rollbackPack, unpinPack } from "./cycle/rollback.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
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
  return withVolume(options, abort, ({ publisher }) =>
    rollbackPack(ref, to, { ...about, volume: publisher, publisher }),
  );
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
