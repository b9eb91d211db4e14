import { type AttuneDatabase, quoted } from "./database.ts";
import { COLUMNS, type Column, type Row, type TableName } from "./table.ts";

/** How rows come into a table. */
export interface UpsertOptions {
  readonly table: TableName;
  /** What tells one row from another. */
  readonly key: readonly string[];
  /** Leave alone what users changed. */
  readonly keepEdits: boolean;
  /** Rows of other packs are not overwritten: only rows of this one, or of none. */
  readonly onlyOf?: string | undefined;
  /** By column, for what is looked up: SQL over `u`, the rows that are given, in the database's own words. */
  readonly lookups?: Readonly<Record<string, string>>;
  /** By column: `false` in SQL over `u` where what stands there stays. */
  readonly unless?: Readonly<Record<string, string>>;
}

interface Counted {
  readonly changes: number;
  /** Keys of rows that belong to another pack. */
  readonly foreign: readonly string[];
}

/**
 * Brings rows into a table by one statement, without touching a row that is as it should be already.
 *
 * Values travel as arrays of text, one for each column, and PostgreSQL casts them: nothing of a pack is ever part of the
 * statement, whose names are all ours.
 */
export async function upsert(database: AttuneDatabase, rows: readonly Row[], options: UpsertOptions): Promise<Counted> {
  if (rows.length === 0 || !database.has(options.table)) return { changes: 0, foreign: [] };
  const { client } = database;
  const given = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort();
  const values = given.map((name) => rows.map((row) => row[name] ?? null));
  const result = await client.query(statement(database, given, options), [...values, options.onlyOf ?? null]);
  const { changed, added, foreign } = result.rows[0];
  return { changes: Number(changed) + Number(added), foreign: foreign ?? [] };
}

function statement(database: AttuneDatabase, given: readonly string[], options: UpsertOptions): string {
  const { table: name, key, keepEdits, lookups = {}, unless = {} } = options;
  const table = database.table(name);
  const isGiven = (column: Column) => given.includes(column.name) || Object.hasOwn(lookups, column.name);
  const columns = COLUMNS[name].filter((column) => isGiven(column) && database.has(name, column.name));
  const owner = `$${given.length + 1}`;
  const keys = key.map((column) => ({ name: column, type: column === "runtime" ? "bigint" : "text" }) as const);
  const all: readonly Column[] = [...keys, ...columns];
  const updated = columns.filter(({ written }) => written === undefined || (written === "edited" && !keepEdits));

  const cast = ({ name, type }: Column) => `${lookups[name] ?? `u.${quoted(name)}`}::${type} AS ${quoted(name)}`;
  const kept = Object.entries(unless).map(([column, condition]) => `${condition} AS ${quoted(`keep ${column}`)}`);
  const next = ({ name }: Column) =>
    Object.hasOwn(unless, name)
      ? `CASE WHEN i.${quoted(`keep ${name}`)} THEN t.${quoted(name)} ELSE i.${quoted(name)} END`
      : `i.${quoted(name)}`;
  const same = key.map((column) => `t.${quoted(column)} = i.${quoted(column)}`).join(" AND ");
  const isOurs = database.has(name, "pack")
    ? `(${owner}::bigint IS NULL OR t.pack IS NULL OR t.pack = ${owner}::bigint)`
    : "true";
  const names = all.map(({ name }) => quoted(name)).join(", ");
  const set = updated.map((column) => `${quoted(column.name)} = ${next(column)}`).join(", ");
  const before = updated.map(({ name }) => `t.${quoted(name)}`).join(", ");
  const after = updated.map(next).join(", ");
  const excluded = updated.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(", ");
  return `
    WITH i AS (
      SELECT ${[...all.map(cast), ...kept].join(", ")}
      FROM unnest(${given.map((_, index) => `$${index + 1}::text[]`).join(", ")}) AS u(${given.map(quoted).join(", ")})
    ), changed AS (
      UPDATE ${table} t SET ${set} FROM i
      WHERE ${same} AND ${isOurs} AND ROW(${before}) IS DISTINCT FROM ROW(${after}) RETURNING 1
    ), added AS (
      INSERT INTO ${table} (${names}) SELECT ${names} FROM i
      WHERE NOT EXISTS (SELECT FROM ${table} t WHERE ${same})
      ON CONFLICT (${key.map(quoted).join(", ")}) DO UPDATE SET ${excluded} RETURNING 1
    )
    SELECT (SELECT count(*) FROM changed) AS changed, (SELECT count(*) FROM added) AS added,
      (SELECT array_agg(i.${quoted(key[key.length - 1] ?? "ref")}) FROM i JOIN ${table} t ON ${same} WHERE NOT ${isOurs}) AS foreign, ${owner}::bigint AS owner`;
}
