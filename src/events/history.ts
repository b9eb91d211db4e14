import { openEventsReadOnly } from "./database.ts";
import type { KeptPage } from "./follow.ts";
import type { Entry } from "./ring.ts";
import type { Series, Window } from "./series.ts";
import { seriesOf } from "./series.ts";
import { goneIn, lastIn, type PageQuery, readAfter, readPage } from "./store.ts";

/** So many are read at a time. */
const SOME = 100;

/*
 * What is kept, read by whoever may read the state directory, beside whoever writes it. Each opens the database for itself: it may have been made, moved or
 * set aside since the last time.
 */

/** The newest first. */
export function eventPage(stateDir: string, query: PageQuery): readonly Entry[] {
  using database = openEventsReadOnly(stateDir);
  return database === undefined ? [] : readPage(database, query);
}

export function keptAfter(stateDir: string, after: number): KeptPage {
  using database = openEventsReadOnly(stateDir);
  if (database === undefined) return { entries: [], gone: 0 };
  return { entries: readAfter(database, after, SOME), gone: goneIn(database) };
}

/** The newest event that is kept; 0: none. */
export function lastKept(stateDir: string): number {
  using database = openEventsReadOnly(stateDir);
  return database === undefined ? 0 : lastIn(database);
}

export function series(stateDir: string, window: Window, nowMs: number): Series {
  using database = openEventsReadOnly(stateDir);
  return seriesOf(database, window, nowMs);
}
