import type { Client } from "pg";
import { type Catalog, type CatalogEntry, type CatalogPack, PackRefused, type Registered } from "../catalog.ts";
import type { AttuneDatabase } from "./database.ts";
import { fingerprints } from "./fingerprint.ts";
import { type AttunePolicy, registerRows } from "./register.ts";
import { allOf, deleteRemoved } from "./remove.ts";
import { attuneRows } from "./rows.ts";
import type { TableName } from "./table.ts";

/** Attune's PostgreSQL, over one connection. */
export interface AttuneCatalog extends Catalog {
  /** As `register`, and what the database has of the pack then: see {@link fingerprints}. */
  registerAndLook(pack: CatalogPack): Promise<Registered & { readonly found: string | undefined }>;
  /** What `register` would write; nothing stays written. */
  compare(pack: CatalogPack): Promise<Registered>;
  fingerprints(): Promise<ReadonlyMap<string, string>>;
}

export function attuneCatalog(database: AttuneDatabase, policy: AttunePolicy): AttuneCatalog {
  const { client, table } = database;
  const register = async (pack: CatalogPack) => {
    const rows = attuneRows(pack);
    return await inTransaction(client, "COMMIT", async () => {
      await alone(client, pack.ref);
      const { isOpen, ...registered } = await explained(() => registerRows(database, rows, policy));
      const found = isOpen ? undefined : (await fingerprints(database, [pack.ref])).get(pack.ref);
      return { ...registered, found };
    });
  };
  return {
    name: "attune",
    registerAndLook: register,
    register,
    compare(pack) {
      const rows = attuneRows(pack);
      return inTransaction(client, "ROLLBACK", async () => {
        await alone(client, pack.ref);
        return await explained(() => registerRows(database, rows, policy));
      });
    },
    unregister: (ref) => inTransaction(client, "COMMIT", () => unregister(database, ref, policy)),
    fingerprints: () => fingerprints(database),
    async get(ref) {
      const found = await client.query<{ version: string; label: string }>(
        `SELECT version, label FROM ${table("pack")} WHERE ref = $1`,
        [ref],
      );
      const [pack] = found.rows;
      return pack && { ref, ...pack, components: await componentsOf(database, ref) };
    },
    async list() {
      const found = await client.query(`SELECT ref, version, label FROM ${table("pack")} ORDER BY ref COLLATE "C"`);
      return found.rows;
    },
    async history(ref) {
      const found = await client.query(`SELECT version FROM ${table("pack")} WHERE ref = $1`, [ref]);
      return found.rows;
    },
  };
}

async function inTransaction<T>(client: Client, end: "COMMIT" | "ROLLBACK", work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query(end);
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {}); // the connection may be gone, and the transaction with it
    throw error;
  }
}

/** Two packsyncs never write one pack at once. */
async function alone(client: Client, ref: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('packsync'), hashtext($1))", [ref]);
}

/** What a table refuses is the pack's fault, and said with the table; rows are not quoted. */
async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { table = "the database", column, constraint, message } = error;
    const what = column ?? constraint;
    throw new PackRefused([{ file: what === undefined ? table : `${table}.${what}`, message }]);
  }
}

interface Refusal extends Error {
  readonly code: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** Data exceptions and integrity constraints. */
function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}

/** What users made in it keeps a pack's row; without that nothing of it stays. */
async function unregister(database: AttuneDatabase, ref: string, { removed }: AttunePolicy): Promise<Registered> {
  const { client, table } = database;
  if (removed === "keep") return { changes: 0, warnings: [`pack ${ref} left the volume: its rows stay`] };
  await alone(client, ref);
  const found = await client.query<{ id: string }>(`SELECT id FROM ${table("pack")} WHERE ref = $1`, [ref]);
  const [pack] = found.rows;
  if (pack === undefined) return { changes: 0, warnings: [] };
  const warnings: string[] = [];
  const changes = await deleteRemoved(
    database,
    await allOf(database, pack.id),
    (message) => void warnings.push(message),
  );
  const gone = await client.query(
    `DELETE FROM ${table("pack")} p WHERE id = $1 AND NOT EXISTS (SELECT FROM (${stillOwned(database)}) x WHERE x.pack = p.id)`,
    [pack.id],
  );
  if (gone.rowCount === 0)
    warnings.push(`pack ${ref} left the volume, but users or other packs have something in it: its row stays`);
  return { changes: changes + (gone.rowCount ?? 0), warnings };
}

const OWNED: readonly TableName[] = [
  "permission_set",
  "runtime",
  "trigger",
  "workflow_definition",
  "action",
  "rule",
  "sensor",
];

function stillOwned(database: AttuneDatabase): string {
  const tables = OWNED.filter((name) => database.has(name));
  return tables.map((name) => `SELECT pack FROM ${database.table(name)}`).join(" UNION ALL ");
}

/** Kinds by the names that definitions have. */
const KINDS: Readonly<Partial<Record<TableName, string>>> = { workflow_definition: "workflow" };

async function componentsOf(database: AttuneDatabase, ref: string): Promise<CatalogEntry["components"]> {
  const queries = OWNED.filter((name) => database.has(name)).map((name) => {
    const label = database.has(name, "label") ? "t.label" : "t.name";
    return `SELECT '${KINDS[name] ?? name}' AS kind, t.ref, ${label}::text AS label
      FROM ${database.table(name)} t JOIN ${database.table("pack")} p ON p.id = t.pack WHERE p.ref = $1`;
  });
  const found = await database.client.query<{ kind: string; ref: string; label: string | null }>(
    `SELECT * FROM (${queries.join(" UNION ALL ")}) x ORDER BY kind COLLATE "C", ref COLLATE "C"`,
    [ref],
  );
  return found.rows.map(({ kind, ref, label }) => ({ kind, ref, label: label ?? undefined }));
}
