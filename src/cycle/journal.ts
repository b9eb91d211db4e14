import type { DatabaseSync } from "node:sqlite";
import { DUPLICATE_REF } from "./findings.ts";
import type { CycleReport, PackReport, Shadowed, SourceReport } from "./report.ts";

/** What the last cycle found of the sources as such; packs have their own rows. */
export interface LastCycle {
  /** ISO time since when it is so. */
  readonly since: string;
  readonly sources: readonly SourceReport[];
  readonly shadowed: readonly Shadowed[];
  /** Directories whose ref another one of the same source has: nobody scans them. */
  readonly refused: readonly Refused[];
}

export type Refused = Pick<PackReport, "ref" | "source" | "directory" | "version" | "diagnostics">;

export const journalSchema =
  "CREATE TABLE IF NOT EXISTS cycle (id INTEGER PRIMARY KEY CHECK (id = 1), last TEXT NOT NULL);";

/**
 * Written only when something differs: a run with nothing to do writes nothing at all.
 *
 * @param only the refs that the cycle was about; empty: all. Of others stands what was found last.
 */
export function recordCycle(database: DatabaseSync, report: CycleReport, only: readonly string[], now: Date): void {
  const before = readLastCycle(database);
  const isOther = ({ ref }: { readonly ref: string }) => only.length > 0 && !only.includes(ref);
  const found = {
    sources: report.sources,
    shadowed: [...(before?.shadowed ?? []).filter(isOther), ...report.shadowed],
    refused: [...(before?.refused ?? []).filter(isOther), ...refusedOf(report)],
  };
  if (JSON.stringify({ ...before, since: undefined }) === JSON.stringify(found)) return;
  const last: LastCycle = { since: now.toISOString(), ...found };
  database.prepare("INSERT OR REPLACE INTO cycle VALUES (1, ?)").run(JSON.stringify(last));
}

function refusedOf({ packs }: CycleReport): Refused[] {
  return packs
    .filter(({ diagnostics }) => diagnostics.some(({ code }) => code === DUPLICATE_REF))
    .map(({ ref, source, directory, version, diagnostics }) => ({ ref, source, directory, version, diagnostics }));
}

export function readLastCycle(database: DatabaseSync): LastCycle | undefined {
  const row = database.prepare("SELECT last FROM cycle").get();
  if (row === undefined) return undefined;
  const last: LastCycle = JSON.parse(String(row["last"]));
  return { ...last, refused: last.refused ?? [] }; // packsync 0.1.0 did not remember them at first
}
