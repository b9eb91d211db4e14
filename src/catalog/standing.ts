import type { DatabaseSync } from "node:sqlite";
import type { CatalogName } from "./catalog.ts";
import { type EmbeddedReader, readEmbedded } from "./embedded.ts";
import { type CatalogState, type RegistrationState, readRegistrations } from "./registrations.ts";

/** Where a live pack stands in one catalog. */
export interface Standing {
  readonly catalog: CatalogName;
  readonly state: RegistrationState;
  readonly since?: string;
  readonly why?: string;
}

/** Where live packs stand in every catalog, as was found last. */
export interface Standings {
  of(ref: string, release: string): readonly Standing[];
  /** Attune's database as such; `undefined`: nobody ever asked it. */
  readonly attune: CatalogState | undefined;
}

/**
 * @param isConfigured whether there is a database of Attune to be registered in
 * @param summaryOf what is registered: for who has read all of it anyway
 */
export function readStandings(
  database: DatabaseSync,
  isConfigured: boolean,
  summaryOf: EmbeddedReader["summary"] = readEmbedded(database).summary,
): Standings {
  const registrations = readRegistrations(database, "attune");
  const known = registrations.all();
  return {
    attune: registrations.catalog(),
    of(ref, release) {
      const pack = summaryOf(ref);
      const own: Standing = { catalog: "packsync", state: pack?.release === release ? "registered" : "pending" };
      const found = known.get(ref);
      if (found === undefined) return isConfigured && pack?.dialect !== "stackstorm" ? [own, PENDING] : [own];
      const { since, why } = found;
      const state = found.release === release ? found.state : "pending";
      return [own, { catalog: "attune", state, since, ...(why !== undefined && { why }) }];
    },
  };
}

const PENDING: Standing = { catalog: "attune", state: "pending" };

/** Before the first sync. */
export const noStandings: Standings = { of: () => [], attune: undefined };
