import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../support/attune-schema.ts";
import { linesOf } from "../support/engine.ts";
import { type TestDatabase, type TestPostgres, testPostgres } from "../support/postgres.ts";
import { describeWith } from "../support/requires.ts";
import { daemon, PATIENCE, type Said, untilSynced } from "./support/daemon.ts";
import { action, packs } from "./support/packs.ts";
import { story } from "./support/story.ts";

test("what is saved is in the embedded catalog a moment later, and what is retired leaves it", async () => {
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it);
  const listed = () =>
    JSON.parse(it.packsync(["list", "--format", "json"]).stdout).packs.map(
      ({ ref, components }: { ref: string; components: object }) => [ref, components],
    );
  it.write("packs/core/actions/more.yaml", action("more"));
  it.remove("packs/other");
  await expect.poll(listed, PATIENCE).toEqual([["core", { action: 2 }]]);
  await running.stop();
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

  const actionsIn = async (database: TestDatabase): Promise<unknown[]> =>
    (await database.query("SELECT ref FROM attune.action ORDER BY ref")).map(({ ref }) => ref);

  const stateOf = ({ registration }: Said): unknown => Object(Object(registration).attune).state;

  test("a save is live and in the database, and its line says both", async () => {
    const database = await attune();
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: { PACKSYNC_DATABASE_URL: database.url } });
    it.write("packs/core/actions/more.yaml", action("more"));
    await expect.poll(() => actionsIn(database), PATIENCE).toEqual(["core.echo", "core.more"]);
    await running.hear("pack published", 2);
    expect(running.said("pack published").map(stateOf)).toEqual(["registered", "registered"]);
    await running.stop();
  });

  test("a database that is away delays no publish, is said once, and has all of it when it is back", async () => {
    const database = await attune();
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: { PACKSYNC_DATABASE_URL: database.url } });
    await expect.poll(() => actionsIn(database), PATIENCE).toEqual(["core.echo"]);
    await server.crash();
    it.write("packs/core/actions/more.yaml", action("more"));
    await untilSynced(it);
    await running.hear("pack published", 2);
    it.write("packs/core/actions/most.yaml", action("most"));
    await untilSynced(it);
    expect(it.packsync(["status"], { env: { PACKSYNC_DATABASE_URL: database.url } }).stdout).toMatch(
      /database unreachable since .*\n(.*\n)*.*embedded, database pending/,
    );
    await server.start();
    await expect.poll(() => actionsIn(database), PATIENCE).toEqual(["core.echo", "core.more", "core.most"]);
    await running.hear("registered");
    await running.stop();
  });

  test("what a daemon that was killed had not registered the next one registers", async () => {
    const database = await attune();
    using it = story({ packs: packs("core") });
    await server.crash();
    const env = { PACKSYNC_DATABASE_URL: database.url };
    {
      await using killed = await daemon(it, { env });
      killed.signal("SIGKILL");
      await killed.ended;
    }
    await server.start();
    await using running = await daemon(it, { env });
    await expect.poll(() => actionsIn(database), PATIENCE).toEqual(["core.echo"]);
    await running.stop();
  });

  test("catalog sync and rollback are done by the daemon, and end when the database has it", async () => {
    const database = await attune();
    using it = story({ packs: packs("core") });
    const env = { PACKSYNC_DATABASE_URL: database.url };
    await using running = await daemon(it, { env });
    it.write("packs/core/actions/more.yaml", action("more"));
    await running.hear("pack published", 2);
    await database.query("DELETE FROM attune.action");
    const synced = it.packsync(["catalog", "sync"], { env });
    expect([synced.code, synced.stdout]).toEqual([0, expect.stringMatching(/ · database updated\n$/)]);
    expect(await actionsIn(database)).toEqual(["core.echo", "core.more"]);
    const back = it.packsync(["rollback", "core"], { env });
    expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/ · database updated\n/)]);
    expect(await actionsIn(database)).toEqual(["core.echo"]);
    expect(it.packsync(["catalog", "sync", "nobody"], { env }).code).toBe(2);
    await running.stop();
  });

  test("services that read the database are told when it has what went live, and without it only when it is away", async () => {
    const database = await attune();
    using it = story({ packs: packs("core") });
    const read = `import pg from "${join(import.meta.dirname, "../../node_modules/pg/lib/index.js")}";
      const client = new pg.Client({ connectionString: process.argv[1] });
      const ask = async () => { await client.connect(); return (await client.query("SELECT ref FROM attune.action ORDER BY ref")).rows; };
      console.log((await ask().catch(() => [{ ref: "away" }])).map(({ ref }) => ref).join(" "));
      await client.end().catch(() => {});`;
    it.write("read.mjs", read.replace("process.argv[1]", "process.argv[2]"));
    const command = [`${process.execPath} read.mjs ${database.url} >> seen`];
    it.write(
      "packsync.yaml",
      `routes: [{ when: { meaning: metadata }, do: [register, agent] }]\nservices: { agent: { exec: [sh, -c, ${JSON.stringify(command[0])}] } }\n`,
    );
    await using running = await daemon(it, { env: { PACKSYNC_DATABASE_URL: database.url } });
    const seen = () => linesOf(it.at("seen"));
    await expect.poll(seen, PATIENCE).toEqual(["core.echo"]);
    it.write("packs/core/actions/more.yaml", action("more"));
    await expect.poll(seen, PATIENCE).toEqual(["core.echo", "core.echo core.more"]);
    await running.hear("service told", 4);
    await server.crash();
    it.write("packs/core/actions/most.yaml", action("most"));
    await expect.poll(seen, PATIENCE).toEqual(["core.echo", "core.echo core.more", "away"]);
    await server.start();
    const registered = () => running.said("service told").filter(({ service }) => service === "register").length;
    await expect.poll(registered, PATIENCE).toBe(3);
    expect(await actionsIn(database)).toEqual(["core.echo", "core.more", "core.most"]);
    await running.stop();
  });
});
