import type { DatabaseSync } from "node:sqlite";
import type { ComponentKind } from "../pack/component.ts";
import type { Dialect } from "../pack/identity.ts";
import { decodePython, encodePython } from "../pack/python-value.ts";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { transaction } from "../platform/database.ts";
import type { Catalog, CatalogComponent, CatalogEntry, CatalogPack, CatalogVersion, Registered } from "./catalog.ts";

/** The catalog's own tables. Losing them costs the versions of the past, and reading every live definition once more. */
export const catalogSchema = `
  CREATE TABLE IF NOT EXISTS catalog_pack (
    ref TEXT PRIMARY KEY,
    release TEXT NOT NULL,
    version TEXT NOT NULL,
    label TEXT NOT NULL,
    dialect TEXT NOT NULL,
    dependencies TEXT NOT NULL,    -- JSON refs
    digest TEXT NOT NULL           -- of its components
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalog_component (
    pack TEXT NOT NULL,
    file TEXT NOT NULL,
    kind TEXT,                     -- NULL: only another component names it
    ref TEXT,
    label TEXT,
    digest TEXT NOT NULL,          -- sha256 of the file
    definition TEXT,               -- of pack.yaml: JSON of encodePython
    problem TEXT,                  -- why nobody can read it
    script_stem TEXT,
    script TEXT,                   -- stands in for a missing entry_point
    workflow TEXT,
    PRIMARY KEY (pack, file)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalog_version (
    pack TEXT NOT NULL,
    number INTEGER NOT NULL,       -- counts up
    release TEXT NOT NULL,
    version TEXT NOT NULL,
    since TEXT NOT NULL,           -- ISO time
    PRIMARY KEY (pack, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalog_id (
    ref TEXT PRIMARY KEY,
    id INTEGER NOT NULL            -- for those who want a number; a pack that comes back has its own again
  ) WITHOUT ROWID;
`;

/** The embedded catalog, with what only its own process may ask: it answers at once. */
export interface EmbeddedCatalog extends EmbeddedReader {
  /** Joins the transaction that is open. */
  put(pack: CatalogPack): Registered;
  drop(ref: string): Registered;
}

export interface EmbeddedReader {
  /** What is registered, without components. */
  packs(): readonly EmbeddedSummary[];
  /** A part of them, in the order of their refs, and how many there are. */
  page(skip: number, take: number): { readonly packs: readonly EmbeddedSummary[]; readonly total: number };
  summary(ref: string): EmbeddedSummary | undefined;
  /** With its definition only if that is of `pack.yaml`. */
  component(ref: string, file: string): CatalogComponent | undefined;
  entry(ref: string): CatalogEntry | undefined;
  /** How many components of which kind; `pack.yaml` is none. */
  kinds(ref: string): Readonly<Record<string, number>>;
  versions(ref: string): readonly CatalogVersion[];
  /** Counts from 1; `undefined`: it was never registered. */
  idOf(ref: string): number | undefined;
}

export interface EmbeddedSummary extends Omit<CatalogPack, "components"> {
  readonly label: string;
}

/** As every catalog is; each call is a transaction of its own. */
export function embeddedCatalog(database: DatabaseSync, now: () => Date): Catalog {
  const store = openEmbedded(database, now);
  return {
    name: "packsync",
    register: async (pack) => transaction(database, () => store.put(pack)),
    unregister: async (ref) => transaction(database, () => store.drop(ref)),
    get: async (ref) => store.entry(ref),
    list: async () => store.packs().map(({ ref, version, label }) => ({ ref, version, label })),
    history: async (ref) => store.versions(ref),
  };
}

export function openEmbedded(database: DatabaseSync, now: () => Date): EmbeddedCatalog {
  const reader = readEmbedded(database);
  const putComponents = componentWriter(database);
  const stateOfPack = database.prepare("SELECT release, digest FROM catalog_pack WHERE ref = ?");
  const putPack = database.prepare("INSERT OR REPLACE INTO catalog_pack VALUES (?, ?, ?, ?, ?, ?, ?)");
  const addVersion = database.prepare(
    `INSERT INTO catalog_version
     SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM catalog_version WHERE pack = ?1`,
  );
  const giveId = idGiver(database);
  return {
    ...reader,
    put(pack) {
      const { ref, release, version, dialect, dependencies, digest } = pack;
      const before = stateOfPack.get(ref);
      if (before?.["release"] === release && before["digest"] === digest) return UNCHANGED;
      const changes = before?.["digest"] === digest ? 0 : putComponents(pack);
      putPack.run(ref, release, version, labelOfPack(pack), dialect, JSON.stringify(dependencies), digest);
      addVersion.run(ref, release, version, now().toISOString());
      giveId(ref);
      return { changes: changes + 1, warnings: [] };
    },
    drop(ref) {
      const dropped = database.prepare("DELETE FROM catalog_pack WHERE ref = ?").run(ref);
      const components = database.prepare("DELETE FROM catalog_component WHERE pack = ?").run(ref);
      return { changes: Number(dropped.changes) + Number(components.changes), warnings: [] };
    },
  };
}

/** The last one is looked for once, and not in an index: in a new database that would be a page more, which counts on a small disk. */
function idGiver(database: DatabaseSync): (ref: string) => void {
  const add = database.prepare("INSERT OR IGNORE INTO catalog_id VALUES (?, ?)");
  let last: number | undefined;
  return (ref) => {
    last ??= Number(database.prepare("SELECT coalesce(max(id), 0) AS last FROM catalog_id").get()?.["last"]);
    if (add.run(ref, last + 1).changes > 0) last++;
  };
}

const UNCHANGED: Registered = { changes: 0, warnings: [] };

/** Only what differs is written. @returns how much that was */
function componentWriter(database: DatabaseSync): (pack: CatalogPack) => number {
  const known = database.prepare("SELECT file, kind, ref, digest, script FROM catalog_component WHERE pack = ?");
  const put = database.prepare("INSERT OR REPLACE INTO catalog_component VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const drop = database.prepare("DELETE FROM catalog_component WHERE pack = ? AND file = ?");
  return ({ ref, components }) => {
    const before = new Map(known.all(ref).map((row) => [row["file"], stateOf(row)]));
    const isKnown = (each: CatalogComponent) => before.has(each.file) && before.get(each.file) === stateOf({ ...each });
    const changed = components.filter((each) => !isKnown(each));
    for (const each of changed) {
      const { file, kind = null, ref: own = null, label = null, digest, problem = null } = each;
      const { scriptStem = null, script = null, workflow = null } = each;
      put.run(ref, file, kind, own, label, digest, keptText(each), problem, scriptStem, script, workflow);
    }
    const files = new Set<unknown>(components.map(({ file }) => file));
    const gone = [...before.keys()].filter((file) => !files.has(file));
    for (const file of gone) drop.run(ref, String(file));
    return changed.length + gone.length;
  };
}

/** Components are asked for often, what they say seldom, and then it is read where it is live. */
function keptText({ file, definition }: CatalogComponent): string | null {
  return file === "pack.yaml" && definition !== undefined ? encodePython(definition) : null;
}

function stateOf({ kind, ref, digest, script }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([kind ?? null, ref ?? null, digest, script ?? null]);
}

/** The reading half, which also works on a database opened read-only. */
export function readEmbedded(database: DatabaseSync): EmbeddedReader {
  const onePack = database.prepare("SELECT * FROM catalog_pack WHERE ref = ?");
  const oneComponent = database.prepare("SELECT * FROM catalog_component WHERE pack = ? AND file = ?");
  const somePacks = database.prepare("SELECT * FROM catalog_pack ORDER BY ref LIMIT ? OFFSET ?");
  const countPacks = database.prepare("SELECT count(*) AS total FROM catalog_pack");
  const countKinds = database.prepare(
    "SELECT kind, count(*) AS count FROM catalog_component WHERE pack = ? AND kind <> 'pack' AND ref IS NOT NULL GROUP BY kind ORDER BY kind",
  );
  const versions = database.prepare("SELECT * FROM catalog_version WHERE pack = ? ORDER BY number DESC");
  const id = database.prepare("SELECT id FROM catalog_id WHERE ref = ?");
  return {
    summary: (ref) => onePack.all(ref).flatMap(summaryFromRow)[0],
    packs: () => database.prepare("SELECT * FROM catalog_pack ORDER BY ref").all().flatMap(summaryFromRow),
    page(skip, take) {
      return { packs: somePacks.all(take, skip).flatMap(summaryFromRow), total: Number(countPacks.get()?.["total"]) };
    },
    kinds: (ref) =>
      Object.fromEntries(countKinds.all(ref).map(({ kind, count }) => [String(kind), Number(count)] as const)),
    component: (ref, file) => oneComponent.all(ref, file).map(componentFromRow)[0],
    entry(ref) {
      const summary = onePack.all(ref).flatMap(summaryFromRow)[0];
      if (summary === undefined) return undefined;
      const { version, label } = summary;
      return { ref: summary.ref, version, label, components: entryComponents(database, ref) };
    },
    versions: (ref) => versions.all(ref).map(versionFromRow),
    idOf(ref) {
      const row = id.get(ref);
      return row && Number(row["id"]);
    },
  };
}

/** Nothing registered: before the first sync. */
export const emptyEmbedded: EmbeddedReader = {
  summary: () => undefined,
  packs: () => [],
  page: () => ({ packs: [], total: 0 }),
  kinds: () => ({}),
  component: () => undefined,
  entry: () => undefined,
  versions: () => [],
  idOf: () => undefined,
};

function versionFromRow({ version, release, since }: Row): CatalogVersion {
  return { version: String(version), release: String(release), since: String(since) };
}

/** Of several with one ref the last one counts, as everywhere. */
function entryComponents(database: DatabaseSync, ref: string): CatalogEntry["components"] {
  const query = "SELECT kind, ref, label FROM catalog_component WHERE pack = ? AND kind <> 'pack' ORDER BY kind, ref";
  return database
    .prepare(query)
    .all(ref)
    .flatMap((row) =>
      row["ref"] === null ? [] : [{ kind: String(row["kind"]), ref: String(row["ref"]), label: text(row["label"]) }],
    );
}

type Row = Readonly<Record<string, unknown>>;

function summaryFromRow(row: Row): EmbeddedSummary[] {
  const ref: PackRef | undefined = asPackRef(String(row["ref"]));
  if (ref === undefined) return [];
  return [
    {
      ref,
      release: String(row["release"]),
      version: String(row["version"]),
      label: String(row["label"]),
      dialect: dialectFrom(row["dialect"]),
      dependencies: JSON.parse(String(row["dependencies"])),
      digest: String(row["digest"]),
    },
  ];
}

function dialectFrom(value: unknown): Dialect {
  return value === "stackstorm" ? "stackstorm" : "attune";
}

function componentFromRow(row: Row): CatalogComponent {
  const definition = text(row["definition"]);
  return {
    file: String(row["file"]),
    kind: text(row["kind"]) as ComponentKind | undefined, // written by us
    ref: text(row["ref"]),
    label: text(row["label"]),
    digest: String(row["digest"]),
    definition: definition === undefined ? undefined : decodePython(definition),
    problem: text(row["problem"]),
    scriptStem: text(row["script_stem"]),
    script: text(row["script"]),
    workflow: text(row["workflow"]),
  };
}

function labelOfPack({ ref, components }: CatalogPack): string {
  return components.find(({ file }) => file === "pack.yaml")?.label ?? ref;
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}
