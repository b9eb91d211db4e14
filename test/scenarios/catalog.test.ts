import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyRow, migrate } from "../support/attune-schema.ts";
import { type TestDatabase, type TestPostgres, testPostgres } from "../support/postgres.ts";
import { describeWith } from "../support/requires.ts";
import { MAIN } from "./programs/start.ts";
import { action, manifest, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import type { Tree } from "./support/tree.ts";

/** What actions and sensors of other packs want. */
const CORE: Tree = {
  ...pack("core"),
  runtimes: { "shell.yaml": "ref: core.shell\nlabel: Shell\nname: Shell\ndescription: x\n" },
};

test("without a database packs are registered in the embedded catalog, which list and show tell", () => {
  using it = story({ packs: { core: CORE, other: pack("other") } });
  expect(it.once().code).toBe(0);
  const { packs: listed } = JSON.parse(it.packsync(["list", "--format", "json"]).stdout);
  expect(listed).toEqual([
    expect.objectContaining({
      ref: "core",
      components: { action: 1, runtime: 1 },
      catalogs: [{ catalog: "packsync", state: "registered" }],
    }),
    expect.objectContaining({ ref: "other", components: { action: 1 } }),
  ]);
  it.write("packs/core/actions/more.yaml", action("more"));
  it.once();
  const shown = JSON.parse(it.packsync(["show", "core", "--format", "json"]).stdout);
  expect(shown.components.map(({ ref }: { ref: string }) => ref)).toEqual(["core.echo", "core.more", "core.shell"]);
  expect(shown.versions.map(({ release }: { release: string }) => release.split("-")[0])).toEqual(["2", "1"]);
  expect(it.packsync(["list"]).stdout).toMatch(
    /^PACK +VERSION +LABEL +COMPONENTS +REGISTERED\ncore +1\.0\.0 +core +2 actions, 1 runtime +embedded\n/,
  );
  expect(it.packsync(["show", "gone"]).code).toBe(2);
});

test("a catalog that was lost is there again after the next run, and one that differs is told and mended", () => {
  using it = story({ packs: packs("core", "other") });
  it.once();
  for (const suffix of ["", "-wal", "-shm"])
    if (it.exists(`volume/.packsync/state.db${suffix}`)) it.remove(`volume/.packsync/state.db${suffix}`);
  it.once();
  expect(JSON.parse(it.packsync(["list", "--format", "json"]).stdout).packs).toHaveLength(2);
  expect(it.packsync(["verify"]).code).toBe(0);
  it.write("volume/core/actions/theirs.yaml", action("theirs"));
  const verified = it.packsync(["verify"]);
  expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining("[catalog.differs]")]);
  expect(it.packsync(["catalog", "sync"]).stdout).toBe("1 pack updated in the embedded catalog\n");
  expect(it.packsync(["verify"]).code).toBe(0);
});

test("a pack that is retired, or rolled back, is so in the catalog", () => {
  using it = story({ packs: packs("core", "other") });
  it.once();
  it.write("packs/core/actions/more.yaml", action("more"));
  it.remove("packs/other");
  it.once();
  const refs = () => JSON.parse(it.packsync(["show", "core", "--format", "json"]).stdout).components.length;
  expect(refs()).toBe(2);
  expect(it.packsync(["show", "other"]).code).toBe(2);
  expect(it.packsync(["rollback", "core"]).code).toBe(0);
  expect(refs()).toBe(1);
});

describeWith({ postgres: true }, "with Attune's database", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function attune(): Promise<TestDatabase> {
    const database = await server.createDatabase();
    await migrate(database);
    return database;
  }

  const reaching = ({ url }: TestDatabase, ...more: readonly string[]) => [
    "--database-url",
    url,
    "--database-timeout",
    "0",
    ...more,
  ];

  /** Refs and labels of everything, as a person would compare volume and database. */
  async function registered(database: TestDatabase): Promise<unknown[]> {
    const rows = await database.query(
      "SELECT p.ref, count(a.id)::int AS actions FROM attune.pack p LEFT JOIN attune.action a ON a.pack = p.id GROUP BY p.ref ORDER BY p.ref",
    );
    return rows.map(({ ref, actions }) => `${ref}: ${actions}`);
  }

  test("a published pack is a registered pack, and a second run changes no row", async () => {
    const database = await attune();
    using it = story({
      packs: { core: CORE, other: pack("other"), "a-first": { ...pack("afirst"), "pack.yaml": manifest("afirst") } },
    });
    const first = it.packsync(["--once", ...reaching(database)]);
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/ · database updated\n$/)]);
    expect(await registered(database)).toEqual(["afirst: 1", "core: 1", "other: 1"]);
    // core goes first: nobody's runtime is missing.
    expect(await database.query("SELECT 1 FROM attune.action WHERE runtime IS NULL")).toEqual([]);
    const before = await everyRow(database);
    expect(it.packsync(["--once", ...reaching(database)]).stdout).toMatch(/ · database up to date\n$/);
    expect(it.packsync(["catalog", "sync", ...reaching(database)]).code).toBe(0);
    expect(it.packsync(["verify", ...reaching(database)]).code).toBe(0);
    expect(await everyRow(database)).toEqual(before);
  });

  test("a new database is filled although nothing was published, and one that somebody changed is mended", async () => {
    const [old, fresh] = [await attune(), await attune()];
    using it = story({ packs: { core: CORE } });
    it.once(reaching(old));
    it.once(reaching(fresh));
    expect(await registered(fresh)).toEqual(["core: 1"]);
    await fresh.query("UPDATE attune.action SET label = 'Theirs'; DELETE FROM attune.runtime WHERE false");
    expect(it.packsync(["verify", ...reaching(fresh)])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("the database differs from what is live in 1 row"),
    });
    it.once(reaching(fresh));
    expect(await fresh.query("SELECT label FROM attune.action")).toEqual([{ label: "echo" }]);
  });

  test("a pack that the tables refuse is said with its file, the others are registered, and the exit code is the sync's", async () => {
    const database = await attune();
    const refused = { ...pack("bad"), "pack.yaml": `${manifest("bad")}meta: {since: 2024-01-02}\n` };
    using it = story({ packs: { core: CORE, bad: refused } });
    const run = it.packsync(["--once", ...reaching(database)]);
    expect([run.code, run.stdout]).toEqual([
      0,
      expect.stringContaining("bad  registration failed: pack.yaml: Expected `meta`"),
    ]);
    expect(run.stdout).toMatch(/ · database refused 1 pack\n$/);
    expect(await registered(database)).toEqual(["core: 1"]);
    const status = it.packsync(["status", ...reaching(database)]).stdout;
    expect(status).toMatch(/bad .* embedded, database failed/);
    expect(status).toContain("not registered  bad: pack.yaml: Expected `meta`");
    expect(it.packsync(["catalog", "sync", ...reaching(database)]).code).toBe(1);
    it.write("packs/bad/pack.yaml", manifest("bad"));
    expect(it.packsync(["--once", ...reaching(database)]).stdout).toMatch(/ · database updated\n$/);
    expect(await registered(database)).toEqual(["bad: 1", "core: 1"]);
  });

  test("the admin gets a permission set once both are there, which no run waits for", async () => {
    const database = await attune();
    const grants = "ref: core.admin\nlabel: Admin\ngrants: [{resource: packs, actions: [read]}]\n";
    using it = story({ packs: { core: { ...CORE, permission_sets: { "admin.yaml": grants } } } });
    const env = { DEFAULT_ADMIN_LOGIN: "me@example.org" };
    const run = it.packsync(["--once", ...reaching(database)], { env });
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("no identity has the login `me@example.org`")]);
    await database.query("INSERT INTO attune.identity (login) VALUES ('me@example.org')");
    expect(it.packsync(["--once", ...reaching(database)], { env }).stdout).not.toContain("nobody");
    expect(await database.query("SELECT identity, permset FROM attune.permission_assignment")).toHaveLength(1);
  });

  test("a retired pack leaves the database", async () => {
    const database = await attune();
    using it = story({ packs: { core: CORE, other: pack("other") } });
    it.once(reaching(database));
    it.remove("packs/other");
    expect(it.packsync(["--once", ...reaching(database)]).stdout).toMatch(/ · database updated\n$/);
    expect(await registered(database)).toEqual(["core: 1"]);
  });

  test("a wrong password is said at once, never shown, and no reason for another exit code", async () => {
    const database = await attune();
    using it = story({ packs: { core: CORE } });
    const wrong = "hunter2-and-more";
    const env = {
      DB_HOST: "127.0.0.1",
      DB_PORT: String(server.port),
      DB_USER: "attune",
      DB_PASSWORD: wrong,
      DB_NAME: database.name,
    };
    const run = it.packsync(["--once"], { env });
    expect([run.code, run.stdout]).toEqual([
      0,
      expect.stringContaining(" · database refused: password authentication failed"),
    ]);
    const url = database.url.replace(server.password, wrong);
    const said = [
      run,
      it.packsync(["--once", "-v", "--format", "json"], { env }),
      it.packsync(["status"], { env }),
      it.packsync(["status", "--format", "json"], { env }),
      it.packsync(["config", "--explain"], { env }),
      it.packsync(["config", "--format", "json", "--database-url", url]),
      it.packsync(["verify", "--database-url", url]),
      it.packsync(["catalog", "sync", "--database-url", url]),
      it.packsync(["--once", "--database-url", `mysql://root:${wrong}@x/y`]),
      it.packsync([
        "--once",
        "--database-url",
        `postgresql://root:${wrong}@127.0.0.1:1/y?password=${wrong}`,
        "--database-timeout",
        "0",
      ]),
    ];
    for (const { stdout, stderr } of said) expect(stdout + stderr).not.toContain(wrong);
    const right = { ...env, DB_PASSWORD: server.password };
    expect(it.packsync(["--once"], { env: right }).stdout).toMatch(/ · database updated\n$/);
  });

  test("a database that is away is said once, waited for no longer than asked, and caught up with later", async () => {
    const database = await attune();
    using it = story({ packs: { core: CORE } });
    await server.crash();
    const run = it.packsync([
      "--once",
      "--database-url",
      database.url,
      "--database-timeout",
      "2",
      "--log-style",
      "json",
    ]);
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining(" · database pending: ")]);
    expect(run.stderr.trim().split("\n")).toEqual([
      expect.stringContaining("packs are not registered in the database yet"),
    ]);
    expect(it.packsync(["status", ...reaching(database)]).stdout).toMatch(/core .* embedded, database pending/);
    await server.start();
    expect(it.packsync(["--once", ...reaching(database)]).stdout).toMatch(/ · database updated\n$/);
    expect(await registered(database)).toEqual(["core: 1"]);
  });

  test("while it waits for a database nobody else waits for it", async () => {
    const database = await server.createDatabase(); // without tables
    using it = story({ packs: { core: CORE } });
    const waiting = start(it, ["--once", "--database-url", database.url, "--database-timeout", "60"]);
    await until(async () => it.exists("volume/core/pack.yaml") && waiting.said().includes("not registered"));
    it.write("packs/core/actions/more.yaml", action("more"));
    expect(it.packsync(["--once", "--lock-timeout", "0"]).code).toBe(0);
    await migrate(database);
    await once(waiting.child, "exit");
    expect(waiting.child.exitCode).toBe(0);
    expect(await registered(database)).toEqual(["core: 2"]);
  });

  test.for<{
    title: string;
    strike: (running: ChildProcess, database: TestDatabase) => Promise<void>;
    code: number | null;
  }>([
    {
      title: "packsync is killed",
      strike: async (running) => {
        running.kill("SIGKILL");
      },
      code: null,
    },
    {
      title: "the connection is cut",
      strike: async (_, database) => {
        await database.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'packsync'",
        );
      },
      code: 0,
    },
    {
      title: "the database crashes",
      strike: async () => {
        await server.crash();
        await server.start();
      },
      code: 0,
    },
    {
      title: "packsync is stopped",
      strike: async (running) => {
        running.kill("SIGTERM");
      },
      code: 0,
    },
  ])(
    "when $title between publish and commit, no half pack is in the database, and the next run brings all of it",
    async ({ strike, code }) => {
      const database = await attune();
      using it = story({ packs: { core: CORE, other: pack("other") } });
      const holder = await holding(database, "LOCK TABLE attune.action IN EXCLUSIVE MODE");
      const running = start(it, ["--once", ...reaching(database)]);
      await until(async () => (await waitingForLock(database)) > 0);
      expect(it.exists("volume/other/pack.yaml")).toBe(true); // published, whatever becomes of the rest
      const ended = once(running.child, "exit");
      await strike(running.child, database);
      await ended;
      expect(running.child.exitCode).toBe(code);
      await holder.release();
      expect(await everyRow(database)).toMatchObject({ pack: [], action: [], runtime: [] });
      expect(it.once(reaching(database)).code).toBe(0);
      expect(await registered(database)).toEqual(["core: 1", "other: 1"]);
      expect(it.packsync(["verify", ...reaching(database)]).code).toBe(0);
    },
  );

  test("two packsyncs that register at once leave what one would", async () => {
    const database = await attune();
    const source = { core: CORE, ...packs("aa", "bb", "cc", "dd") };
    using one = story({ packs: source });
    using two = story({ packs: source });
    const running = [one, two].map((it) => start(it, ["--once", "--database-url", database.url]));
    for (const { child } of running) {
      if (child.exitCode === null) await once(child, "exit");
      expect(child.exitCode).toBe(0);
    }
    expect(await registered(database)).toEqual(["aa: 1", "bb: 1", "cc: 1", "core: 1", "dd: 1"]);
    const before = await everyRow(database);
    for (const it of [one, two])
      expect(it.packsync(["--once", ...reaching(database)]).stdout).toMatch(/ · database up to date\n$/);
    expect(await everyRow(database)).toEqual(before);
  });

  test("a thousand packs agree, and the second run changes nothing", { timeout: 300_000 }, async () => {
    const database = await attune();
    const refs = Array.from({ length: 999 }, (_, at) => `p${at}`);
    const small = (ref: string): Tree => ({
      "pack.yaml": manifest(ref),
      actions: { "a.yaml": action("a", ref), "echo.sh": script("true") },
    });
    using it = story({ packs: { core: CORE, ...Object.fromEntries(refs.map((ref) => [ref, small(ref)])) } });
    const options = { timeoutMs: 200_000 };
    expect(it.once(reaching(database), options).code).toBe(0);
    expect(await registered(database)).toHaveLength(1000);
    const before = await everyRow(database);
    expect(it.packsync(["--once", ...reaching(database)], options).stdout).toMatch(/ · database up to date\n$/);
    expect(await everyRow(database)).toEqual(before);
  });
});

function start(it: Story, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: it.directory,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  it.defer(() => void child.kill("SIGKILL"));
  return { child, said: () => said };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 600) throw new Error("it never happened");
    await sleep(50);
  }
}

async function waitingForLock(database: TestDatabase): Promise<number> {
  const rows = await database.query(
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'packsync' AND wait_event_type = 'Lock' AND datname = $1",
    [database.name],
  );
  return rows.length;
}

/** A transaction of somebody else, which ends with `release` or with the server. */
async function holding({ url }: TestDatabase, sql: string): Promise<{ release(): Promise<void> }> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return { release: () => client.end().catch(() => {}) };
}
