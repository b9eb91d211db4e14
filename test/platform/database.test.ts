import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import {
  begin,
  commit,
  isCorrupt,
  openState,
  openStateBeside,
  openStateReadOnly,
  rollback,
  SCHEMA_VERSION,
  setAsideState,
  transaction,
  unusableState,
} from "../../src/platform/database.ts";
import { testWith } from "../support/requires.ts";
import { scratch } from "../support/trees.ts";

const SCHEMA = ["CREATE TABLE IF NOT EXISTS word (text TEXT);"];

function words(database: DatabaseSync): unknown[] {
  return database
    .prepare("SELECT text FROM word ORDER BY text")
    .all()
    .map(({ text }) => text);
}

function say(database: DatabaseSync, text: string): void {
  database.prepare("INSERT INTO word VALUES (?)").run(text);
}

/** The error that `work` throws. */
function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail("Expected an error");
}

test("makes a database that only its owner and group read, durable at every commit", () => {
  using directory = scratch();
  using database = openState(directory.path, SCHEMA, undefined);
  expect(statSync(`${directory.path}/state.db`).mode & 0o777).toBe(0o640);
  expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  expect(words(database)).toEqual([]);
});

test("keeps what was written, and its tables", () => {
  using directory = scratch();
  {
    using database = openState(directory.path, SCHEMA, undefined);
    say(database, "kept");
  }
  using again = openState(directory.path, SCHEMA, undefined);
  expect(words(again)).toEqual(["kept"]);
});

describe("a second connection", () => {
  test("writes what the first one made", () => {
    using directory = scratch();
    using first = openState(directory.path, SCHEMA, undefined);
    using second = openStateBeside(directory.path);
    second.exec("INSERT INTO word VALUES ('second')");
    expect(first.prepare("SELECT text FROM word").get()).toEqual({ text: "second" });
    expect(second.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  });

  test.for<{ title: string; leave: (file: string) => void; files: string[] }>([
    { title: "is not there", leave: () => {}, files: [] },
    { title: "is only begun", leave: (file) => writeFileSync(file, ""), files: ["state.db"] },
  ])("makes nothing where the database $title", ({ leave, files }) => {
    using directory = scratch();
    leave(`${directory.path}/state.db`);
    expect(() => openStateBeside(directory.path)).toThrow(/not made anew yet/);
    expect(readdirSync(directory.path)).toEqual(files);
    using database = openState(directory.path, SCHEMA, undefined);
    expect(database.prepare("SELECT * FROM word").all()).toEqual([]);
  });
});

test("takes up a database whose making was interrupted", () => {
  using directory = scratch();
  writeFileSync(`${directory.path}/state.db`, "");
  using database = openState(directory.path, SCHEMA, undefined);
  expect(words(database)).toEqual([]);
});

describe("a newer database", () => {
  test.for([
    { title: "writing", open: (path: string) => openState(path, SCHEMA, undefined) },
    { title: "reading", open: (path: string) => openStateReadOnly(path) },
  ])("is refused for $title, and left as it is", ({ open }) => {
    using directory = scratch();
    {
      using database = openState(directory.path, SCHEMA, undefined);
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    }
    const before = readFileSync(`${directory.path}/state.db`);
    expect(failureOf(() => open(directory.path))).toMatchObject({
      code: "STATE_NEWER",
      hint: expect.stringContaining("newer packsync"),
    });
    expect(readFileSync(`${directory.path}/state.db`).equals(before)).toBe(true);
  });
});

describe("a corrupt database", () => {
  test.for([
    {
      title: "no database at all",
      damage: (path: string) => writeFileSync(path, "this is no database, but long enough to look like one".repeat(30)),
    },
    { title: "a database with a broken page", damage: breakPages },
  ])("$title: is recognized, and set aside as evidence", ({ damage }) => {
    using directory = scratch();
    openState(directory.path, SCHEMA, undefined).close();
    damage(`${directory.path}/state.db`);
    const error = failureOf(() => {
      using database = openState(directory.path, SCHEMA, undefined);
      say(database, "x");
    });
    expect(isCorrupt(error)).toBe(true);
    const aside = setAsideState(directory.path, new Date("2026-02-03T04:05:06.789Z"));
    expect(aside).toBe(`${directory.path}/state.db.corrupt-20260203T040506789Z`);
    expect(readdirSync(directory.path)).toEqual(["state.db.corrupt-20260203T040506789Z"]);
    using fresh = openState(directory.path, SCHEMA, undefined);
    expect(words(fresh)).toEqual([]);
  });

  test("is not every error", () => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    expect(isCorrupt(failureOf(() => database.exec("SELECT nonsense")))).toBe(false);
    expect(isCorrupt(new Error("other"))).toBe(false);
    expect(isCorrupt("other")).toBe(false);
  });
});

function breakPages(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0xff)]));
}

describe("a statement that fails for the disk's sake", () => {
  test.for<{ title: string; fail: (database: DatabaseSync) => unknown; hint: string }>([
    {
      title: "a full disk",
      fail: (database) => database.exec("PRAGMA max_page_count = 1; CREATE TABLE more (text TEXT);"),
      hint: "Make room",
    },
    {
      title: "a read-only disk",
      fail: (database) => database.exec("PRAGMA query_only = 1; INSERT INTO word VALUES ('x');"),
      hint: "read-only",
    },
    {
      title: "a file that cannot be made",
      fail: () => new DatabaseSync("/nowhere/at/all").exec("SELECT 1"),
      hint: "Make room",
    },
    {
      title: "an I/O error, with its details in the higher bits",
      fail() {
        throw Object.assign(new Error("disk I/O error"), { errcode: 10 | (19 << 8) }); // SQLITE_IOERR_SHMSIZE
      },
      hint: "Make room",
    },
  ])("is said so: $title", ({ fail, hint }) => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    const error = failureOf(() => fail(database));
    expect(unusableState("/state", error)).toMatchObject({
      code: "VOLUME_UNUSABLE",
      message: expect.stringMatching(/^Cannot use the database \/state\/state\.db: .+\.$/),
      hint: expect.stringContaining(hint),
      cause: error,
    });
  });

  test("is not every error", () => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    const mistake = failureOf(() => database.exec("SELECT nonsense"));
    expect(unusableState("/state", mistake)).toBe(mistake);
    expect(unusableState("/state", "other")).toBe("other");
  });
});

describe("reading only", () => {
  test("gives nothing before the first sync", () => {
    using directory = scratch();
    expect(openStateReadOnly(directory.path)).toBeUndefined();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test("gives nothing while the first sync has not written a table", () => {
    using directory = scratch();
    writeFileSync(`${directory.path}/state.db`, "");
    expect(openStateReadOnly(directory.path)).toBeUndefined();
  });

  test("sees what a writer beside it has committed, and cannot write", () => {
    using directory = scratch();
    using writer = openState(directory.path, SCHEMA, undefined);
    say(writer, "committed");
    begin(writer);
    say(writer, "not yet");
    using reader = openStateReadOnly(directory.path);
    expect(reader && words(reader)).toEqual(["committed"]);
    expect(() => reader && say(reader, "no")).toThrow("readonly");
  });

  testWith({ root: true }, "works where no file can be made, for another user", () => {
    using directory = scratch();
    {
      using database = openState(directory.path, SCHEMA, undefined);
      say(database, "kept");
    }
    expect(existsSync(`${directory.path}/state.db-wal`)).toBe(false);
    chmodSync(`${directory.path}/state.db`, 0o644);
    chmodSync(directory.path, 0o555);
    const script = `
      import { openStateReadOnly } from ${JSON.stringify(new URL("../../src/platform/database.ts", import.meta.url).href)};
      console.log(openStateReadOnly(${JSON.stringify(directory.path)}).prepare("SELECT text FROM word").get().text);`;
    const args = ["--input-type=module", "-e", script];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      uid: 65_534,
      gid: 65_534,
      encoding: "utf8",
      cwd: "/",
    });
    expect(stderr).toBe("");
    expect(stdout).toBe("kept\n");
    expect(readdirSync(directory.path)).toEqual(["state.db"]);
  });
});

testWith({ root: true }, "gives a new database, and what SQLite puts beside it, to its owner", () => {
  using directory = scratch();
  chownSync(directory.path, 1234, 1234);
  using database = openState(directory.path, SCHEMA, { uid: 1234, gid: 1234 });
  say(database, "x");
  for (const name of readdirSync(directory.path)) expect(statSync(`${directory.path}/${name}`).uid, name).toBe(1234);
});

describe("transactions", () => {
  test("commit all or nothing", () => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    expect(
      transaction(database, () => {
        say(database, "a");
        return "result";
      }),
    ).toBe("result");
    const failing = () =>
      transaction(database, () => {
        say(database, "b");
        throw new Error("half-way");
      });
    expect(failing).toThrow("half-way");
    expect(words(database)).toEqual(["a"]);
    expect(database.isTransaction).toBe(false);
  });

  test("join one that is open, and commit it", () => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    begin(database);
    begin(database);
    say(database, "remembered");
    transaction(database, () => say(database, "intent"));
    rollback(database);
    expect(words(database)).toEqual(["intent", "remembered"]);
    commit(database);
    rollback(database);
  });

  test("that are rolled back leave nothing", () => {
    using directory = scratch();
    using database = openState(directory.path, SCHEMA, undefined);
    begin(database);
    say(database, "x");
    rollback(database);
    expect(words(database)).toEqual([]);
  });
});
