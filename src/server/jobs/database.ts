import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { PacksyncError } from "../../errors.ts";
import { isCorrupt, refuseFullDisk, setAside, tablesOf, unusableDatabase, versionOf } from "../../platform/database.ts";
import type { Log } from "../../platform/log.ts";
import { adopt, type Owner } from "../../platform/ownership.ts";

/** Counts up with every change of a table: a newer packsync starts anew, an older one refuses. */
const SCHEMA_VERSION = 1;

const NAME = "jobs.db";

function jobsPath(directory: string): string {
  return `${directory}/${NAME}`;
}

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

/**
 * Opens `jobs.db` for writing, under the server's lock. What cannot be read is set aside, for nothing but the memory of old
 * jobs is lost with it.
 *
 * @throws PacksyncError `STATE_NEWER` when a newer packsync wrote it; `VOLUME_UNUSABLE` when its disk is full.
 */
export function openJobsDatabase(directory: string, owner: Owner | undefined, log: Log, now: Date): DatabaseSync {
  const file = jobsPath(directory);
  try {
    refuseFullDisk(directory);
    return open(file, owner);
  } catch (error) {
    if (!isCorrupt(error)) throw unusableDatabase(file, error);
    log.warn(
      { aside: setAside(file, now) },
      "the database of jobs could not be read: it is kept aside, and begins anew",
    );
    return open(file, owner);
  }
}

function open(file: string, owner: Owner | undefined): DatabaseSync {
  if (!existsSync(file)) {
    closeSync(openSync(file, "wx", 0o640));
    adopt(file, owner);
  }
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    const version = versionOf(database);
    if (version > SCHEMA_VERSION) throw newer(file, version);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 4194304; PRAGMA foreign_keys = OFF;");
    if (version < SCHEMA_VERSION) {
      const drops = tablesOf(database).filter((name) => !name.startsWith("sqlite_"));
      const dropped = drops.map((name) => `DROP TABLE "${name}";`).join(" ");
      database.exec(`BEGIN IMMEDIATE; ${dropped} ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
    }
    refuseDamage(database);
    database.exec("PRAGMA foreign_keys = ON;");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** What is damaged shows here, not in the middle of a job. */
function refuseDamage(database: DatabaseSync): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw Object.assign(new Error(`quick_check: ${found}`), { errcode: 11 });
}

function newer(file: string, version: number): PacksyncError {
  return new PacksyncError(
    "STATE_NEWER",
    `Expected ${file} to have schema version ${SCHEMA_VERSION} or older, got ${version}: a newer packsync wrote it.`,
    { hint: "Run the newer packsync, or move the file away: only the memory of old jobs goes with it." },
  );
}
