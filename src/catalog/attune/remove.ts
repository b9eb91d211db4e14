import type { AttuneDatabase } from "./database.ts";
import type { AttuneRows } from "./rows.ts";
import type { Row, TableName } from "./table.ts";

/** A row that no YAML stands for any more. */
export interface Removed {
  readonly table: TableName;
  readonly id: string;
  readonly ref: string;
}

type OwnedTable = Exclude<TableName, "pack" | "runtime_version">;

/** Those first that nothing else refers to. */
const TABLES: readonly OwnedTable[] = [
  "rule",
  "sensor",
  "action",
  "workflow_definition",
  "trigger",
  "permission_set",
  "runtime",
];

/** A pack's rows whose YAML left it; what users made in the database is none of them. */
export function removedOf(database: AttuneDatabase, packId: string, rows: AttuneRows): Promise<readonly Removed[]> {
  const refs = (each: readonly Row[]) => each.map((row) => row["ref"] ?? "");
  return ownedBut(database, packId, {
    rule: rows.rules.map(({ row }) => row["ref"] ?? ""),
    sensor: rows.sensors.map(({ row }) => row["ref"] ?? ""),
    action: rows.actions.map(({ row }) => row["ref"] ?? ""),
    workflow_definition: [...refs(rows.workflows), ...unreadable(rows)],
    trigger: refs(rows.triggers),
    permission_set: refs(rows.permissionSets),
    runtime: rows.runtimes.map(({ row }) => row["ref"] ?? ""),
  });
}

/** A workflow whose file cannot be read stays as it is. */
function unreadable({ actions }: AttuneRows): string[] {
  return actions.flatMap(({ row, workflow }) => (workflow === "unreadable" ? [row["ref"] ?? ""] : []));
}

/** Everything that a pack owns and users did not make. */
export function allOf(database: AttuneDatabase, packId: string): Promise<readonly Removed[]> {
  return ownedBut(database, packId, {});
}

async function ownedBut(
  database: AttuneDatabase,
  packId: string,
  stay: Partial<Readonly<Record<OwnedTable, readonly string[]>>>,
): Promise<readonly Removed[]> {
  const tables = TABLES.filter((name) => database.has(name));
  const queries = tables.map(
    (name, index) =>
      `SELECT ${index} AS rank, t.id, t.ref FROM ${database.table(name)} t
       WHERE t.pack = $1 AND t.ref <> ALL($${index + 2}::text[]) AND NOT ${madeByUsers(database, name)}`,
  );
  const found = await database.client.query<{ rank: number; id: string; ref: string }>(
    `${queries.join(" UNION ALL ")} ORDER BY 1, 2`,
    [packId, ...tables.map((name) => stay[name] ?? [])],
  );
  return found.rows.flatMap(({ rank, id, ref }) => {
    const table = tables[rank];
    return table === undefined ? [] : [{ table, id, ref }];
  });
}

/** Only some tables say so; a workflow is a user's if the action that runs it is. */
function madeByUsers(database: AttuneDatabase, name: OwnedTable): string {
  if (database.has(name, "is_adhoc")) return "t.is_adhoc";
  if (name !== "workflow_definition") return "false";
  return `EXISTS (SELECT FROM ${database.table("action")} a WHERE a.workflow_def = t.id AND a.is_adhoc)`;
}

/** @returns how many rows are gone; what others still use stays */
export async function deleteRemoved(
  database: AttuneDatabase,
  removed: readonly Removed[],
  warn: (message: string) => void,
): Promise<number> {
  let count = 0;
  for (const table of TABLES) {
    const leaving = removed.filter((each) => each.table === table);
    if (leaving.length === 0) continue;
    const ids = leaving.map(({ id }) => id);
    const gone = await database.client.query<{ id: string }>(
      `DELETE FROM ${database.table(table)} t WHERE t.id = ANY($1::bigint[]) ${unused(database, table)} RETURNING t.id`,
      [ids],
    );
    count += gone.rowCount ?? 0;
    const stayed = leaving.filter(({ id }) => !gone.rows.some((row) => row.id === id));
    for (const { ref } of stayed) warn(`${table} ${ref} left its pack, but others use it: it stays`);
  }
  return count;
}

/** An action goes with its workflow, a sensor with its runtime: nobody is to lose one that way. */
function unused({ table }: AttuneDatabase, name: OwnedTable): string {
  const users = { runtime: ["action", "sensor"], workflow_definition: ["action"] } as const;
  if (name !== "runtime" && name !== "workflow_definition") return "";
  const column = name === "runtime" ? "runtime" : "workflow_def";
  return users[name].map((user) => `AND NOT EXISTS (SELECT FROM ${table(user)} x WHERE x.${column} = t.id)`).join(" ");
}
