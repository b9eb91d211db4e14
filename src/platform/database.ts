import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errnoOf, PacksyncError } from "../errors.ts";
import { adopt, type Owner } from "./ownership.ts";

/**
 * Counts up with every change of a table. A newer packsync drops the tables of an older one, for all that is in them is
 * found again beside them; an older packsync refuses a newer database.
 */
export const SCHEMA_VERSION = 7;

const STATE = { version: SCHEMA_VERSION, loss: "it is rebuilt from the manifests beside it" } as const;

const NAME = "state.db";

export function statePath(directory: string): string {
  return `${directory}/${NAME}`;
}

/**
 * What a disk must have free beside the database for what a usual run writes there. SQLite maps its index of the WAL:
 * where a block is smaller than a page (ext4 below 512 MB), writing into that map on a full disk is death by SIGBUS.
 */
export const DATABASE_ROOM_BYTES = 256 * 1024;

/**
 * Opens `state.db` for writing. Each stage hands in the tables it owns (`CREATE TABLE IF NOT EXISTS …`).
 *
 * Every commit is durable (`synchronous=FULL`): the write order of a publish rests on it. Nothing but SQLite ever
 * opens the file, because closing any other handle on it would drop SQLite's locks.
 *
 * @throws PacksyncError `STATE_NEWER` when a newer packsync wrote it; `VOLUME_UNUSABLE` when its disk is full.
 */
export function openState(directory: string, schemas: readonly string[], owner: Owner | undefined): DatabaseSync {
  return openTables(
    statePath(directory),
    {
      ...STATE,
      // What a scan remembers of a pack takes some pages of the usual size; a larger one only counts for a new database.
      pragmas: "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
      schema: schemas.join("\n"),
    },
    owner,
  );
}

/** What a database of packsync's consists of. */
export interface Tables {
  /** Counts up with every change of a table: a newer packsync starts anew, an older one refuses. */
  readonly version: number;
  /** Said before anything is read or made. */
  readonly pragmas: string;
  readonly schema: string;
  /** What becomes of what was in the file when it is moved away. */
  readonly loss: string;
}

/**
 * Opens a database for writing, and makes it if it is not there.
 *
 * @throws PacksyncError `STATE_NEWER` when a newer packsync wrote it; `VOLUME_UNUSABLE` when its disk is full
 */
export function openTables(file: string, tables: Tables, owner: Owner | undefined): DatabaseSync {
  refuseFullDisk(existsSync(file) ? file : dirname(file));
  if (!existsSync(file)) {
    closeSync(openSync(file, "wx", 0o640));
    adopt(file, owner);
  }
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    const version = versionOf(database);
    if (version > tables.version) throw newer(file, version, tables);
    database.exec(tables.pragmas);
    if (version < tables.version) {
      const drops = tablesOf(database).filter((name) => !name.startsWith("sqlite_"));
      const dropped = drops.map((name) => `DROP TABLE "${name}";`).join(" ");
      database.exec(`BEGIN IMMEDIATE; ${dropped} ${tables.schema} PRAGMA user_version = ${tables.version}; COMMIT;`);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The same for a database with which nothing but memory is lost: one that cannot be read is set aside.
 *
 * @param onAside is told where it is then
 */
export function openForgettable(
  file: string,
  tables: Tables,
  owner: Owner | undefined,
  onAside: (aside: string) => void,
): DatabaseSync {
  try {
    return openSound(file, tables, owner);
  } catch (error) {
    if (!isCorrupt(error)) throw unusableDatabase(file, error);
    onAside(setAside(file, new Date()));
    return openSound(file, tables, owner);
  }
}

/** What is damaged shows here, not in the middle of something. */
function openSound(file: string, tables: Tables, owner: Owner | undefined): DatabaseSync {
  const database = openTables(file, tables, owner);
  try {
    const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (found !== "ok") throw Object.assign(new Error(`quick_check: ${found}`), { errcode: 11 });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens `state.db` for writing by a second connection of the process that has it open. It makes nothing: where somebody removed
 * the file it is the first one's to make, for only that one knows all tables.
 *
 * @throws PacksyncError `VOLUME_UNUSABLE` (retryable) until that is done
 */
export function openStateBeside(directory: string): DatabaseSync {
  const file = `${directory}/${NAME}`;
  if (!existsSync(file)) throw notMadeYet(file);
  const database = new DatabaseSync(urlOf(file, { mode: "rw" }), { timeout: 5000 });
  try {
    if (versionOf(database) !== SCHEMA_VERSION) throw notMadeYet(file);
    database.exec("PRAGMA synchronous = FULL;");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function notMadeYet(file: string): PacksyncError {
  return new PacksyncError("VOLUME_UNUSABLE", `Somebody removed ${file}, and it is not made anew yet.`, {
    hint: "The next look at the volume makes it.",
    retryable: true,
  });
}

/** @param path of the database, or its directory @throws PacksyncError `VOLUME_UNUSABLE` where SQLite could not work */
export function refuseFullDisk(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= DATABASE_ROOM_BYTES) return;
  const message = `Expected ${DATABASE_ROOM_BYTES} free bytes for the database in ${path}, got ${bavail * bsize}.`;
  throw new PacksyncError("VOLUME_UNUSABLE", message, { hint: "Make room on its disk." });
}

/**
 * Opens `state.db` for reading only, without its lock: beside a running packsync, or on a read-only mount.
 *
 * @returns `undefined` when there is none yet.
 */
export function openStateReadOnly(directory: string): DatabaseSync | undefined {
  return openTablesReadOnly(statePath(directory), STATE);
}

/** The same for any database of packsync's. */
export function openTablesReadOnly(file: string, tables: Pick<Tables, "version" | "loss">): DatabaseSync | undefined {
  if (!isThere(file)) return undefined;
  const database = openForReading(realpathSync(file)); // its WAL is beside what a link leads to
  const version = versionOrClosed(database);
  if (version === tables.version) return database;
  database.close();
  if (version < tables.version) return undefined; // made and not yet filled, or an older packsync's
  throw newer(file, version, tables);
}

/** What is no database is asked for again and again: none stays open. */
function versionOrClosed(database: DatabaseSync): number {
  try {
    return versionOf(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** @throws PacksyncError `VOLUME_UNUSABLE` when nobody may know */
function isThere(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return false;
    throw new PacksyncError("VOLUME_UNUSABLE", `Cannot read ${file}: ${errno}.`, {
      hint: "Run packsync as root or as the volume's owner.",
      cause: error,
    });
  }
}

/** A WAL database needs its `-shm` file; where that cannot be made nobody writes, and it is safe to read as immutable. */
function openForReading(file: string): DatabaseSync {
  if (!existsSync(`${file}-wal`)) return openImmutable(file); // nobody writes, and reading must leave nothing behind
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    versionOf(database);
    return database;
  } catch (error) {
    database.close();
    if (existsSync(`${file}-wal`)) throw error;
    return openImmutable(file);
  }
}

function openImmutable(file: string): DatabaseSync {
  return new DatabaseSync(urlOf(file, { immutable: "1" }), { readOnly: true });
}

/** As https://www.sqlite.org/uri.html has it. */
function urlOf(file: string, parameters: Readonly<Record<string, string>>): URL {
  const url = new URL(`file://${file.split("/").map(encodeURIComponent).join("/")}`);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** Puts a database that SQLite cannot read out of the way, as evidence; the manifests give its contents back. */
export function setAsideState(directory: string, now: Date): string {
  return setAside(statePath(directory), now);
}

/** @returns where a database file is now */
export function setAside(file: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/[-:.]/g, "");
  const aside = `${file}.corrupt-${stamp}`;
  renameSync(file, aside);
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  return aside;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isCorrupt(error: unknown): boolean {
  const code = resultCode(error);
  return code === 11 || code === 26;
}

/** SQLITE_BUSY: somebody else writes, for longer than anybody waits. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5;
}

/** A statement that failed for the disk's sake as `VOLUME_UNUSABLE`, said so that a person can act; anything else as it is. */
export function unusableState(directory: string, error: unknown): unknown {
  return unusableDatabase(statePath(directory), error);
}

export function unusableDatabase(file: string, error: unknown): unknown {
  const hint = HINTS[resultCode(error) ?? 0];
  if (hint === undefined || !(error instanceof Error)) return error;
  const message = `Cannot use the database ${file}: ${error.message}.`;
  return new PacksyncError("VOLUME_UNUSABLE", message, { hint, cause: error });
}

/** By result code. A full disk shows as any of the last three: SQLite needs room beside the file, too. */
const HINTS: Readonly<Record<number, string>> = {
  5: "Another program has it open: close that.", // SQLITE_BUSY
  8: "The disk is mounted read-only, or another user owns it: mount it read-write, or run packsync as that user.", // SQLITE_READONLY
  10: "Make room on its disk; if there is, the disk reports errors.", // SQLITE_IOERR
  13: "Make room on its disk.", // SQLITE_FULL
  14: "Make room on its disk, or run packsync as root or as the user who owns it.", // SQLITE_CANTOPEN
};

/** What SQLite says, without the details in the higher bits; see https://www.sqlite.org/rescode.html. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** Opens a transaction that the next {@link transaction} joins and commits, or {@link commit}. */
export function begin(database: DatabaseSync): void {
  if (!database.isTransaction) database.exec("BEGIN IMMEDIATE");
}

export function commit(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("COMMIT");
}

const rollbacks = new WeakMap<DatabaseSync, number>();

/** Another one after every change of a row and every rollback: while it is the same, what was read is. */
export function generationOf(database: DatabaseSync): string {
  const changes = database.prepare("SELECT total_changes() AS count").get();
  return `${changes?.["count"]} ${rollbacks.get(database) ?? 0}`;
}

/** Fails silently, to hide no failure before it: what is not rolled back now is when the database is opened next. */
export function rollback(database: DatabaseSync): void {
  rollbacks.set(database, (rollbacks.get(database) ?? 0) + 1);
  try {
    if (database.isTransaction) database.exec("ROLLBACK");
  } catch (error) {
    if (resultCode(error) === undefined) throw error;
  }
}

/** Runs `work` in one transaction, the one that is open or a new one; it is durable when this returns. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  begin(database);
  try {
    const result = work();
    commit(database);
    return result;
  } catch (error) {
    rollback(database);
    throw error;
  }
}

function tablesOf(database: DatabaseSync): string[] {
  return database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name));
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
}

function newer(file: string, version: number, tables: Pick<Tables, "version" | "loss">): PacksyncError {
  return new PacksyncError(
    "STATE_NEWER",
    `Expected ${file} to have schema version ${tables.version} or older, got ${version}: a newer packsync wrote it.`,
    { hint: `Run the newer packsync, or move the file away: ${tables.loss}.` },
  );
}
