import type { DatabaseSync } from "node:sqlite";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Outside, PackFacts } from "../pack/pack-facts.ts";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { dropFacts, factsSchema, factsWriter, readFacts, readOutsides } from "./facts-store.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { dropMounted, type MountedPack, mountedSchema, putMounted, readMounted } from "./mounted.ts";

/** The scan's own tables: what was seen last time, so that nothing is read or parsed twice. (What the files
 * hold stands in the manifest of the live release.) Losing them costs time only. */
export const scanSchema = `
  CREATE TABLE IF NOT EXISTS scan (
    source TEXT NOT NULL,
    directory TEXT NOT NULL,
    names TEXT,                  -- Fingerprint; NULL: something could not be read
    stamps BLOB,
    revision TEXT NOT NULL,      -- another one with every scan
    own_manifest INTEGER NOT NULL,
    identity TEXT,               -- JSON PackIdentity; NULL: never known
    verdict TEXT NOT NULL,       -- valid | rejected
    since TEXT NOT NULL,         -- ISO time since when the verdict stands
    diagnostics TEXT NOT NULL,   -- JSON Diagnostic[]
    PRIMARY KEY (source, directory)
  ) WITHOUT ROWID;
  ${factsSchema}
  ${mountedSchema}
`;

/** Who a pack is: what its `pack.yaml` says, or its directory's name in `packs.dev`. */
export interface PackIdentity {
  readonly ref: PackRef;
  readonly version: string;
  /** Refs of the packs it depends on. */
  readonly dependencies: readonly string[];
}

/** What is remembered of a source directory. `since` is an ISO time. */
export interface KnownPack {
  readonly source: string;
  readonly directory: string;
  readonly fingerprint: Fingerprint | undefined;
  /** Names this scan: the ledger remembers which one the live release is equal to. */
  readonly revision: string;
  /** Whether it has, or once had, a `pack.yaml` of its own: then it may not lack it any more. */
  readonly ownManifest: boolean;
  readonly identity: PackIdentity | undefined;
  readonly verdict: "valid" | "rejected";
  readonly since: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** How a directory was judged, without what it looked like. */
export type JudgedPack = Omit<KnownPack, "fingerprint" | "revision" | "ownManifest">;

export interface ScanStore {
  /** Everything known about a source's directories, by directory name. */
  known(source: string): ReadonlyMap<string, KnownPack>;
  /** What was found in its definitions and scripts. */
  facts(source: string, directory: string): PackFacts | undefined;
  /** What it is to other packs: a part of its facts. */
  outside(source: string, directory: string): Outside | undefined;
  save(pack: KnownPack, facts?: PackFacts): void;
  /** Of a source that services read where it is: what was valid last. */
  mounted(source: string, directory: string): MountedPack | undefined;
  saveMounted(pack: MountedPack): void;
  /** What is known stays, but for what is said of it. */
  restate(pack: Pick<KnownPack, "source" | "directory" | "diagnostics">): void;
  forget(source: string, directory: string): void;
  /** What was saved since the transaction began is not so. */
  refresh(): void;
}

/** Reads each source once; nobody else writes while it is open. */
export function openScanStore(database: DatabaseSync): ScanStore {
  const put = database.prepare("INSERT OR REPLACE INTO scan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const restate = database.prepare("UPDATE scan SET diagnostics = ? WHERE source = ? AND directory = ?");
  const drop = database.prepare("DELETE FROM scan WHERE source = ? AND directory = ?");
  const putFacts = factsWriter(database);
  const reader = readScanStore(database);
  const sources = new Map<string, Map<string, KnownPack>>();
  const outsides = readOutsides(database);
  const known = (source: string): Map<string, KnownPack> => {
    const found = sources.get(source) ?? new Map(reader.known(source));
    sources.set(source, found);
    return found;
  };
  return {
    ...reader,
    known: (source) => new Map(known(source)),
    outside: outsides.of,
    save(pack, facts) {
      const { source, directory } = pack;
      const identity = pack.identity === undefined ? null : JSON.stringify(pack.identity);
      const diagnostics = JSON.stringify(pack.diagnostics);
      const own = pack.ownManifest ? 1 : 0;
      const { names = null, stamps = null } = pack.fingerprint ?? {};
      put.run(source, directory, names, stamps, pack.revision, own, identity, pack.verdict, pack.since, diagnostics);
      outsides.replace(pack, putFacts(pack, facts));
      known(source).set(directory, pack);
    },
    saveMounted: (pack) => putMounted(database, pack),
    restate({ source, directory, diagnostics }) {
      restate.run(JSON.stringify(diagnostics), source, directory);
      const pack = known(source).get(directory);
      if (pack !== undefined) known(source).set(directory, { ...pack, diagnostics });
    },
    forget(source, directory) {
      drop.run(source, directory);
      dropFacts(database, source, directory);
      dropMounted(database, source, directory);
      known(source).delete(directory);
      outsides.replace({ source, directory }, undefined);
    },
    refresh() {
      sources.clear();
      outsides.refresh();
    },
  };
}

/** The reading half, which also works on a database opened read-only; what it is given to save is forgotten. */
export function readScanStore(database: DatabaseSync): ScanStore {
  const all = database.prepare("SELECT * FROM scan WHERE source = ?");
  return {
    ...emptyScanStore,
    facts: (source, directory) => readFacts(database, source, directory),
    outside: readOutsides(database).of,
    mounted: (source, directory) => readMounted(database, source, directory),
    known(source) {
      const packs = all.all(source).flatMap(fromRow);
      return new Map(packs.map((pack) => [pack.directory, pack]));
    },
  };
}

/** How every directory of every source was judged: much less is read than by {@link ScanStore.known}. */
export function readJudged(database: DatabaseSync): readonly JudgedPack[] {
  const columns = "source, directory, identity, verdict, since, diagnostics";
  return database.prepare(`SELECT ${columns} FROM scan ORDER BY source, directory`).all().flatMap(judgedFromRow);
}

/** What is known of one directory. */
export function readKnown(database: DatabaseSync, source: string, directory: string): KnownPack | undefined {
  const one = database.prepare("SELECT * FROM scan WHERE source = ? AND directory = ?");
  return one.all(source, directory).flatMap(fromRow)[0];
}

/** By source: how many packs it has, in whatever state. */
export function countKnown(database: DatabaseSync): ReadonlyMap<string, number> {
  const counts = database.prepare("SELECT source, count(*) AS count FROM scan GROUP BY source").all();
  return new Map(counts.map(({ source, count }) => [String(source), Number(count)]));
}

/** Nothing remembered: what `plan` uses before the first sync. */
export const emptyScanStore: ScanStore = {
  known: () => new Map(),
  facts: () => undefined,
  outside: () => undefined,
  mounted: () => undefined,
  save: () => {},
  saveMounted: () => {},
  restate: () => {},
  forget: () => {},
  refresh: () => {},
};

function fromRow(row: Record<string, unknown>): KnownPack[] {
  const fingerprint = fingerprintFrom(row);
  const about = { fingerprint, revision: String(row["revision"]), ownManifest: row["own_manifest"] === 1 };
  return judgedFromRow(row).map((judged) => ({ ...judged, ...about }));
}

/** A ref becomes a path: where somebody wrote another into the row, it is not believed, and its pack is scanned afresh. */
function judgedFromRow(row: Record<string, unknown>): JudgedPack[] {
  const identity: PackIdentity | undefined = row["identity"] === null ? undefined : JSON.parse(String(row["identity"]));
  if (identity !== undefined && asPackRef(String(identity.ref)) === undefined) return [];
  const judged: JudgedPack = {
    source: String(row["source"]),
    directory: String(row["directory"]),
    identity,
    verdict: row["verdict"] === "valid" ? "valid" : "rejected",
    since: String(row["since"]),
    diagnostics: JSON.parse(String(row["diagnostics"])),
  };
  return [judged];
}

function fingerprintFrom({ names, stamps }: Record<string, unknown>): Fingerprint | undefined {
  if (typeof names !== "string" || !(stamps instanceof Uint8Array)) return undefined;
  return { names, stamps: new Float64Array(stamps.slice().buffer) };
}
