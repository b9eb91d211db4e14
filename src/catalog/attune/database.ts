import type { Client } from "pg";
import { COLUMNS, type TableName } from "./table.ts";

/** Attune's database as it was found: which schema, and which of the known columns it has. */
export interface AttuneDatabase {
  readonly client: Client;
  /** A table with its schema, quoted. */
  table(name: TableName | "identity" | "permission_assignment"): string;
  has(table: TableName | "identity" | "permission_assignment", column?: string): boolean;
}

/** What is not there (yet): the platform's migrations have not run. */
export class NotMigrated extends Error {
  override readonly name = "NotMigrated";
}

/** Without which there is nothing to register into. */
const REQUIRED: readonly TableName[] = ["pack", "runtime", "trigger", "action", "sensor"];

/**
 * Looks at the columns that exist.
 *
 * @param schema unset: `attune` if it is there, else `public`
 * @throws NotMigrated while tables are missing
 */
export async function inspect(client: Client, schema: string | undefined): Promise<AttuneDatabase> {
  const columns = await client.query<{ schema: string; table: string; column: string }>(
    `SELECT n.nspname AS schema, c.relname AS table, a.attname AS column
     FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE n.nspname = ANY($1) AND c.relname = ANY($2) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
    [
      schema === undefined ? ["attune", "public"] : [schema],
      [...Object.keys(COLUMNS), "identity", "permission_assignment"],
    ],
  );
  const chosen = schema ?? (columns.rows.some((row) => row.schema === "attune") ? "attune" : "public");
  const known = columns.rows.filter((row) => row.schema === chosen);
  const found = new Set(known.flatMap(({ table, column }) => [table, `${table}.${column}`]));
  const missing = REQUIRED.filter((name) => !found.has(name));
  if (missing.length > 0) {
    throw new NotMigrated(`Expected Attune's tables in the schema \`${chosen}\`, got no ${missing.join(", ")}`);
  }
  return {
    client,
    table: (name) => `${quoted(chosen)}.${quoted(name)}`,
    has: (table, column) => found.has(column === undefined ? table : `${table}.${column}`),
  };
}

/** An identifier; whatever is in it, it stays one. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
