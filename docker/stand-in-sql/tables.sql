-- The tables that packsync registers packs in, as far as a row's life goes: columns, defaults, checks, keys, and the triggers that set `updated`.
-- A stand-in for the platform's own migrations, written from a description of the platform of June 2026: for a stack to look at, and for tests.

CREATE SCHEMA IF NOT EXISTS attune;
SET search_path = attune;

CREATE TABLE identity (id bigserial PRIMARY KEY, login text NOT NULL UNIQUE);

CREATE TABLE pack (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, label text NOT NULL, description text, version text NOT NULL,
  conf_schema jsonb NOT NULL DEFAULT '{}', config jsonb NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}', runtime_deps text[] NOT NULL DEFAULT '{}', dependencies text[] NOT NULL DEFAULT '{}',
  is_standard boolean NOT NULL DEFAULT false, installers jsonb DEFAULT '[]', source_type text, source_url text, source_ref text,
  checksum text, checksum_verified boolean DEFAULT false, installed_at timestamptz,
  installed_by bigint REFERENCES identity (id) ON DELETE SET NULL, installation_method text, storage_path text,
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[a-z][a-z0-9_-]+$'),
  CHECK (version ~ '^\d+\.\d+\.\d+(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$')
);

CREATE TABLE permission_set (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint REFERENCES pack (id) ON DELETE CASCADE, pack_ref text,
  label text, description text,
  grants jsonb NOT NULL DEFAULT '[]',
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\.[^.]+$')
);

CREATE TABLE permission_assignment (
  id bigserial PRIMARY KEY, identity bigint NOT NULL REFERENCES identity (id) ON DELETE CASCADE,
  permset bigint NOT NULL REFERENCES permission_set (id) ON DELETE CASCADE,
  created timestamptz NOT NULL DEFAULT now(),
  UNIQUE (identity, permset)
);

CREATE TABLE runtime (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint REFERENCES pack (id) ON DELETE CASCADE, pack_ref text,
  description text, name text NOT NULL,
  aliases text[] NOT NULL DEFAULT '{}', distributions jsonb NOT NULL, installation jsonb, installers jsonb DEFAULT '[]',
  execution_config jsonb NOT NULL DEFAULT '{}', auto_detected boolean NOT NULL DEFAULT false,
  detection_config jsonb NOT NULL DEFAULT '{}',
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref))
);

CREATE TABLE runtime_version (
  id bigserial PRIMARY KEY, runtime bigint NOT NULL REFERENCES runtime (id) ON DELETE CASCADE, runtime_ref text NOT NULL,
  version text NOT NULL, version_major integer, version_minor integer, version_patch integer,
  execution_config jsonb NOT NULL DEFAULT '{}', distributions jsonb NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}',
  is_default boolean NOT NULL DEFAULT false, available boolean NOT NULL DEFAULT true, verified_at timestamptz,
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  UNIQUE (runtime, version)
);

CREATE TABLE trigger (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint REFERENCES pack (id) ON DELETE CASCADE, pack_ref text,
  label text NOT NULL, description text,
  enabled boolean NOT NULL DEFAULT true, is_adhoc boolean NOT NULL DEFAULT false, param_schema jsonb, out_schema jsonb,
  webhook_enabled boolean NOT NULL DEFAULT false, webhook_key varchar(64) UNIQUE, webhook_config jsonb DEFAULT '{}',
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\.[^.]+$')
);

CREATE TABLE workflow_definition (
  id bigserial PRIMARY KEY, ref varchar(255) NOT NULL UNIQUE, pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
  pack_ref varchar(255) NOT NULL, label varchar(255) NOT NULL, description text, version varchar(50) NOT NULL,
  param_schema jsonb, out_schema jsonb, definition jsonb NOT NULL, tags text[] DEFAULT '{}',
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE action (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE, pack_ref text NOT NULL,
  label text NOT NULL, description text,
  entrypoint text NOT NULL, runtime bigint REFERENCES runtime (id), param_schema jsonb, out_schema jsonb,
  parameter_delivery text NOT NULL DEFAULT 'stdin' CHECK (parameter_delivery IN ('stdin', 'file')),
  parameter_format text NOT NULL DEFAULT 'json' CHECK (parameter_format IN ('dotenv', 'json', 'yaml')),
  output_format text NOT NULL DEFAULT 'text' CHECK (output_format IN ('text', 'json', 'yaml', 'jsonl')),
  is_adhoc boolean NOT NULL DEFAULT false, timeout_seconds integer, max_retries integer DEFAULT 0,
  runtime_version_constraint text, workflow_def bigint REFERENCES workflow_definition (id) ON DELETE CASCADE,
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\.[^.]+$'),
  accesses_mcp boolean NOT NULL DEFAULT false, default_execution_permission_set_refs text[] NOT NULL DEFAULT '{}',
  log_retention_policy text, log_retention_limit integer CHECK (log_retention_limit > 0),
  artifact_retention_policy text, artifact_retention_limit integer CHECK (artifact_retention_limit > 0),
  required_worker_runtimes jsonb NOT NULL DEFAULT '{}',
  worker_selector jsonb NOT NULL DEFAULT '{}', worker_affinity jsonb NOT NULL DEFAULT '{}',
  worker_tolerations jsonb NOT NULL DEFAULT '[]'
);

CREATE TABLE sensor (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint REFERENCES pack (id) ON DELETE CASCADE, pack_ref text,
  label text NOT NULL, description text,
  entrypoint text NOT NULL, runtime bigint NOT NULL REFERENCES runtime (id) ON DELETE CASCADE, runtime_ref text NOT NULL,
  enabled boolean NOT NULL, is_adhoc boolean NOT NULL DEFAULT false, param_schema jsonb, config jsonb,
  runtime_version_constraint text,
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\.[^.]+$'),
  log_retention_policy text, log_retention_limit integer CHECK (log_retention_limit > 0),
  artifact_retention_policy text, artifact_retention_limit integer CHECK (artifact_retention_limit > 0),
  worker_selector jsonb NOT NULL DEFAULT '{}', worker_affinity jsonb NOT NULL DEFAULT '{}',
  worker_tolerations jsonb NOT NULL DEFAULT '[]'
);

ALTER TABLE trigger ADD sensor bigint REFERENCES sensor (id) ON DELETE SET NULL, ADD sensor_ref text;

CREATE TABLE rule (
  id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE,
  pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE, pack_ref text NOT NULL,
  label text NOT NULL, description text,
  action bigint REFERENCES action (id) ON DELETE SET NULL, action_ref text NOT NULL,
  trigger bigint REFERENCES trigger (id) ON DELETE SET NULL, trigger_ref text NOT NULL, conditions jsonb NOT NULL DEFAULT '[]',
  action_params jsonb DEFAULT '{}', trigger_params jsonb DEFAULT '{}', enabled boolean NOT NULL,
  is_adhoc boolean NOT NULL DEFAULT false,
  created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
  CHECK (ref = lower(ref)), CHECK (ref ~ '^[^.]+\.[^.]+$'),
  permission_set_refs text[], owner_identity bigint REFERENCES identity (id) ON DELETE SET NULL
);

-- Every row knows when it was written last.
CREATE FUNCTION set_updated() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated = clock_timestamp(); RETURN NEW; END';
CREATE TRIGGER updated BEFORE UPDATE ON pack FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON permission_set FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON runtime FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON runtime_version FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON trigger FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON workflow_definition FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON action FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON sensor FOR EACH ROW EXECUTE FUNCTION set_updated();
CREATE TRIGGER updated BEFORE UPDATE ON rule FOR EACH ROW EXECUTE FUNCTION set_updated();

CREATE INDEX ON permission_set (pack);
CREATE INDEX ON runtime (pack);
CREATE INDEX ON trigger (pack);
CREATE INDEX ON workflow_definition (pack);
CREATE INDEX ON action (pack);
CREATE INDEX ON sensor (pack);
CREATE INDEX ON rule (pack);
