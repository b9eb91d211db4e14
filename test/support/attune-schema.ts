import type { TestDatabase } from "./postgres.ts";

/*
 * The tables that Attune's loader writes, as far as a row's life goes: columns, defaults, checks, keys, and the triggers that set
 * `updated`. Written from a description of the platform of June 2026.
 */

const STAMPS = "created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now()";
const TWO_PARTS = "CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\\.[^.]+$')";
const RETENTION = ["log", "artifact"]
  .map((what) => `${what}_retention_policy text, ${what}_retention_limit integer CHECK (${what}_retention_limit > 0)`)
  .join(", ");
const WORKERS = `worker_selector jsonb NOT NULL DEFAULT '{}', worker_affinity jsonb NOT NULL DEFAULT '{}',
  worker_tolerations jsonb NOT NULL DEFAULT '[]'`;

function owner(isRequired: boolean): string {
  const required = isRequired ? "NOT NULL" : "";
  return `pack bigint ${required} REFERENCES pack (id) ON DELETE CASCADE, pack_ref text ${required}`;
}

/** `june`: as it is; `march`: the sensor has its trigger, there are no rules' permissions and fewer columns. */
export type SchemaVersion = "june" | "march";

function tables(version: SchemaVersion): string {
  const isJune = version === "june";
  return `
    CREATE TABLE identity (id bigserial PRIMARY KEY, login text NOT NULL UNIQUE);
    CREATE TABLE pack (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, label text NOT NULL, description text, version text NOT NULL,
      conf_schema jsonb NOT NULL DEFAULT '{}', config jsonb NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
      tags text[] NOT NULL DEFAULT '{}', runtime_deps text[] NOT NULL DEFAULT '{}', dependencies text[] NOT NULL DEFAULT '{}',
      is_standard boolean NOT NULL DEFAULT false, installers jsonb DEFAULT '[]', source_type text, source_url text, source_ref text,
      checksum text, checksum_verified boolean DEFAULT false, installed_at timestamptz,
      installed_by bigint REFERENCES identity (id) ON DELETE SET NULL, installation_method text, storage_path text, ${STAMPS},
      CHECK (ref = lower(ref)), CHECK (ref ~ '^[a-z][a-z0-9_-]+$'),
      CHECK (version ~ '^\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$')
    );
    CREATE TABLE permission_set (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(false)}, label text, description text,
      grants jsonb NOT NULL DEFAULT '[]', ${STAMPS}, ${TWO_PARTS}
    );
    CREATE TABLE permission_assignment (
      id bigserial PRIMARY KEY, identity bigint NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
      permset bigint NOT NULL REFERENCES permission_set (id) ON DELETE CASCADE, created timestamptz NOT NULL DEFAULT now(),
      UNIQUE (identity, permset)
    );
    CREATE TABLE runtime (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(false)}, description text, name text NOT NULL,
      aliases text[] NOT NULL DEFAULT '{}', distributions jsonb NOT NULL, installation jsonb, installers jsonb DEFAULT '[]',
      execution_config jsonb NOT NULL DEFAULT '{}', auto_detected boolean NOT NULL DEFAULT false,
      detection_config jsonb NOT NULL DEFAULT '{}', ${STAMPS}, CHECK (ref = lower(ref))
    );
    CREATE TABLE runtime_version (
      id bigserial PRIMARY KEY, runtime bigint NOT NULL REFERENCES runtime (id) ON DELETE CASCADE, runtime_ref text NOT NULL,
      version text NOT NULL, version_major integer, version_minor integer, version_patch integer,
      execution_config jsonb NOT NULL DEFAULT '{}', distributions jsonb NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
      is_default boolean NOT NULL DEFAULT false, available boolean NOT NULL DEFAULT true, verified_at timestamptz, ${STAMPS},
      UNIQUE (runtime, version)
    );
    CREATE TABLE trigger (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(false)}, label text NOT NULL, description text,
      enabled boolean NOT NULL DEFAULT true, is_adhoc boolean NOT NULL DEFAULT false, param_schema jsonb, out_schema jsonb,
      webhook_enabled boolean NOT NULL DEFAULT false, webhook_key varchar(64) UNIQUE, webhook_config jsonb DEFAULT '{}', ${STAMPS},
      ${TWO_PARTS}
    );
    CREATE TABLE workflow_definition (
      id bigserial PRIMARY KEY, ref varchar(255) NOT NULL UNIQUE, pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
      pack_ref varchar(255) NOT NULL, label varchar(255) NOT NULL, description text, version varchar(50) NOT NULL,
      param_schema jsonb, out_schema jsonb, definition jsonb NOT NULL, tags text[] DEFAULT '{}', ${STAMPS}
    );
    CREATE TABLE action (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(true)}, label text NOT NULL, description text,
      entrypoint text NOT NULL, runtime bigint REFERENCES runtime (id), param_schema jsonb, out_schema jsonb,
      parameter_delivery text NOT NULL DEFAULT 'stdin' CHECK (parameter_delivery IN ('stdin', 'file')),
      parameter_format text NOT NULL DEFAULT 'json' CHECK (parameter_format IN ('dotenv', 'json', 'yaml')),
      output_format text NOT NULL DEFAULT 'text' CHECK (output_format IN ('text', 'json', 'yaml', 'jsonl')),
      is_adhoc boolean NOT NULL DEFAULT false, timeout_seconds integer, max_retries integer DEFAULT 0,
      runtime_version_constraint text, workflow_def bigint REFERENCES workflow_definition (id) ON DELETE CASCADE, ${STAMPS},
      ${TWO_PARTS}
      ${
        isJune
          ? `, accesses_mcp boolean NOT NULL DEFAULT false, default_execution_permission_set_refs text[] NOT NULL DEFAULT '{}',
             ${RETENTION}, required_worker_runtimes jsonb NOT NULL DEFAULT '{}', ${WORKERS}`
          : ""
      }
    );
    CREATE TABLE sensor (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(false)}, label text NOT NULL, description text,
      entrypoint text NOT NULL, runtime bigint NOT NULL REFERENCES runtime (id) ON DELETE CASCADE, runtime_ref text NOT NULL,
      enabled boolean NOT NULL, is_adhoc boolean NOT NULL DEFAULT false, param_schema jsonb, config jsonb,
      runtime_version_constraint text, ${STAMPS}, ${TWO_PARTS}
      ${
        isJune
          ? `, ${RETENTION}, ${WORKERS}`
          : ", trigger bigint NOT NULL REFERENCES trigger (id) ON DELETE CASCADE, trigger_ref text NOT NULL"
      }
    );
    ${isJune ? "ALTER TABLE trigger ADD sensor bigint REFERENCES sensor (id) ON DELETE SET NULL, ADD sensor_ref text;" : ""}
    CREATE TABLE rule (
      id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, ${owner(true)}, label text NOT NULL, description text,
      action bigint REFERENCES action (id) ON DELETE SET NULL, action_ref text NOT NULL,
      trigger bigint REFERENCES trigger (id) ON DELETE SET NULL, trigger_ref text NOT NULL, conditions jsonb NOT NULL DEFAULT '[]',
      action_params jsonb DEFAULT '{}', trigger_params jsonb DEFAULT '{}', enabled boolean NOT NULL,
      is_adhoc boolean NOT NULL DEFAULT false, ${STAMPS}, ${TWO_PARTS}
      ${isJune ? ", permission_set_refs text[], owner_identity bigint REFERENCES identity (id) ON DELETE SET NULL" : ""}
    );`;
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
const OWNED = TABLES.filter((name) => name !== "pack" && name !== "runtime_version");

/** Makes the tables, in a schema of their own for `june`, else in `public`. */
export async function migrate(database: TestDatabase, version: SchemaVersion = "june"): Promise<void> {
  const schema = version === "june" ? "attune" : "public";
  const stamps = TABLES.map(
    (name) => `CREATE TRIGGER updated BEFORE UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION set_updated();`,
  );
  const indexes = OWNED.map((name) => `CREATE INDEX ON ${name} (pack);`);
  await database.query(`
    CREATE SCHEMA IF NOT EXISTS ${schema};
    SET search_path = ${schema};
    ${tables(version)}
    CREATE FUNCTION set_updated() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated = clock_timestamp(); RETURN NEW; END';
    ${stamps.join("\n")} ${indexes.join("\n")}`);
}

/** Everything that is in the tables, each row with the transaction that wrote it. */
export async function everyRow(database: TestDatabase, schema = "attune"): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const name of TABLES) {
    rows[name] = [...(await database.query(`SELECT xmin::text, t.* FROM ${schema}.${name} t ORDER BY id`))];
  }
  return rows;
}
