import type { AttuneDatabase } from "./database.ts";
import type { TableName } from "./table.ts";

const TABLES: readonly TableName[] = [
  "permission_set",
  "runtime",
  "trigger",
  "workflow_definition",
  "action",
  "rule",
  "sensor",
];

/**
 * What the database has of packs, by their refs: equal as long as no row of a pack was touched, and no runtime that its actions may
 * want came or went. One statement for all, far cheaper than to compare every row.
 *
 * @param refs `undefined`: all
 */
export async function fingerprints(
  database: AttuneDatabase,
  refs?: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { client, table } = database;
  const owned = TABLES.filter((name) => database.has(name)).map(
    (name) =>
      `SELECT p.ref AS pack, '${name}' AS kind, t.id, (t.*)::text AS row FROM ${table(name)} t JOIN wanted p ON p.id = t.pack`,
  );
  const versions = `SELECT p.ref, 'runtime_version', t.id, (t.*)::text FROM ${table("runtime_version")} t
    JOIN ${table("runtime")} r ON r.id = t.runtime JOIN wanted p ON p.id = r.pack`;
  const found = await client.query<{ pack: string; digest: string }>(
    `WITH wanted AS (SELECT * FROM ${table("pack")} p WHERE $1::text[] IS NULL OR p.ref = ANY($1)),
      runtimes AS (
        SELECT md5(coalesce(string_agg(concat_ws(' ', id, ref, name, array_to_string(aliases, ',')), E'\\n' ORDER BY id), '')) AS digest
        FROM ${table("runtime")}
      ),
      rows AS (
        SELECT ref AS pack, 'pack' AS kind, id, (w.*)::text AS row FROM wanted w
        UNION ALL ${[...owned, ...(database.has("runtime_version") ? [versions] : [])].join(" UNION ALL ")}
      )
    SELECT pack, md5(string_agg(row, E'\\n' ORDER BY kind, id)) || (SELECT digest FROM runtimes) AS digest FROM rows GROUP BY pack`,
    [refs ?? null],
  );
  return new Map(found.rows.map(({ pack, digest }) => [pack, digest]));
}
