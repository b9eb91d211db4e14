import type { DatabaseSync } from "node:sqlite";
import { PacksyncError } from "../errors.ts";
import { isCorrupt, unusableDatabase } from "../platform/database.ts";
import { eventsPath, openEventsReadOnly } from "./database.ts";
import type { KeptPage } from "./follow.ts";
import type { Entry } from "./ring.ts";
import { type CountedSeries, countOnce, type Series, type Window } from "./series.ts";
import { goneIn, lastIn, type PageQuery, readAfter, readPage } from "./store.ts";

/** So many are read at a time. */
const SOME = 100;

/*
 * What is kept, read by whoever may read the state directory, beside whoever writes it. Each opens the database for itself: it may have been made, moved or
 * set aside since the last time.
 */

/** The newest first. */
export function eventPage(stateDir: string, query: PageQuery): readonly Entry[] {
  return reading(stateDir, (database) => (database === undefined ? [] : readPage(database, query)));
}

export function keptAfter(stateDir: string, after: number): KeptPage {
  return reading(stateDir, (database) =>
    database === undefined
      ? { entries: [], gone: 0 }
      : { entries: readAfter(database, after, SOME), gone: goneIn(database) },
  );
}

/** The newest event that is kept; 0: none. */
export function lastKept(stateDir: string): number {
  return reading(stateDir, (database) => (database === undefined ? 0 : lastIn(database)));
}

/** @param counted what it was the last time, of this state directory */
export function series(stateDir: string, window: Window, nowMs: number, counted: CountedSeries = new Map()): Series {
  return reading(stateDir, (database) => countOnce(counted, database, window, nowMs));
}

/** For whom what happened is not the point: what cannot be read just now is as good as not there. */
export function keptSafely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** @throws PacksyncError `VOLUME_UNUSABLE` where it cannot be read */
function reading<T>(stateDir: string, work: (database: DatabaseSync | undefined) => T): T {
  const file = eventsPath(stateDir);
  try {
    using database = openEventsReadOnly(stateDir);
    return work(database);
  } catch (error) {
    if (!isCorrupt(error)) throw unusableDatabase(file, error);
    const hint = "A daemon sets it aside and begins anew: only the memory of what happened goes with it.";
    throw new PacksyncError("VOLUME_UNUSABLE", `The events in ${file} cannot be read.`, { hint, cause: error });
  }
}
