import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../platform/database.ts";
import type { Ending } from "./queue.ts";
import { pruned, type Told, type Turn, type Turns } from "./turns.ts";

/** Who was told of what: what survives a crash between a publish and its signals. */
export const deliverySchema = `
  CREATE TABLE IF NOT EXISTS turn (
    number INTEGER PRIMARY KEY,
    pack TEXT NOT NULL,
    release TEXT,                  -- NULL: the pack is gone
    live_at_ms REAL NOT NULL,
    targets TEXT NOT NULL,         -- JSON globs of services
    changes TEXT NOT NULL          -- JSON of {path, meaning}
  );
  CREATE TABLE IF NOT EXISTS told (
    service TEXT NOT NULL,
    pack TEXT NOT NULL,
    number INTEGER NOT NULL,       -- of the turn
    ready TEXT,                    -- the release that it was ready with last
    PRIMARY KEY (service, pack)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS quarantine (
    service TEXT NOT NULL,         -- did not come back with
    pack TEXT NOT NULL,
    bad TEXT NOT NULL,             -- this release of it
    release TEXT NOT NULL,         -- and has this one instead
    PRIMARY KEY (service, pack)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS service (
    service TEXT PRIMARY KEY,
    ending TEXT NOT NULL,          -- of the last attempt: told | absent | unhealthy | failed
    failures INTEGER NOT NULL,     -- attempts since the last success
    since TEXT NOT NULL,           -- ISO time
    why TEXT,
    evidence TEXT NOT NULL         -- JSON sentences
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS service_label (
    service TEXT PRIMARY KEY,
    condition TEXT,                -- packsync.when
    how TEXT                       -- packsync.how
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS signal (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    at TEXT NOT NULL,              -- ISO time of its end
    took_ms REAL NOT NULL,
    ending TEXT NOT NULL,
    packs TEXT NOT NULL,           -- JSON of {ref, release}
    why TEXT,
    evidence TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS signal_of_service ON signal (service, id);
`;

/** What a service says of itself, by the labels of its containers. */
export interface Labels {
  readonly service: string;
  /** `packsync.when` */
  readonly when: string | undefined;
  /** `packsync.how` */
  readonly how: string | undefined;
}

/** How the last attempt to tell a service ended. `since` is an ISO time. */
export interface LastAttempt {
  readonly service: string;
  readonly ending: Ending;
  /** Since the last success. */
  readonly failures: number;
  readonly since: string;
  readonly why: string | undefined;
  readonly evidence: readonly string[];
}

/** One attempt, as history has it. */
export interface Attempt extends Omit<LastAttempt, "failures" | "since"> {
  /** ISO time of its end. */
  readonly at: string;
  readonly tookMs: number;
  readonly packs: readonly { readonly ref: string; readonly release: string | undefined }[];
}

/** An attempt that is over, with what it changes: by pack the turn that the service knows since. */
export interface Finished extends Attempt {
  readonly failures: number;
  readonly told: Told;
  /** What it is ready with now that it was not ready with before. */
  readonly ready: Ready;
}

/** A pack that went back for the sake of a service. */
export interface Quarantined {
  readonly service: string;
  readonly pack: string;
  /** The release that the service did not come back with. */
  readonly bad: string;
  /** What went live instead. */
  readonly release: string;
}

/** By pack: the release that a service was ready with. */
export type Ready = ReadonlyMap<string, string>;

/** Everything that is remembered. */
export interface Deliveries {
  readonly turns: Turns;
  /** By service. */
  readonly told: ReadonlyMap<string, Told>;
  /** By service: what it was ready with last. */
  readonly ready: ReadonlyMap<string, Ready>;
  readonly quarantined: readonly Quarantined[];
  readonly last: ReadonlyMap<string, LastAttempt>;
  readonly labels: readonly Labels[];
}

export function readDeliveries(database: DatabaseSync): Deliveries {
  return readWith(database, "*");
}

/** The same, but for what each turn changed: there may be much of it. */
export function readDeliveriesBriefly(database: DatabaseSync): Deliveries {
  return readWith(database, "number, pack, release, live_at_ms, targets, '[]' AS changes");
}

/** By service: ISO time of its last acknowledgement, as far as it is remembered. */
export function readLastTold(database: DatabaseSync): ReadonlyMap<string, string> {
  const last = database.prepare("SELECT service, at, max(id) FROM signal WHERE ending = 'told' GROUP BY service");
  return new Map(last.all().map(({ service, at }) => [String(service), String(at)]));
}

function readWith(database: DatabaseSync, ofTurns: string): Deliveries {
  const rows = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();
  const turns = database.prepare(`SELECT ${ofTurns} FROM turn ORDER BY number`).all().map(turnFrom);
  const told = rows("told");
  const last = rows("service").map(lastFrom);
  return {
    turns: Map.groupBy(turns, ({ pack }) => pack),
    told: byService(told, "number", Number),
    ready: byService(told, "ready", String),
    quarantined: readQuarantined(database),
    last: new Map(last.map((each) => [each.service, each])),
    labels: rows("service_label").map((row) => {
      return { service: String(row["service"]), when: text(row["condition"]), how: text(row["how"]) };
    }),
  };
}

export function readQuarantined(database: DatabaseSync): readonly Quarantined[] {
  const rows = database.prepare("SELECT * FROM quarantine").all();
  return rows.map(({ service, pack, bad, release }) => {
    return { service: String(service), pack: String(pack), bad: String(bad), release: String(release) };
  });
}

/** Attempts to tell a service, or anybody; the newest first. */
export function readAttempts(database: DatabaseSync, service: string | undefined, limit: number): readonly Attempt[] {
  const where = service === undefined ? "" : "WHERE service = ?";
  const rows = database.prepare(`SELECT * FROM signal ${where} ORDER BY id DESC LIMIT ?`);
  return (service === undefined ? rows.all(limit) : rows.all(service, limit)).map(attemptFrom);
}

/** New turns, as a part of the transaction that is open. */
export function saveTurns(database: DatabaseSync, turns: readonly Turn[]): void {
  const put = database.prepare("INSERT OR REPLACE INTO turn VALUES (?, ?, ?, ?, ?, ?)");
  const drop = database.prepare("DELETE FROM turn WHERE number = ?");
  const of = database.prepare("SELECT * FROM turn WHERE pack = ? ORDER BY number");
  for (const { number, pack, release, liveAtMs, targets, changes } of turns) {
    put.run(number, pack, release ?? null, liveAtMs, JSON.stringify(targets), JSON.stringify(changes));
    const all = of.all(pack).map(turnFrom);
    const kept = new Set(pruned(all));
    for (const each of all) if (!kept.has(each)) drop.run(each.number);
  }
}

/** Of one service. */
const ATTEMPTS_KEPT = 50;

/** What an attempt came to, in one transaction: history, and what the service knows. */
export function saveFinished(database: DatabaseSync, finished: Finished): void {
  const { service, ending, failures, at, tookMs, packs, why = null, evidence, told } = finished;
  const said = JSON.stringify(evidence);
  transaction(database, () => {
    const add = "INSERT INTO signal (service, at, took_ms, ending, packs, why, evidence) VALUES (?, ?, ?, ?, ?, ?, ?)";
    database.prepare(add).run(service, at, tookMs, ending, JSON.stringify(packs), why, said);
    database.prepare(PRUNE).run(service, service, ATTEMPTS_KEPT);
    const put = database.prepare("INSERT OR REPLACE INTO service VALUES (?, ?, ?, ?, ?, ?)");
    put.run(service, ending, failures, at, why, said);
    const know = database.prepare(KNOW);
    for (const [pack, number] of told) know.run(service, pack, number);
    const ready = database.prepare("UPDATE told SET ready = ? WHERE service = ? AND pack = ?");
    for (const [pack, release] of finished.ready) ready.run(release, service, pack);
  });
}

const KNOW = `INSERT INTO told (service, pack, number) VALUES (?, ?, ?)
  ON CONFLICT (service, pack) DO UPDATE SET number = excluded.number`;

const PRUNE = `DELETE FROM signal WHERE service = ? AND id <=
  (SELECT id FROM signal WHERE service = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`;

export function saveLabels(database: DatabaseSync, labels: readonly Labels[]): void {
  const put = database.prepare("INSERT INTO service_label VALUES (?, ?, ?)");
  transaction(database, () => {
    database.exec("DELETE FROM service_label");
    for (const { service, when = null, how = null } of labels) put.run(service, when, how);
  });
}

/** All that are quarantined for the sake of a service. */
export function saveQuarantine(database: DatabaseSync, service: string, packs: readonly Quarantined[]): void {
  const put = database.prepare("INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?)");
  transaction(database, () => {
    database.prepare("DELETE FROM quarantine WHERE service = ?").run(service);
    for (const { pack, bad, release } of packs) put.run(service, pack, bad, release);
  });
}

type Row = Readonly<Record<string, unknown>>;

function byService<T>(
  rows: readonly Row[],
  column: "number" | "ready",
  read: (value: unknown) => T,
): ReadonlyMap<string, ReadonlyMap<string, T>> {
  const known = rows.filter((row) => row[column] !== null);
  const grouped = Map.groupBy(known, (row) => String(row["service"]));
  const ofPacks = (its: readonly Row[]) => new Map(its.map((row) => [String(row["pack"]), read(row[column])]));
  return new Map([...grouped].map(([service, its]) => [service, ofPacks(its)]));
}

function turnFrom(row: Row): Turn {
  return {
    number: Number(row["number"]),
    pack: String(row["pack"]),
    release: text(row["release"]),
    liveAtMs: Number(row["live_at_ms"]),
    targets: JSON.parse(String(row["targets"])),
    changes: JSON.parse(String(row["changes"])),
  };
}

function lastFrom(row: Row): LastAttempt {
  return { ...about(row), failures: Number(row["failures"]), since: String(row["since"]) };
}

function attemptFrom(row: Row): Attempt {
  const packs: { readonly ref: string; readonly release?: string | null }[] = JSON.parse(String(row["packs"]));
  return {
    ...about(row),
    at: String(row["at"]),
    tookMs: Number(row["took_ms"]),
    packs: packs.map(({ ref, release }) => ({ ref, release: release ?? undefined })),
  };
}

function about(row: Row) {
  const evidence: readonly string[] = JSON.parse(String(row["evidence"]));
  return { service: String(row["service"]), ending: endingFrom(row["ending"]), why: text(row["why"]), evidence };
}

function endingFrom(value: unknown): Ending {
  return value === "told" || value === "absent" || value === "unhealthy" ? value : "failed";
}

function text(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}
