import type { DatabaseSync } from "node:sqlite";
import { type Outside, outsideOf, type PackFacts } from "../pack/pack-facts.ts";

/** Apart from what every run reads: of a pack that did not change nobody asks for it. */
export const factsSchema = `
  CREATE TABLE IF NOT EXISTS facts (
    source TEXT NOT NULL,
    directory TEXT NOT NULL,
    facts TEXT NOT NULL,         -- JSON PackFacts, its maps as lists of entries
    outside TEXT,                -- JSON Outside; NULL: its ref was never known
    PRIMARY KEY (source, directory)
  ) WITHOUT ROWID;
`;

interface Place {
  readonly source: string;
  readonly directory: string;
}

export function putFacts(database: DatabaseSync, { source, directory }: Place, facts: PackFacts | undefined): void {
  if (facts === undefined) {
    dropFacts(database, source, directory);
    return;
  }
  const plain = { ...facts, definitions: [...facts.definitions], scripts: [...facts.scripts] };
  const outside = outsideOf(facts);
  const put = database.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)");
  put.run(source, directory, JSON.stringify(plain), outside === undefined ? null : JSON.stringify(outside));
}

export function dropFacts(database: DatabaseSync, source: string, directory: string): void {
  database.prepare("DELETE FROM facts WHERE source = ? AND directory = ?").run(source, directory);
}

export function readFacts(database: DatabaseSync, source: string, directory: string): PackFacts | undefined {
  const row = database.prepare("SELECT facts FROM facts WHERE source = ? AND directory = ?").get(source, directory);
  if (row === undefined) return undefined;
  const { definitions, scripts, ...about } = JSON.parse(String(row["facts"]));
  return { ...about, definitions: new Map(definitions), scripts: new Map(scripts) };
}

export function readOutside(database: DatabaseSync, source: string, directory: string): Outside | undefined {
  const row = database.prepare("SELECT outside FROM facts WHERE source = ? AND directory = ?").get(source, directory);
  return typeof row?.["outside"] === "string" ? JSON.parse(row["outside"]) : undefined;
}
