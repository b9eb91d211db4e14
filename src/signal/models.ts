import type { DatabaseSync } from "node:sqlite";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { FileEntry } from "../pack/snapshot.ts";

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
  CREATE TABLE IF NOT EXISTS routed_mounted (
    pack TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    files TEXT NOT NULL            -- JSON FileEntry by path: no manifest has them
  ) WITHOUT ROWID;
`;

/** A pack whose live release is not the one that was routed last; `undefined`: it is, or was, not there. */
export interface Unrouted {
  readonly pack: string;
  readonly release: string | undefined;
  readonly before: string | undefined;
}

/**
 * The one question of a cycle after which nobody needs to be told. `pack` is the publisher's table, `mounted` the scan's. Services look into the volume first.
 *
 * @param mounted the sources that services read where they are
 */
export function unroutedIn(database: DatabaseSync, mounted: readonly string[]): readonly Unrouted[] {
  return database
    .prepare(`${UNROUTED} ORDER BY 1`)
    .all(JSON.stringify(mounted))
    .map((row) => ({ pack: String(row["pack"]), release: text(row["release"]), before: text(row["before"]) }));
}

/** Whether there is any. */
export function isAnyUnrouted(database: DatabaseSync, mounted: readonly string[]): boolean {
  return database.prepare(`${UNROUTED} LIMIT 1`).get(JSON.stringify(mounted)) !== undefined;
}

const UNROUTED = `
  WITH published AS (SELECT ref, release FROM pack WHERE release IS NOT NULL),
  live AS (
    SELECT ref, release FROM published
    UNION ALL SELECT ref, max(release) FROM mounted
      WHERE source IN (SELECT value FROM json_each(?)) AND ref NOT IN (SELECT ref FROM published) GROUP BY ref)
  SELECT coalesce(live.ref, routed.pack) AS pack, live.release AS release, routed.release AS before
  FROM live FULL JOIN routed ON routed.pack = live.ref
  WHERE live.release IS NOT routed.release`;

/** What was routed of a pack that services read in its source. */
export interface RoutedMounted {
  readonly source: string;
  readonly files: Readonly<Record<string, FileEntry>>;
}

export function readRoutedMounted(database: DatabaseSync, pack: string): RoutedMounted | undefined {
  const row = database.prepare("SELECT * FROM routed_mounted WHERE pack = ?").get(pack);
  return row && { source: String(row["source"]), files: JSON.parse(String(row["files"])) };
}

/** As a part of the transaction that is open. `undefined`: its release has a manifest. */
export function saveRoutedMounted(database: DatabaseSync, pack: string, mounted: RoutedMounted | undefined): void {
  database.prepare("DELETE FROM routed_mounted WHERE pack = ?").run(pack);
  if (mounted === undefined) return;
  const put = database.prepare("INSERT INTO routed_mounted VALUES (?, ?, ?)");
  put.run(pack, mounted.source, JSON.stringify(mounted.files));
}

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
