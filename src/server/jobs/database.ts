import type { DatabaseSync } from "node:sqlite";
import { openForgettable, type Tables } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import type { Owner } from "../../platform/ownership.ts";

/** `document` is the job as JSON, without its result. */
const SCHEMA = `
CREATE TABLE job (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  created TEXT NOT NULL,
  document TEXT NOT NULL,
  result TEXT
) STRICT;
CREATE INDEX job_state ON job (state);
CREATE TABLE event (
  job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  time TEXT NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (job, id)
) STRICT, WITHOUT ROWID;
`;

const TABLES: Tables = {
  version: 1,
  pragmas: "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 4194304; PRAGMA foreign_keys = OFF;",
  schema: SCHEMA,
  loss: "only the memory of old jobs goes with it",
};

/**
 * Opens `jobs.db` for writing, under the server's lock. What cannot be read is set aside, for nothing but the memory of old
 * jobs is lost with it.
 *
 * @throws PacksyncError `STATE_NEWER` when a newer packsync wrote it; `VOLUME_UNUSABLE` when its disk is full.
 */
export function openJobsDatabase(directory: string, owner: Owner | undefined, log: Log): DatabaseSync {
  const database = openForgettable(`${directory}/jobs.db`, TABLES, owner, (aside) =>
    log.warn({ aside }, "the database of jobs could not be read: it is kept aside, and begins anew"),
  );
  database.exec("PRAGMA foreign_keys = ON;");
  return database;
}
