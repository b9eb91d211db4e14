import type { DatabaseSync } from "node:sqlite";
import { openForgettable, openTablesReadOnly, type Tables } from "../platform/database.ts";
import type { Owner } from "../platform/ownership.ts";

const SCHEMA = `
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  packs TEXT NOT NULL,           -- refs, each between two line feeds
  service TEXT,
  elapsed_ms REAL,
  document TEXT NOT NULL         -- JSON
) STRICT;
CREATE INDEX event_at ON event (at_ms);
CREATE TABLE sample (
  at_ms INTEGER PRIMARY KEY,
  rss INTEGER NOT NULL,
  delay_ms REAL NOT NULL,
  lag_ms REAL NOT NULL,
  watches INTEGER NOT NULL
) STRICT;
CREATE TABLE gone (
  id INTEGER NOT NULL            -- events up to this one are not all kept
) STRICT;
`;

const TABLES: Tables = {
  version: 1,
  pragmas:
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304; PRAGMA busy_timeout = 1000;",
  schema: SCHEMA,
  loss: "only the memory of what happened goes with it",
};

export function eventsPath(stateDir: string): string {
  return `${stateDir}/events.db`;
}

/**
 * Opens `events.db` for writing, under the volume's lock. What cannot be read is set aside.
 *
 * @throws PacksyncError `STATE_NEWER` when a newer packsync wrote it; `VOLUME_UNUSABLE` when it cannot be written
 */
export function openEvents(stateDir: string, owner: Owner | undefined, onAside: (aside: string) => void): DatabaseSync {
  return openForgettable(eventsPath(stateDir), TABLES, owner, onAside);
}

/** For reading only, without a lock, also on a read-only mount; `undefined`: nothing was ever kept. */
export function openEventsReadOnly(stateDir: string): DatabaseSync | undefined {
  return openTablesReadOnly(eventsPath(stateDir), TABLES);
}
