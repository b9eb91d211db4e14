import type { Cell } from "./coerce.ts";

/** A row as text, by column. */
export type Row = Readonly<Record<string, Cell>>;

export type TableName =
  | "pack"
  | "permission_set"
  | "runtime"
  | "runtime_version"
  | "trigger"
  | "workflow_definition"
  | "action"
  | "rule"
  | "sensor";

type ColumnType = "text" | "text[]" | "jsonb" | "boolean" | "integer" | "bigint";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** `insert`: what stands there later is left alone. `edited`: the same, if what users changed is to be kept. */
  readonly written?: "insert" | "edited";
}

const text = (name: string): Column => ({ name, type: "text" });
const json = (name: string): Column => ({ name, type: "jsonb" });
const list = (name: string): Column => ({ name, type: "text[]" });
const flag = (name: string): Column => ({ name, type: "boolean" });
const id = (name: string): Column => ({ name, type: "bigint" });
const edited = (column: Column): Column => ({ ...column, written: "edited" });
const inserted = (column: Column): Column => ({ ...column, written: "insert" });

const OWNER = [inserted(id("pack")), inserted(text("pack_ref"))];
const LABELS = [text("label"), text("description")];
const SCHEMAS = [json("param_schema"), json("out_schema")];
const ADHOC = inserted(flag("is_adhoc"));

/** What the platform's loader of June 2026 writes; columns that a database does not have are left out there. */
export const COLUMNS: Readonly<Record<TableName, readonly Column[]>> = {
  pack: [
    ...LABELS,
    text("version"),
    json("conf_schema"),
    edited(json("config")),
    json("meta"),
    list("tags"),
    list("runtime_deps"),
    flag("is_standard"),
  ],
  permission_set: [...OWNER, ...LABELS, json("grants")],
  runtime: [
    ...OWNER,
    text("name"),
    text("description"),
    list("aliases"),
    json("distributions"),
    json("installation"),
    json("execution_config"),
  ],
  runtime_version: [
    inserted(text("runtime_ref")),
    { name: "version_major", type: "integer" },
    { name: "version_minor", type: "integer" },
    { name: "version_patch", type: "integer" },
    json("execution_config"),
    json("distributions"),
    json("meta"),
    flag("is_default"),
    inserted(flag("available")),
  ],
  trigger: [...OWNER, ...LABELS, edited(flag("enabled")), ...SCHEMAS, ADHOC],
  workflow_definition: [...OWNER, ...LABELS, text("version"), ...SCHEMAS, json("definition"), list("tags")],
  action: [
    ...OWNER,
    ...LABELS,
    text("entrypoint"),
    id("runtime"),
    ...SCHEMAS,
    text("parameter_delivery"),
    text("parameter_format"),
    text("output_format"),
    ADHOC,
    text("runtime_version_constraint"),
    id("workflow_def"),
  ],
  rule: [
    id("pack"),
    text("pack_ref"),
    ...LABELS,
    id("action"),
    text("action_ref"),
    id("trigger"),
    text("trigger_ref"),
    json("conditions"),
    edited(json("action_params")),
    json("trigger_params"),
    edited(flag("enabled")),
    flag("is_adhoc"),
  ],
  sensor: [
    ...OWNER,
    ...LABELS,
    text("entrypoint"),
    id("runtime"),
    text("runtime_ref"),
    edited(flag("enabled")),
    ADHOC,
    json("config"),
    text("runtime_version_constraint"),
    id("trigger"), // of an older schema
    text("trigger_ref"),
  ],
};
