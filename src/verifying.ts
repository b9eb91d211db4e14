import { ask } from "./ask.ts";
import type { Config } from "./config/config.ts";
import type { Verified } from "./cycle/verified.ts";
import type { OnStage } from "./install/stages.ts";
import type { Log } from "./platform/log.ts";
import { readLedger } from "./publish/ledger.ts";
import { type CatalogFinding, verifyCatalogs } from "./verify-catalogs.ts";
import { reading } from "./volume-session.ts";

export interface VerifyOrder {
  /** Refs; none: all. */
  readonly packs: readonly string[];
  /** Bring back what drifted. */
  readonly repair: boolean;
}

/** What `packsync verify` found. */
export interface Verification {
  readonly packs: readonly Verified[];
  readonly catalogs: readonly CatalogFinding[];
}

export interface VerifyingOptions {
  readonly config: Config;
  readonly log: Log;
  readonly onStage: OnStage;
}

/**
 * Reads again everything that packsync published, by whoever holds the volume. Each pack is asked for by itself: what is saved meanwhile
 * is published in between.
 *
 * @throws PacksyncError `USAGE` for a pack that was never published
 */
export async function verifyByAsking(
  { packs: wanted, repair }: VerifyOrder,
  { config, log, onStage }: VerifyingOptions,
  abort: AbortSignal,
): Promise<Verification> {
  const refs = wanted.length > 0 ? wanted : await published(config);
  const packs: Verified[] = [];
  for (const [index, pack] of refs.entries()) {
    onStage({ stage: "verify", pack, share: index / refs.length });
    const request = { packs: [pack], repair, prune: false };
    packs.push(...(await ask("verify", request, { config, log, doing: "verify" }, abort)));
  }
  return { packs, catalogs: await verifyCatalogs(config, wanted, abort) };
}

function published(config: Config): Promise<readonly string[]> {
  return reading(config, (database) => (database === undefined ? [] : [...readLedger(database).packs().keys()]));
}
