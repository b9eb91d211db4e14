import type { DatabaseSync } from "node:sqlite";
import type { PackFacts } from "../pack/pack-facts.ts";

/** Which release of a pack was routed last, and what its programs were: whom the next change concerns depends on both. */
export const routedSchema = `
  CREATE TABLE IF NOT EXISTS routed (
    pack TEXT PRIMARY KEY,
    release TEXT                   -- NULL: that it is gone
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS routed_model (
    pack TEXT NOT NULL,
    release TEXT NOT NULL,
    model TEXT NOT NULL,           -- JSON PackFacts, its maps as lists of entries, without what routes do not ask for
    PRIMARY KEY (pack, release)
  ) WITHOUT ROWID;
`;

/** A pack whose live release is not the one that was routed last; `undefined`: it is, or was, not there. */
export interface Unrouted {
  readonly pack: string;
  readonly release: string | undefined;
  readonly before: string | undefined;
}

/** The one question of a cycle after which nobody needs to be told. `pack` is the publisher's table. */
export function unroutedIn(database: DatabaseSync): readonly Unrouted[] {
  return database
    .prepare(UNROUTED)
    .all()
    .map((row) => ({ pack: String(row["pack"]), release: text(row["release"]), before: text(row["before"]) }));
}

const UNROUTED = `
  SELECT coalesce(pack.ref, routed.pack) AS pack, pack.release AS release, routed.release AS before
  FROM pack FULL JOIN routed ON routed.pack = pack.ref
  WHERE pack.release IS NOT routed.release ORDER BY 1`;

export function readModel(database: DatabaseSync, pack: string, release: string | undefined): PackFacts | undefined {
  if (release === undefined) return undefined;
  const row = database.prepare("SELECT model FROM routed_model WHERE pack = ? AND release = ?").get(pack, release);
  if (row === undefined) return undefined;
  const { definitions, scripts, ...about } = JSON.parse(String(row["model"]));
  return { ...about, definitions: new Map(definitions), scripts: new Map(scripts) };
}

/** As a part of the transaction that is open. Models are kept as long as one can go back to their release. */
export function saveRouted(database: DatabaseSync, { pack, release }: Unrouted, model: PackFacts | undefined): void {
  database.prepare("INSERT OR REPLACE INTO routed VALUES (?, ?)").run(pack, release ?? null);
  if (release !== undefined && model !== undefined) {
    const put = database.prepare("INSERT OR REPLACE INTO routed_model VALUES (?, ?, ?)");
    put.run(pack, release, JSON.stringify(slim(model)));
  }
  database.prepare(PRUNE).run(pack, pack, release ?? null);
}

const PRUNE = `DELETE FROM routed_model WHERE pack = ? AND
  release NOT IN (SELECT release FROM release WHERE ref = ?) AND release IS NOT ?`;

/** Only programs matter: what runs which file, and by what. */
function slim({ dialect, pack, definitions, scripts }: PackFacts) {
  const programs = [...definitions].map(([file, { kind, ref, runner, links }]) => {
    const files = links.filter(({ to }) => to === "entry_point" || to === "workflow_file");
    return [file, { kind, ref, runner, parameters: [], defines: [], links: files }] as const;
  });
  const entries = new Set(programs.flatMap(([, { links }]) => links.map(({ target }) => target)));
  return { dialect, pack, definitions: programs, scripts: [...scripts].filter(([file]) => entries.has(file)) };
}

function text(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}
