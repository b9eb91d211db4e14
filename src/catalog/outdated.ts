import type { DatabaseSync } from "node:sqlite";

/**
 * Refs whose live release, if any, is not the registered one.
 *
 * The one question of a run with nothing to do. `pack` is the publisher's table: to compare two lists here would cost such a run
 * more than all the rest.
 */
export function outdatedIn(database: DatabaseSync): readonly string[] {
  return database
    .prepare(OUTDATED)
    .all()
    .map(({ ref }) => String(ref));
}

const OUTDATED = `
  SELECT coalesce(pack.ref, catalog_pack.ref) AS ref
  FROM pack FULL JOIN catalog_pack ON catalog_pack.ref = pack.ref
  WHERE pack.release IS NOT catalog_pack.release ORDER BY 1`;
