import type { Registered } from "../catalog.ts";
import { PackRefused } from "../catalog.ts";
import type { AttuneDatabase } from "./database.ts";
import { deleteRemoved, removedOf } from "./remove.ts";
import type { AttuneRows } from "./rows.ts";
import type { RuntimeRow } from "./runtime-row.ts";
import { type KnownRuntimes, knownRuntimes } from "./runtimes.ts";
import type { Row, TableName } from "./table.ts";
import { connectTriggers } from "./triggers.ts";
import { type UpsertOptions, upsert } from "./upsert.ts";

/** Where packsync differs from the platform's loader, if it is to. */
export interface AttunePolicy {
  /** What left the YAML leaves the database, but never what users made there; `keep`: as the loader does. */
  readonly removed: "delete" | "keep";
  /** `pack.config`, enabled flags and parameters of rules that users changed: `overwrite` as the loader does. */
  readonly edits: "overwrite" | "keep";
  /** Components of a ref that another pack has in the database: `overwrite` as the loader does. */
  readonly foreign: "keep" | "overwrite";
}

/** `isOpen`: something of other packs kept a part back, which may change without a trace in the rows of this one. */
export interface RegisteredRows extends Registered {
  readonly isOpen: boolean;
}

/** The steps of one pack, in the order of the loader; its caller has opened the transaction. */
export async function registerRows(
  database: AttuneDatabase,
  rows: AttuneRows,
  policy: AttunePolicy,
): Promise<RegisteredRows> {
  const keepEdits = policy.edits === "keep";
  let changes = 0;
  const warnings = [...rows.warnings];
  const open: string[] = [];
  const put = async (
    given: readonly Row[],
    about: Omit<UpsertOptions, "key" | "keepEdits"> & Partial<UpsertOptions>,
  ) => {
    const counted = await upsert(database, given, { key: ["ref"], keepEdits, ...about });
    changes += counted.changes;
    open.push(...counted.foreign.map((ref) => `${about.table} ${ref} belongs to another pack: left as it is`));
  };
  await put([rows.pack], { table: "pack" });
  const packId = await idOf(database, rows.pack["ref"] ?? "");
  const onlyOf = policy.foreign === "keep" ? packId : undefined;
  const owned = (given: readonly Row[]) => given.map((row) => ({ ...row, pack: packId }));

  await put(owned(rows.permissionSets), { table: "permission_set", onlyOf });
  await put(owned(rows.runtimes.map(({ row }) => row)), { table: "runtime", onlyOf });
  changes += await putVersions(database, rows.runtimes);
  const leaving = policy.removed === "delete" ? await removedOf(database, packId, rows) : [];
  const runtimes = await knownRuntimes(database, leaving);

  await put(owned(rows.triggers), { table: "trigger", onlyOf });
  await put(owned(rows.workflows), { table: "workflow_definition", onlyOf });
  await put(owned(actionRows(rows, runtimes, policy, warnings)), {
    table: "action",
    onlyOf,
    ...actionLookups(database),
  });
  await put(owned(await ruleRows(database, rows, open)), { table: "rule", onlyOf, lookups: ruleLookups(database) });
  await put(owned(await sensorRows(database, rows, runtimes)), {
    table: "sensor",
    onlyOf,
    lookups: sensorLookups(database),
  });
  changes += await connectTriggers(database, packId, rows, { policy, warn: (message) => void warnings.push(message) });
  changes += await deleteRemoved(database, leaving, (message) => void open.push(message));
  return { changes, warnings: [...warnings, ...open], isOpen: open.length > 0 };
}

async function idOf({ client, table }: AttuneDatabase, ref: string): Promise<string> {
  const found = await client.query<{ id: string }>(`SELECT id FROM ${table("pack")} WHERE ref = $1`, [ref]);
  return String(found.rows[0]?.id);
}

/** A list of versions is all there are. */
async function putVersions(database: AttuneDatabase, runtimes: readonly RuntimeRow[]): Promise<number> {
  if (!database.has("runtime_version")) return 0;
  const table: TableName = "runtime_version";
  const runtime = `(SELECT r.id FROM ${database.table("runtime")} r WHERE r.ref = u.ref)`;
  const rows = runtimes.flatMap(({ versions = [] }) => versions);
  const lookups = { runtime, runtime_ref: "u.ref" };
  const given = await upsert(database, rows, { table, key: ["runtime", "version"], keepEdits: false, lookups });
  const listed = runtimes.flatMap(({ row, versions }) => (versions === undefined ? [] : [row["ref"] ?? ""]));
  const gone = await database.client.query(
    `DELETE FROM ${database.table(table)} v USING ${database.table("runtime")} r
     WHERE r.id = v.runtime AND r.ref = ANY($1)
       AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS k(ref, version) WHERE k.ref = r.ref AND k.version = v.version)`,
    [listed, rows.map((row) => row["ref"]), rows.map((row) => row["version"])],
  );
  return given.changes + (gone.rowCount ?? 0);
}

function actionRows(
  { actions }: AttuneRows,
  runtimes: KnownRuntimes,
  { removed }: AttunePolicy,
  warnings: string[],
): Row[] {
  return actions.map(({ row, runtimes: names, workflow }) => {
    const runtime = names && runtimes.find(names);
    if (names !== undefined && runtime === undefined)
      warnings.push(`action ${row["ref"]}: no runtime is called \`${names[0]}\`: registered without one`);
    const stays = workflow === "unreadable" || (workflow === "none" && removed === "keep");
    return {
      ...row,
      runtime: runtime ?? null,
      workflow: typeof workflow === "object" ? workflow.ref : null,
      keeps_workflow: String(stays),
    };
  });
}

function actionLookups(database: AttuneDatabase): Partial<UpsertOptions> {
  if (!database.has("workflow_definition")) return {};
  return {
    lookups: { workflow_def: `(SELECT w.id FROM ${database.table("workflow_definition")} w WHERE w.ref = u.workflow)` },
    unless: { workflow_def: "u.keeps_workflow::boolean" },
  };
}

/** A rule whose trigger or action nobody knows is left out, as it would never fire. */
async function ruleRows({ client, table }: AttuneDatabase, { rules }: AttuneRows, warnings: string[]): Promise<Row[]> {
  if (rules.length === 0) return [];
  const known = async (name: "trigger" | "action", refs: readonly string[]) => {
    const found = await client.query<{ ref: string }>(`SELECT ref FROM ${table(name)} WHERE ref = ANY($1)`, [refs]);
    return new Set(found.rows.map(({ ref }) => ref));
  };
  const triggers = await known(
    "trigger",
    rules.map(({ trigger }) => trigger),
  );
  const actions = await known(
    "action",
    rules.map(({ action }) => action),
  );
  return rules.flatMap(({ file, row, trigger, action }) => {
    if (triggers.has(trigger) && actions.has(action)) return [row];
    const missing = triggers.has(trigger) ? `the action \`${action}\`` : `the trigger \`${trigger}\``;
    warnings.push(`${file}: ${missing} is not registered: left out`);
    return [];
  });
}

function ruleLookups({ table }: AttuneDatabase): Record<string, string> {
  return {
    trigger: `(SELECT t.id FROM ${table("trigger")} t WHERE t.ref = u.trigger_ref)`,
    action: `(SELECT a.id FROM ${table("action")} a WHERE a.ref = u.action_ref)`,
  };
}

/** @throws PackRefused for a sensor without runtime, or, in an older schema, without a trigger */
async function sensorRows(database: AttuneDatabase, { sensors }: AttuneRows, runtimes: KnownRuntimes): Promise<Row[]> {
  const isOlder = database.has("sensor", "trigger");
  const refs = sensors.flatMap(({ triggers }) => triggers.slice(0, 1));
  const known = isOlder
    ? await database.client.query<{ ref: string }>(`SELECT ref FROM ${database.table("trigger")} WHERE ref = ANY($1)`, [
        refs,
      ])
    : undefined;
  const problems = sensors.flatMap(({ file, runtimes: names, triggers }) => {
    const [trigger] = triggers;
    if (runtimes.find(names) === undefined)
      return [{ file, message: `Expected a runtime called \`${names[0]}\`, got none` }];
    const isKnown = known === undefined || known.rows.some(({ ref }) => ref === trigger);
    return isKnown ? [] : [{ file, message: `Expected a trigger that is registered, got \`${trigger ?? "none"}\`` }];
  });
  if (problems.length > 0) throw new PackRefused(problems);
  return sensors.map(({ row, runtimes: names, triggers }) => ({
    ...row,
    runtime: runtimes.find(names) ?? null,
    ...(isOlder && { trigger_ref: triggers[0] ?? null }),
  }));
}

/** An older schema has the one trigger of a sensor in its row. */
function sensorLookups(database: AttuneDatabase): Record<string, string> {
  if (!database.has("sensor", "trigger")) return {};
  return { trigger: `(SELECT t.id FROM ${database.table("trigger")} t WHERE t.ref = u.trigger_ref)` };
}
