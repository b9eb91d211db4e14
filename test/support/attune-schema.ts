import { readFileSync } from "node:fs";
import type { TestDatabase } from "./postgres.ts";

/** The tables that Attune's loader writes: those of the stack to look at. */
const JUNE = readFileSync(new URL("../../docker/stand-in-sql/tables.sql", import.meta.url), "utf8");

/** What an older platform lacks, or has otherwise; its tables are in `public`. */
const MARCH = `
  ALTER TABLE action DROP accesses_mcp, DROP default_execution_permission_set_refs, DROP required_worker_runtimes,
    ${withoutWorkers()};
  ALTER TABLE trigger DROP sensor, DROP sensor_ref;
  ALTER TABLE sensor ${withoutWorkers()},
    ADD trigger bigint NOT NULL REFERENCES trigger (id) ON DELETE CASCADE, ADD trigger_ref text NOT NULL;
  ALTER TABLE rule DROP permission_set_refs, DROP owner_identity;
  DROP SCHEMA public;
  ALTER SCHEMA attune RENAME TO public;`;

function withoutWorkers(): string {
  const retention = ["log", "artifact"].flatMap((what) => [`${what}_retention_policy`, `${what}_retention_limit`]);
  const columns = [...retention, "worker_selector", "worker_affinity", "worker_tolerations"];
  return columns.map((column) => `DROP ${column}`).join(", ");
}

/** `june`: as it is; `march`: the sensor has its trigger, there are no rules' permissions and fewer columns. */
export type SchemaVersion = "june" | "march";

/** Makes the tables, in a schema of their own for `june`, else in `public`. */
export async function migrate(database: TestDatabase, version: SchemaVersion = "june"): Promise<void> {
  await database.query(version === "june" ? JUNE : `${JUNE}${MARCH}`);
}

const TABLES = [
  "pack",
  "permission_set",
  "runtime",
  "runtime_version",
  "trigger",
  "workflow_definition",
  "action",
  "sensor",
  "rule",
];
/** Everything that is in the tables, each row with the transaction that wrote it. */
export async function everyRow(database: TestDatabase, schema = "attune"): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const name of TABLES) {
    rows[name] = [...(await database.query(`SELECT xmin::text, t.* FROM ${schema}.${name} t ORDER BY id`))];
  }
  return rows;
}
