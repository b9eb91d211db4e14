import type { DatabaseSync, StatementSync } from "node:sqlite";
import { transaction } from "../platform/database.ts";
import type { EventFilter } from "./filter.ts";
import type { Entry } from "./ring.ts";

/** How the daemon was at a moment. */
export interface Sample {
  readonly atMs: number;
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** The longest time that the first thread did not listen. */
  readonly delayMs: number;
  /** How long the oldest change waits. */
  readonly lagMs: number;
  readonly watches: number;
}

/** An event as it is kept. */
export interface Row {
  readonly id: number;
  readonly atMs: number;
  readonly kind: string;
  readonly severity: string;
  readonly packs: readonly string[];
  readonly service: string | undefined;
  readonly elapsedMs: number | undefined;
  readonly json: string;
}

export interface Written {
  readonly events: readonly Row[];
  readonly samples: readonly Sample[];
  /** Events up to this one were not all kept. */
  readonly gone: number;
}

/** What is kept of what happened, and for how long. */
export interface Keeping {
  readonly events: number;
  /** About so much room may they take: an event can have a hundred findings. */
  readonly bytes: number;
  readonly eventsMs: number;
  readonly samplesMs: number;
}

const DAY_MS = 86_400_000;

const KEEPING: Keeping = { events: 100_000, bytes: 256 * 2 ** 20, eventsMs: 30 * DAY_MS, samplesMs: 2 * DAY_MS };

/** One commit. An event that is there already stays as it is. */
export function write(database: DatabaseSync, { events, samples, gone }: Written): void {
  transaction(database, () => {
    const put = database.prepare("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    for (const { id, atMs, kind, severity, packs, service = null, elapsedMs = null, json } of events)
      put.run(id, atMs, kind, severity, packs.map((ref) => `\n${ref}\n`).join(""), service, elapsedMs, json);
    const note = database.prepare("INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?)");
    for (const { atMs, rss, delayMs, lagMs, watches } of samples) note.run(atMs, rss, delayMs, lagMs, watches);
    if (gone > goneIn(database)) saveGone(database, gone);
  });
}

/** Removes what is older, or more, than is kept. */
export function prune(database: DatabaseSync, nowMs: number, keeping: Keeping = KEEPING): void {
  transaction(database, () => {
    const most = Math.min(keeping.events, fitting(database, keeping.bytes));
    const byNumber = database.prepare("SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?").get(most);
    const byAge = database.prepare("SELECT max(id) AS id FROM event WHERE at_ms < ?").get(nowMs - keeping.eventsMs);
    const last = Math.max(Number(byNumber?.["id"] ?? 0), Number(byAge?.["id"] ?? 0));
    if (last > 0) {
      database.prepare("DELETE FROM event WHERE id <= ?").run(last);
      saveGone(database, Math.max(last, goneIn(database)));
    }
    database.prepare("DELETE FROM sample WHERE at_ms < ?").run(nowMs - keeping.samplesMs);
  });
}

/** How many of the events that there are take so much room; some fewer, that this is not asked for with every one. */
function fitting(database: DatabaseSync, bytes: number): number {
  const of = (pragma: string): number => Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] ?? 0);
  const used = (of("page_count") - of("freelist_count")) * of("page_size");
  if (used <= bytes) return Number.POSITIVE_INFINITY;
  const count = Number(database.prepare("SELECT count(*) AS count FROM event").get()?.["count"] ?? 0);
  return Math.floor((count * bytes * 0.9) / used);
}

export function lastIn(database: DatabaseSync): number {
  return Math.max(Number(database.prepare("SELECT max(id) AS id FROM event").get()?.["id"] ?? 0), goneIn(database));
}

export function goneIn(database: DatabaseSync): number {
  return Number(database.prepare("SELECT max(id) AS id FROM gone").get()?.["id"] ?? 0);
}

function saveGone(database: DatabaseSync, id: number): void {
  database.exec("DELETE FROM gone");
  database.prepare("INSERT INTO gone VALUES (?)").run(id);
}

/** What was kept after an event, the oldest first. */
export function readAfter(database: DatabaseSync, after: number, limit: number): readonly Entry[] {
  const found = database.prepare("SELECT id, document FROM event WHERE id > ? ORDER BY id LIMIT ?");
  return entriesOf(found.all(after, limit));
}

export interface PageQuery extends EventFilter {
  /** Only older ones than this; unset: from the newest. */
  readonly before?: number | undefined;
  /** Only newer ones than this. */
  readonly after?: number | undefined;
  /** Not before this time, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export function readPage(database: DatabaseSync, query: PageQuery): readonly Entry[] {
  const { before, after, sinceMs, pack, service, kinds, severity, limit } = query;
  const conditions: readonly (readonly [string, string | number | undefined])[] = [
    ["id < ?", before],
    ["id > ?", after],
    ["at_ms >= ?", sinceMs],
    ["instr(packs, ?) > 0", pack === undefined ? undefined : `\n${pack}\n`],
    ["service = ?", service],
    ["kind IN (SELECT value FROM json_each(?))", kinds && JSON.stringify(kinds)],
    ["severity = ?", severity],
  ];
  const said = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const where = said.length === 0 ? "" : `WHERE ${said.map(({ sql }) => sql).join(" AND ")}`;
  const found = database.prepare(`SELECT id, document FROM event ${where} ORDER BY id DESC LIMIT ?`);
  return entriesOf(found.all(...said.map(({ value }) => value), limit));
}

function entriesOf(rows: ReturnType<StatementSync["all"]>): readonly Entry[] {
  return rows.map((row) => {
    const json = String(row["document"]);
    return { id: Number(row["id"]), event: JSON.parse(json), json }; // as it was written: the schema's version says so
  });
}
