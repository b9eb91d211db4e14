import type { DatabaseSync } from "node:sqlite";
import { type Outside, outsideOf, type PackFacts } from "../pack/pack-facts.ts";

/** Apart from what every run reads: of a pack that did not change nobody asks for it. */
export const factsSchema = `
  CREATE TABLE IF NOT EXISTS facts (
    source TEXT NOT NULL,
    directory TEXT NOT NULL,
    outside TEXT,                -- JSON Outside; NULL: its ref was never known. Before what is large, or it is read with it
    facts TEXT NOT NULL,         -- JSON PackFacts, its maps as lists of entries
    PRIMARY KEY (source, directory)
  ) WITHOUT ROWID;
`;

interface Place {
  readonly source: string;
  readonly directory: string;
}

/** @returns what keeps a pack's facts, and says what it is to other packs */
export function factsWriter(
  database: DatabaseSync,
): (place: Place, facts: PackFacts | undefined) => Outside | undefined {
  const put = database.prepare("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)");
  return ({ source, directory }, facts) => {
    if (facts === undefined) {
      dropFacts(database, source, directory);
      return undefined;
    }
    const plain = { ...facts, definitions: [...facts.definitions], scripts: [...facts.scripts] };
    const outside = outsideOf(facts);
    put.run(source, directory, outside === undefined ? null : JSON.stringify(outside), JSON.stringify(plain));
    return outside;
  };
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

/** What packs are to each other. Mostly all of a source are asked for, or none: they are read together, once. */
export interface Outsides {
  of(source: string, directory: string): Outside | undefined;
  replace(place: Place, outside: Outside | undefined): void;
  /** Reads them again. */
  refresh(): void;
}

export function readOutsides(database: DatabaseSync): Outsides {
  const sources = new Map<string, Map<string, Outside | undefined>>();
  return {
    of(source, directory) {
      const known = sources.get(source) ?? outsidesOf(database, source);
      sources.set(source, known);
      return known.get(directory);
    },
    replace: ({ source, directory }, outside) => void sources.get(source)?.set(directory, outside),
    refresh: () => sources.clear(),
  };
}

function outsidesOf(database: DatabaseSync, source: string): Map<string, Outside> {
  const all = "SELECT directory, outside FROM facts WHERE source = ? AND outside IS NOT NULL";
  const rows = database.prepare(all).all(source);
  return new Map(rows.map(({ directory, outside }) => [String(directory), JSON.parse(String(outside))]));
}
