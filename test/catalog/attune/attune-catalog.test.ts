import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assignAdmin } from "../../../src/catalog/attune/admin.ts";
import { type AttuneCatalog, attuneCatalog } from "../../../src/catalog/attune/attune-catalog.ts";
import { connect } from "../../../src/catalog/attune/connect.ts";
import { type AttuneDatabase, inspect, NotMigrated } from "../../../src/catalog/attune/database.ts";
import type { AttunePolicy } from "../../../src/catalog/attune/register.ts";
import { PackRefused } from "../../../src/catalog/catalog.ts";
import { everyRow, migrate, type SchemaVersion } from "../../support/attune-schema.ts";
import { catalogPack, packYaml } from "../../support/catalog.ts";
import { type TestDatabase, type TestPostgres, testPostgres } from "../../support/postgres.ts";
import { describeWith } from "../../support/requires.ts";

const POLICY: AttunePolicy = { removed: "delete", edits: "overwrite", foreign: "keep" };
const LOADER: AttunePolicy = { removed: "keep", edits: "overwrite", foreign: "overwrite" };

interface Opened {
  readonly database: TestDatabase;
  readonly attune: AttuneDatabase;
  catalog(policy?: AttunePolicy): AttuneCatalog;
}

const CORE = {
  "runtimes/shell.yaml": "ref: core.shell\nname: Shell\naliases: [bash]\n",
  "runtimes/python.yaml":
    'ref: core.python\nname: Python\nversions: [{version: "3.11"}, {version: "3.12", is_default: true}]\n',
  "runtimes/native.yaml": "ref: core.native\nname: Native\n",
};

const core = (files: Record<string, string> = CORE) => catalogPack(files, { ref: "core" });

const FULL = {
  "triggers/t.yaml": "ref: demo.t\n",
  "triggers/u.yaml": "ref: demo.u\n",
  "actions/a.yaml": "ref: demo.a\nrunner_type: bash\n",
  "actions/w.yaml": "ref: demo.w\nworkflow_file: workflows/w.yaml\n",
  "actions/workflows/w.yaml": "tasks: []\n",
  "sensors/s.yaml": "ref: demo.s\ntrigger_types: [t, core.other]\n",
  "rules/r.yaml": "ref: demo.r\ntrigger_ref: t\naction_ref: a\n",
  "permission_sets/p.yaml": "ref: demo.p\ngrants: [{resource: packs, actions: [read]}]\n",
};

describeWith({ postgres: true }, "in Attune's tables", () => {
  let server: TestPostgres;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });

  async function open(version: SchemaVersion = "june"): Promise<Opened> {
    const database = await server.createDatabase();
    await migrate(database, version);
    const client = await connect({ url: database.url });
    clients.push(client);
    const attune = await inspect(client, undefined);
    return { database, attune, catalog: (policy = POLICY) => attuneCatalog(attune, policy) };
  }

  async function cellIn({ database }: Opened, sql: string): Promise<unknown> {
    return Object.values((await database.query(sql))[0] ?? {})[0];
  }

  async function refsIn({ database }: Opened, table: string): Promise<unknown[]> {
    return (await database.query(`SELECT ref FROM attune.${table} ORDER BY ref`)).map(({ ref }) => ref);
  }

  test("everything is connected: runtimes by alias, workflows, sensors of triggers, triggers and actions of rules", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    const { warnings } = await opened.catalog().register(await catalogPack(FULL));
    expect(warnings).toEqual(["sensors/s.yaml: the trigger `core.other` is not one of this pack: not connected"]);
    const [row] = await opened.database.query(`
      SELECT (SELECT r.ref FROM attune.action a JOIN attune.runtime r ON r.id = a.runtime WHERE a.ref = 'demo.a') AS runtime,
        (SELECT w.ref FROM attune.action a JOIN attune.workflow_definition w ON w.id = a.workflow_def) AS workflow,
        (SELECT s.ref FROM attune.trigger t JOIN attune.sensor s ON s.id = t.sensor AND s.ref = t.sensor_ref WHERE t.ref = 'demo.t') AS sensor,
        (SELECT sensor_ref FROM attune.trigger WHERE ref = 'demo.u') AS none,
        (SELECT t.ref || a.ref FROM attune.rule r JOIN attune.trigger t ON t.id = r.trigger JOIN attune.action a ON a.id = r.action) AS rule`);
    expect(row).toEqual({
      runtime: "core.shell",
      workflow: "demo.w",
      sensor: "demo.s",
      none: null,
      rule: "demo.tdemo.a",
    });
  });

  test("the values of every type arrive as they are", async () => {
    const opened = await open();
    const yaml = packYaml(
      "demo",
      "system: on\ntags: [1, 2]\nruntime_deps: ['a,b', '{}']\nmeta: {n: 12345678901234567890123, f: 1.0, x: ~}\nconfig: ~\ndescription: ~\n",
    );
    await opened.catalog().register(await catalogPack({ "pack.yaml": yaml }));
    const [row] = await opened.database.query(
      "SELECT is_standard, tags, runtime_deps, meta::text, config::text, description FROM attune.pack",
    );
    expect(row).toEqual({
      ...{ is_standard: true, tags: ["1", "2"], runtime_deps: ["a,b", "{}"], config: "null", description: null },
      meta: '{"f": 1.0, "n": 12345678901234567890123, "x": null}',
    });
  });

  test("a second run changes no row, not even its transaction", async () => {
    const opened = await open();
    const packs = [await core(), await catalogPack(FULL)];
    for (const pack of packs) await opened.catalog().register(pack);
    const before = await everyRow(opened.database);
    for (const policy of [POLICY, LOADER]) {
      for (const pack of packs) expect(await opened.catalog(policy).register(pack)).toMatchObject({ changes: 0 });
    }
    expect(await everyRow(opened.database)).toEqual(before);
  });

  test("an edit changes its own row only", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    const before = await everyRow(opened.database);
    await opened.catalog().register(await catalogPack({ ...FULL, "triggers/u.yaml": "ref: demo.u\nlabel: New\n" }));
    const after = await everyRow(opened.database);
    const changed = Object.keys(after).flatMap((table) =>
      (after[table] ?? []).filter((row, at) => JSON.stringify(row) !== JSON.stringify(before[table]?.[at])),
    );
    expect(changed).toEqual([expect.objectContaining({ ref: "demo.u", label: "New" })]);
  });

  test.for<{ title: string; policy: AttunePolicy; stay: readonly string[] }>([
    { title: "what left the YAML leaves the tables", policy: POLICY, stay: ["demo.mine"] },
    { title: "or stays, as with the loader", policy: LOADER, stay: ["demo.a", "demo.mine", "demo.w"] },
  ])("$title; what users made stays", async ({ policy, stay }) => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    await opened.database.query(`
      INSERT INTO attune.action (ref, pack, pack_ref, label, entrypoint, is_adhoc) SELECT 'demo.mine', id, ref, 'Mine', '', true FROM attune.pack WHERE ref = 'demo'`);
    await opened.catalog(policy).register(await catalogPack({ "triggers/t.yaml": "ref: demo.t\n" }));
    expect(await refsIn(opened, "action")).toEqual(stay);
    const isGone = policy.removed === "delete";
    expect(await cellIn(opened, "SELECT count(*)::int FROM attune.rule")).toBe(isGone ? 0 : 1);
    expect(await cellIn(opened, "SELECT sensor_ref FROM attune.trigger WHERE ref = 'demo.t'")).toBe(
      isGone ? null : "demo.s",
    );
  });

  test("an action that has no workflow any more loses it, and is not lost with it", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    await opened
      .catalog()
      .register(await catalogPack({ ...FULL, "actions/w.yaml": "ref: demo.w\nrunner_type: bash\n" }));
    expect(await refsIn(opened, "action")).toEqual(["demo.a", "demo.w"]);
    expect(await refsIn(opened, "workflow_definition")).toEqual([]);
  });

  test("a workflow whose file cannot be read stays", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    await opened.catalog().register(await catalogPack({ ...FULL, "actions/workflows/w.yaml": "a: [" }));
    expect(await cellIn(opened, "SELECT workflow_def IS NOT NULL FROM attune.action WHERE ref = 'demo.w'")).toBe(true);
  });

  test("a runtime that others use stays, with a warning; else their sensors would go with it", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    const { "runtimes/native.yaml": _, ...rest } = CORE;
    const { warnings } = await opened.catalog().register(await core(rest));
    expect(warnings).toEqual(["runtime core.native left its pack, but others use it: it stays"]);
    expect(await refsIn(opened, "sensor")).toEqual(["demo.s"]);
  });

  test("a list of versions is all there are; none leaves them alone", async () => {
    const opened = await open();
    const versions = () =>
      opened.database.query("SELECT version, is_default FROM attune.runtime_version ORDER BY version");
    await opened.catalog(LOADER).register(await core());
    expect(await versions()).toEqual([
      { version: "3.11", is_default: false },
      { version: "3.12", is_default: true },
    ]);
    await opened
      .catalog(LOADER)
      .register(await core({ ...CORE, "runtimes/python.yaml": "ref: core.python\nname: Python\n" }));
    expect(await versions()).toHaveLength(2);
    await opened
      .catalog(LOADER)
      .register(await core({ ...CORE, "runtimes/python.yaml": "ref: core.python\nname: Python\nversions: []\n" }));
    expect(await versions()).toHaveLength(0);
  });

  test.for<{ title: string; edits: AttunePolicy["edits"]; enabled: boolean; config: object }>([
    { title: "are overwritten, as by the loader", edits: "overwrite", enabled: true, config: {} },
    { title: "are kept if so configured", edits: "keep", enabled: false, config: { mine: 1 } },
  ])("edits that users made in the database $title", async ({ edits, enabled, config }) => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    await opened.database.query(
      `UPDATE attune.rule SET enabled = false; UPDATE attune.pack SET config = '{"mine": 1}' WHERE ref = 'demo'`,
    );
    await opened
      .catalog({ ...POLICY, edits })
      .register(await catalogPack({ ...FULL, "rules/r.yaml": `${FULL["rules/r.yaml"]}label: New\n` }));
    expect(await opened.database.query("SELECT label, enabled FROM attune.rule")).toEqual([{ label: "New", enabled }]);
    expect(await cellIn(opened, "SELECT config FROM attune.pack WHERE ref = 'demo'")).toEqual(config);
  });

  test.for<{ title: string; foreign: AttunePolicy["foreign"]; label: string; warnings: number }>([
    { title: "is left alone", foreign: "keep", label: "Theirs", warnings: 1 },
    { title: "is overwritten and stays theirs, as by the loader", foreign: "overwrite", label: "Ours", warnings: 0 },
  ])("a component of another pack $title", async ({ foreign, label, warnings: expected }) => {
    const opened = await open();
    await opened
      .catalog()
      .register(await catalogPack({ "triggers/t.yaml": "ref: zz.t\nlabel: Theirs\n" }, { ref: "zz" }));
    const { warnings } = await opened
      .catalog({ ...POLICY, foreign })
      .register(await catalogPack({ "triggers/t.yaml": "ref: zz.t\nlabel: Ours\n" }));
    expect(warnings).toHaveLength(expected);
    expect(await opened.database.query("SELECT label, pack_ref FROM attune.trigger")).toEqual([
      { label, pack_ref: "zz" },
    ]);
  });

  test("a rule that names what nobody has is left out, and comes once it is there", async () => {
    const opened = await open();
    const rule = await catalogPack({ "rules/r.yaml": "ref: demo.r\ntrigger_ref: zz.t\naction_ref: zz.a\n" });
    const first = await opened.catalog().registerAndLook(rule);
    expect([first.warnings.length, first.found]).toEqual([1, undefined]);
    await opened
      .catalog()
      .register(
        await catalogPack({ "triggers/t.yaml": "ref: zz.t\n", "actions/a.yaml": "ref: zz.a\n" }, { ref: "zz" }),
      );
    expect(await opened.catalog().registerAndLook(rule)).toMatchObject({
      changes: 1,
      warnings: [],
      found: expect.any(String),
    });
  });

  test.for<{ title: string; files: Record<string, string>; says: RegExp }>([
    {
      title: "a sensor without a runtime",
      files: { "sensors/s.yaml": "ref: demo.s\nrunner_type: cobol\n" },
      says: /^sensors\/s\.yaml: Expected a runtime called `cobol`/,
    },
    {
      title: "a version that is none",
      files: { "pack.yaml": "ref: demo\nlabel: demo\nversion: 1.0\n" },
      says: /^pack\.pack_version_check: /,
    },
    {
      title: "a workflow with too long a version",
      files: { ...FULL, "actions/workflows/w.yaml": `version: ${"1".repeat(60)}\n` },
      says: /value too long/,
    },
  ])("$title keeps the whole pack out", async ({ files, says }) => {
    const opened = await open();
    await opened.catalog().register(await core());
    const before = await everyRow(opened.database);
    const refused = await opened
      .catalog()
      .register(await catalogPack(files))
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PackRefused);
    expect(refused).toHaveProperty("message", expect.stringMatching(says));
    expect(await everyRow(opened.database)).toEqual(before);
  });

  test("in an older schema the sensor has its trigger, and a trigger it must have", async () => {
    const opened = await open("march");
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    expect(
      await opened.database.query("SELECT s.trigger_ref, t.ref FROM sensor s JOIN trigger t ON t.id = s.trigger"),
    ).toEqual([{ trigger_ref: "demo.t", ref: "demo.t" }]);
    const lonely = { "sensors/s.yaml": "ref: zz.s\n" };
    await expect(opened.catalog().register(await catalogPack(lonely, { ref: "zz" }))).rejects.toThrow(
      "Expected a trigger that is registered",
    );
  });

  test("tables that are not there yet are said, whatever the schema is called", async () => {
    const database = await server.createDatabase();
    const client = await connect({ url: database.url });
    clients.push(client);
    await expect(inspect(client, undefined)).rejects.toThrow(NotMigrated);
    await expect(inspect(client, `x"; DROP SCHEMA public; --`)).rejects.toThrow(NotMigrated);
  });

  test("comparing says what would change, and changes nothing", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    const before = await everyRow(opened.database);
    expect((await opened.catalog().compare(await catalogPack(FULL))).changes).toBeGreaterThan(5);
    expect(await everyRow(opened.database)).toEqual(before);
  });

  test("a pack that leaves keeps what users made in it, and its row with it", async () => {
    const opened = await open();
    await opened.catalog().register(await core());
    await opened.catalog().register(await catalogPack(FULL));
    await opened.database.query("UPDATE attune.rule SET is_adhoc = true");
    expect((await opened.catalog().unregister("demo")).warnings).toHaveLength(1);
    expect([await refsIn(opened, "pack"), await refsIn(opened, "rule"), await refsIn(opened, "action")]).toEqual([
      ["core", "demo"],
      ["demo.r"],
      [],
    ]);
    await opened.database.query("DELETE FROM attune.rule");
    await opened.catalog().unregister("demo");
    expect(await refsIn(opened, "pack")).toEqual(["core"]);
  });

  test("an identity gets its permission set, once, and only if both are there", async () => {
    const { database, attune, catalog } = await open();
    const admin = { login: "admin'; --", permissionSet: "demo.p" };
    expect(await assignAdmin(attune, admin)).toContain("no identity");
    await database.query("INSERT INTO attune.identity (login) VALUES ($1)", [admin.login]);
    expect(await assignAdmin(attune, admin)).toContain("no permission set");
    await catalog().register(await core());
    await catalog().register(await catalogPack(FULL));
    const assigned = () => database.query("SELECT id, xmin::text FROM attune.permission_assignment");
    expect(await assignAdmin(attune, admin)).toBeUndefined();
    const before = await assigned();
    expect(before).toHaveLength(1);
    expect(await assignAdmin(attune, admin)).toBeUndefined();
    expect(await assigned()).toEqual(before);
  });

  test("any row that somebody touches changes what is remembered of its pack, and of no other", async () => {
    const opened = await open();
    const catalog = opened.catalog();
    await catalog.register(await core());
    const { found } = await catalog.registerAndLook(await catalogPack({ "actions/a.yaml": "ref: demo.a\n" }));
    const first = await catalog.fingerprints();
    expect(first.get("demo")).toBe(found);
    await opened.database.query("UPDATE attune.action SET timeout_seconds = 5");
    const second = await catalog.fingerprints();
    expect(second.get("demo")).not.toBe(found);
    expect(second.get("core")).toBe(first.get("core"));
  });
});
