import type { DatabaseSync } from "node:sqlite";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { generationOf } from "../platform/database.ts";
import type { DirectoryIdentity } from "./manifest.ts";

/** The publisher's own tables: an index over the manifests, and what is under way. */
export const ledgerSchema = `
  CREATE TABLE IF NOT EXISTS pack (
    ref TEXT PRIMARY KEY,
    number INTEGER NOT NULL,       -- highest release number ever given
    release TEXT,                  -- the live release; NULL: retired
    version TEXT NOT NULL,
    origin TEXT NOT NULL,
    source TEXT,
    directory TEXT,
    published_at TEXT NOT NULL,
    pinned TEXT,                   -- the source's content while a rollback stays in spite of it
    applied TEXT,                  -- the source scan that the live release is equal to, and the policy
    watched TEXT NOT NULL,         -- JSON: paths that a run with nothing to do checks
    live TEXT NOT NULL             -- fingerprint of these
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS release (
    ref TEXT NOT NULL,
    number INTEGER NOT NULL,
    release TEXT NOT NULL,
    version TEXT NOT NULL,
    origin TEXT NOT NULL,
    published_at TEXT NOT NULL,
    displaced_at TEXT,             -- since when it is history; NULL: live
    PRIMARY KEY (ref, number)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS intent (
    ref TEXT PRIMARY KEY,
    kind TEXT NOT NULL,            -- publish | retire
    number INTEGER NOT NULL,
    release TEXT NOT NULL,         -- what goes live, or for retire the tree without our files
    previous TEXT,                 -- the release that is live until then
    before TEXT,                   -- JSON DirectoryIdentity of the live directory; NULL: none
    after TEXT                     -- JSON DirectoryIdentity of the staged one; NULL: nothing stays
  ) WITHOUT ROWID;
`;

/** What the index knows of a pack. `release` is undefined once it is retired. Times are ISO. */
export interface PackRecord {
  readonly ref: PackRef;
  readonly number: number;
  readonly release: string | undefined;
  readonly version: string;
  readonly origin: string;
  readonly source: string | undefined;
  readonly directory: string | undefined;
  readonly publishedAt: string;
  /** The live release stays while the source has nothing but this content; `KEPT`: whatever it has. */
  readonly pinned: string | undefined;
  readonly applied: string | undefined;
  readonly watched: readonly string[];
  readonly live: string;
}

/** One release in history. `displacedAt` is undefined while it is live. */
export interface ReleaseRecord {
  readonly ref: PackRef;
  readonly number: number;
  readonly release: string;
  readonly version: string;
  readonly origin: string;
  readonly publishedAt: string;
  readonly displacedAt: string | undefined;
}

/** What is about to happen to a pack's live directory; committed before it does. */
export interface Intent {
  readonly ref: PackRef;
  readonly kind: "publish" | "retire";
  readonly number: number;
  readonly release: string;
  readonly previous: string | undefined;
  readonly before: DirectoryIdentity | undefined;
  readonly after: DirectoryIdentity | undefined;
}

export interface LedgerStore {
  packs(): ReadonlyMap<PackRef, PackRecord>;
  pack(ref: PackRef): PackRecord | undefined;
  /** The release that is live; `undefined`: none. */
  live(ref: PackRef): string | undefined;
  savePack(pack: PackRecord): void;
  /** A pack's, oldest first. */
  releases(ref: PackRef): readonly ReleaseRecord[];
  /** The newest one with a smaller number. */
  releaseBefore(ref: PackRef, number: number): ReleaseRecord | undefined;
  saveRelease(release: ReleaseRecord): void;
  dropRelease(ref: PackRef, number: number): void;
  intents(): readonly Intent[];
  saveIntent(intent: Intent): void;
  clearIntent(ref: PackRef): void;
}

export function openLedger(database: DatabaseSync): LedgerStore {
  const putPack = database.prepare("INSERT OR REPLACE INTO pack VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const putRelease = database.prepare("INSERT OR REPLACE INTO release VALUES (?, ?, ?, ?, ?, ?, ?)");
  const dropRelease = database.prepare("DELETE FROM release WHERE ref = ? AND number = ?");
  const putIntent = database.prepare("INSERT OR REPLACE INTO intent VALUES (?, ?, ?, ?, ?, ?, ?)");
  const dropIntent = database.prepare("DELETE FROM intent WHERE ref = ?");
  const reader = readLedger(database);
  let known: { readonly generation: string; readonly packs: ReadonlyMap<PackRef, PackRecord> } | undefined;
  return {
    ...reader,
    packs() {
      const generation = generationOf(database);
      if (known?.generation !== generation) known = { generation, packs: reader.packs() };
      return known.packs;
    },
    savePack(pack) {
      const { ref, number, release, version, origin, source, directory, publishedAt, pinned, applied } = pack;
      const about = [release ?? null, version, origin, source ?? null, directory ?? null, publishedAt] as const;
      const state = [pinned ?? null, applied ?? null, JSON.stringify(pack.watched), pack.live] as const;
      putPack.run(ref, number, ...about, ...state);
    },
    saveRelease({ ref, number, release, version, origin, publishedAt, displacedAt }) {
      putRelease.run(ref, number, release, version, origin, publishedAt, displacedAt ?? null);
    },
    dropRelease: (ref, number) => void dropRelease.run(ref, number),
    saveIntent({ ref, kind, number, release, previous, before, after }) {
      const identity = (value: DirectoryIdentity | undefined) => (value === undefined ? null : JSON.stringify(value));
      putIntent.run(ref, kind, number, release, previous ?? null, identity(before), identity(after));
    },
    clearIntent: (ref) => void dropIntent.run(ref),
  };
}

export type LedgerReader = Pick<LedgerStore, "packs" | "pack" | "live" | "releases" | "releaseBefore" | "intents">;

/** The reading half, which also works on a database opened read-only. */
export function readLedger(database: DatabaseSync): LedgerReader {
  const packs = database.prepare("SELECT * FROM pack ORDER BY ref");
  const pack = database.prepare("SELECT * FROM pack WHERE ref = ?");
  const live = database.prepare("SELECT release FROM pack WHERE ref = ?");
  const releases = database.prepare("SELECT * FROM release WHERE ref = ? ORDER BY number");
  const before = database.prepare("SELECT * FROM release WHERE ref = ? AND number < ? ORDER BY number DESC LIMIT 1");
  const intents = database.prepare("SELECT * FROM intent ORDER BY ref");
  return {
    packs: () =>
      new Map(
        packs
          .all()
          .flatMap(withRef(packFromRow))
          .map((row) => [row.ref, row]),
      ),
    pack: (ref) => pack.all(ref).flatMap(withRef(packFromRow))[0],
    live: (ref) => text(live.get(ref)?.["release"] ?? null),
    releases: (ref) => releases.all(ref).flatMap(withRef(releaseFromRow)),
    releaseBefore: (ref, number) => before.all(ref, number).flatMap(withRef(releaseFromRow))[0],
    intents: () => intents.all().flatMap(withRef(intentFromRow)),
  };
}

/** Before the first sync. */
export const emptyLedger: LedgerReader = {
  packs: () => new Map(),
  pack: () => undefined,
  live: () => undefined,
  releases: () => [],
  releaseBefore: () => undefined,
  intents: () => [],
};

type Row = Readonly<Record<string, unknown>>;

/** A ref becomes a path: a row whose ref is none (somebody edited the database) does not count. */
function withRef<T>(parse: (ref: PackRef, row: Row) => T): (row: Row) => T[] {
  return (row) => {
    const ref = asPackRef(String(row["ref"]));
    return ref === undefined ? [] : [parse(ref, row)];
  };
}

function packFromRow(ref: PackRef, row: Row): PackRecord {
  return {
    ref,
    number: Number(row["number"]),
    release: text(row["release"]),
    version: String(row["version"]),
    origin: String(row["origin"]),
    source: text(row["source"]),
    directory: text(row["directory"]),
    publishedAt: String(row["published_at"]),
    pinned: text(row["pinned"]),
    applied: text(row["applied"]),
    watched: JSON.parse(String(row["watched"])),
    live: String(row["live"]),
  };
}

function releaseFromRow(ref: PackRef, row: Row): ReleaseRecord {
  return {
    ref,
    number: Number(row["number"]),
    release: String(row["release"]),
    version: String(row["version"]),
    origin: String(row["origin"]),
    publishedAt: String(row["published_at"]),
    displacedAt: text(row["displaced_at"]),
  };
}

function intentFromRow(ref: PackRef, row: Row): Intent {
  const identity = (value: unknown) => (value === null ? undefined : JSON.parse(String(value)));
  return {
    ref,
    kind: row["kind"] === "retire" ? "retire" : "publish",
    number: Number(row["number"]),
    release: String(row["release"]),
    previous: text(row["previous"]),
    before: identity(row["before"]),
    after: identity(row["after"]),
  };
}

function text(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}
