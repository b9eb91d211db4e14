import type { Config } from "./config/config.ts";
import { historyOf, notPublished, type PackHistory } from "./cycle/history.ts";
import { type RollbackReport, rollbackPack, unpinPack } from "./cycle/rollback.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
import { layoutOf, policyOf, reading, type SessionOptions, withVolume } from "./volume-session.ts";

/** Composition root of the commands about releases that are there already; `daemon.ts` is that of everything that syncs. */

/** Makes an earlier release live again; see {@link rollbackPack}. */
export function rollback(
  options: SessionOptions,
  { pack, to }: { readonly pack: string; readonly to: string | undefined },
  abort: AbortSignal,
): Promise<RollbackReport> {
  const ref = refOf(pack);
  const { history: retention } = options.config;
  return withVolume(options, abort, ({ publisher }) =>
    rollbackPack(ref, to, { publisher, policy: policyOf(options.config), retention }),
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
