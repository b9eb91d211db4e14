import type { DatabaseSync } from "node:sqlite";
import type { CycleReport, Shadowed, SourceReport } from "./report.ts";

/** What the last cycle found of the sources as such; packs have their own rows. */
export interface LastCycle {
  /** ISO time since when it is so. */
  readonly since: string;
  readonly sources: readonly SourceReport[];
  readonly shadowed: readonly Shadowed[];
}

export const journalSchema =
  "CREATE TABLE IF NOT EXISTS cycle (id INTEGER PRIMARY KEY CHECK (id = 1), last TEXT NOT NULL);";

/** Written only when something differs: a run with nothing to do writes nothing at all. */
export function recordCycle(database: DatabaseSync, { sources, shadowed }: CycleReport, now: Date): void {
  const before = readLastCycle(database);
  if (JSON.stringify([before?.sources, before?.shadowed]) === JSON.stringify([sources, shadowed])) return;
  const last: LastCycle = { since: now.toISOString(), sources, shadowed };
  database.prepare("INSERT OR REPLACE INTO cycle VALUES (1, ?)").run(JSON.stringify(last));
}

export function readLastCycle(database: DatabaseSync): LastCycle | undefined {
  const row = database.prepare("SELECT last FROM cycle").get();
  return row === undefined ? undefined : JSON.parse(String(row["last"]));
}
