import type { DatabaseSync } from "node:sqlite";

/**
 * Refs whose live release is not the registered one, and the live one; `undefined`: none is live.
 *
 * The one question of a run with nothing to do. `pack` is the publisher's table: to compare two lists here would cost such a run
 * more than all the rest.
 */
export function outdatedIn(database: DatabaseSync): ReadonlyMap<string, string | undefined> {
  const rows = database.prepare(OUTDATED).all();
  return new Map(rows.map(({ ref, live }) => [String(ref), live === null ? undefined : String(live)]));
}

const OUTDATED = `
  SELECT coalesce(pack.ref, catalog_pack.ref) AS ref, pack.release AS live
  FROM pack FULL JOIN catalog_pack ON catalog_pack.ref = pack.ref
  WHERE pack.release IS NOT catalog_pack.release ORDER BY 1`;
