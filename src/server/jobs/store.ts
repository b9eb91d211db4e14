import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../../platform/database.ts";
import { isOver, type Job, type JobEvent, type JobKind, type JobState } from "./job.ts";

/** Jobs and their events as they are kept. Whatever it says is what would be found after a restart. */
export interface JobStore {
  get(id: string): Job | undefined;
  /** What the job gave; `undefined` when it did not succeed. */
  result(id: string): unknown;
  list(page: JobPage): JobList;
  /** Those after an id, in order. */
  events(job: string, after: number, limit: number): readonly JobEvent[];
  /** All or nothing. When it returns, jobs survive a power cut, too. */
  write(changes: Changes): void;
  /** How many events of a job there are, and their data's size in bytes. */
  sizeOf(job: string): { readonly events: number; readonly bytes: number };
  /** Removes the oldest events of a job that are not about its state. */
  forget(job: string, events: number): void;
  /** Removes jobs that are over: all but the newest, and those that were made before a time. */
  prune(newest: number, before: Date): void;
  /** Marks what was not over when the server ended. */
  interrupt(end: (job: Job) => Job, now: Date): number;
}

export interface JobPage {
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly state: JobState | undefined;
  readonly kind: JobKind | undefined;
}

/** The newest first. */
export interface JobList {
  readonly jobs: readonly Job[];
  readonly total: number;
}

export interface Changes {
  readonly jobs: readonly JobChange[];
  readonly events: readonly { readonly job: string; readonly event: JobEvent }[];
}

export interface JobChange {
  readonly job: Job;
  /** Of a job that succeeded: JSON. */
  readonly result: string | undefined;
}

export function jobStore(database: DatabaseSync): JobStore {
  const put = database.prepare(
    "INSERT INTO job (id, state, created, document, result) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document, result = excluded.result",
  );
  const add = database.prepare("INSERT INTO event (job, id, time, type, data) VALUES (?, ?, ?, ?, ?)");
  const one = database.prepare("SELECT document, result FROM job WHERE id = ?");
  const after = database.prepare("SELECT id, time, type, data FROM event WHERE job = ? AND id > ? ORDER BY id LIMIT ?");
  const write = ({ jobs, events }: Changes): void => {
    // A line of output need not survive a power cut; what somebody was told of a job does. The log is synced as a whole.
    database.exec(`PRAGMA synchronous = ${jobs.some(isWorthASync) ? "FULL" : "NORMAL"}`);
    transaction(database, () => {
      for (const { job, result } of jobs) put.run(job.id, job.state, job.created, JSON.stringify(job), result ?? null);
      for (const { job, event } of events) add.run(job, event.id, event.time, event.type, JSON.stringify(event.data));
    });
  };
  return {
    write,
    get: (id) => documentOf(one.get(id)),
    result: (id) => parsed(one.get(id)?.["result"]),
    list: (page) => listed(database, page),
    events: (job, last, limit) => after.all(job, last, limit).map(eventOf),
    sizeOf(job) {
      const sums = "SELECT count(*) AS events, coalesce(sum(octet_length(data)), 0) AS bytes FROM event WHERE job = ?";
      const row = database.prepare(sums).get(job);
      return { events: Number(row?.["events"]), bytes: Number(row?.["bytes"]) };
    },
    forget(job, events) {
      const oldest = "SELECT id FROM event WHERE job = ?1 AND type <> 'state' ORDER BY id LIMIT ?2";
      database.prepare(`DELETE FROM event WHERE job = ?1 AND id IN (${oldest})`).run(job, events);
    },
    prune(newest, before) {
      const over = "state NOT IN ('queued', 'running')";
      const kept = `SELECT number FROM job WHERE ${over} AND created >= ? ORDER BY number DESC LIMIT ?`;
      const remove = database.prepare(`DELETE FROM job WHERE ${over} AND number NOT IN (${kept})`);
      remove.run(before.toISOString(), newest);
    },
    interrupt(end, now) {
      const rows = database.prepare("SELECT document FROM job WHERE state IN ('queued', 'running')").all();
      const jobs = rows.flatMap((row) => documentOf(row) ?? []).map(end);
      const last = database.prepare("SELECT coalesce(max(id), 0) AS last FROM event WHERE job = ?");
      const events = jobs.map(({ id, state, error }) => {
        const event = { id: Number(last.get(id)?.["last"]) + 1, time: now.toISOString(), type: "state" } as const;
        return { job: id, event: { ...event, data: { state, error } } };
      });
      if (jobs.length > 0) write({ jobs: jobs.map((job) => ({ job, result: undefined })), events });
      return jobs.length;
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

/** Progress alone is not. */
function isWorthASync({ job }: JobChange): boolean {
  return isOver(job.state) || job.started === undefined;
}

function listed(database: DatabaseSync, { page, pageSize, state, kind }: JobPage): JobList {
  const where = "WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR document ->> 'kind' = ?2)";
  const filter = [state ?? null, kind ?? null];
  const rows = database
    .prepare(`SELECT document FROM job ${where} ORDER BY number DESC LIMIT ?3 OFFSET ?4`)
    .all(...filter, pageSize, (page - 1) * pageSize);
  const total = database.prepare(`SELECT count(*) AS total FROM job ${where}`).get(...filter)?.["total"];
  return { jobs: rows.flatMap((row) => documentOf(row) ?? []), total: Number(total) };
}

/** It is as it was written: the schema's version says so. */
function documentOf(row: Row | undefined): Job | undefined {
  const document = parsed(row?.["document"]);
  return document === undefined ? undefined : (document as Job);
}

function parsed(text: unknown): unknown {
  return typeof text === "string" ? JSON.parse(text) : undefined;
}

function eventOf(row: Row): JobEvent {
  return {
    id: Number(row["id"]),
    time: String(row["time"]),
    type: String(row["type"]) as JobEvent["type"],
    data: parsed(row["data"]) as JobEvent["data"],
  };
}
