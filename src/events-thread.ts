import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";
import { eventsPath, openEvents } from "./events/database.ts";
import type { KeptPage } from "./events/follow.ts";
import { goneIn, lastIn, prune, readAfter, type Written, write } from "./events/store.ts";
import { refuseFullDisk, unusableDatabase } from "./platform/database.ts";
import type { Owner } from "./platform/ownership.ts";
import { serveThread, threadLog } from "./platform/thread-server.ts";

export interface Keeping {
  readonly open: { readonly first: number; readonly owner: Owner | undefined };
  readonly write: Written;
  readonly read: { readonly after: number };
}

export interface Kept {
  readonly open: number;
  readonly write: undefined;
  readonly read: KeptPage;
}

/**
 * The daemon's thread that remembers what happened. It has one of its own: the volume's is in the path of every publish, the one that remembers who was told
 * waits for the volume's database, and the others are not always there. It costs some 8 MB; in exchange nothing that its disk does is noticed anywhere else.
 */
const { stateDir }: { readonly stateDir: string } = workerData;

let opened: { readonly database: DatabaseSync; readonly file: string } | undefined;
let owner: Owner | undefined;
let unpruned = 0;
/** The greatest number that anybody has seen, as far as it is known here. */
let seen = 0;

/** So many events may come before old ones are removed. */
const PRUNE_AFTER = 500;
const SOME = 100;

serveThread<Keeping, Kept>(
  async (kind, request) => {
    try {
      return answer(kind, request);
    } catch (error) {
      close();
      throw unusableDatabase(eventsPath(stateDir), error);
    }
  },
  () => close(),
);

function answer(kind: keyof Keeping, request: Keeping[keyof Keeping]): Kept[keyof Kept] {
  switch (kind) {
    case "open":
      return open(request as Keeping["open"]);
    case "write":
      return keep(request as Keeping["write"]);
    case "read": {
      const { after } = request as Keeping["read"];
      const database = current();
      return { entries: readAfter(database, after, SOME), gone: goneIn(database) };
    }
    default:
      return kind satisfies never;
  }
}

function open({ first, owner: given }: Keeping["open"]): number {
  owner = given;
  seen = Math.max(seen, first);
  const database = current();
  prune(database, Date.now());
  return Math.max(lastIn(database), first);
}

function keep(written: Written): undefined {
  const database = current();
  refuseFullDisk(eventsPath(stateDir)); // SQLite maps a part of it: on a full disk that is death by SIGBUS
  write(database, written);
  seen = Math.max(seen, written.events.at(-1)?.id ?? 0);
  unpruned += written.events.length + written.samples.length;
  if (unpruned < PRUNE_AFTER) return;
  unpruned = 0;
  prune(database, Date.now());
}

/** Somebody may have removed the file, or the volume may be another one now. */
function current(): DatabaseSync {
  if (opened !== undefined && opened.file === identity()) return opened.database;
  close();
  const database = openEvents(stateDir, owner, (aside) =>
    threadLog.warn({ aside }, "the database of events could not be read: it is kept aside, and begins anew"),
  );
  opened = { database, file: identity() ?? "" };
  // What anybody saw of a file that is not there any more is gone: who comes back with it is told.
  if (lastIn(database) === 0) write(database, { events: [], samples: [], gone: seen });
  return database;
}

function identity(): string | undefined {
  const stats = statSync(eventsPath(stateDir), { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

function close(): void {
  try {
    opened?.database.close();
  } finally {
    opened = undefined;
  }
}
