import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttuneRequest } from "../src/catalog/attune-round.ts";
import type { RegistrationReport } from "../src/catalog/report.ts";
import { registerLive } from "../src/registration.ts";
import { withVolume } from "../src/volume-session.ts";
import { migrate } from "./support/attune-schema.ts";
import { packYaml } from "./support/catalog.ts";
import { type TestPostgres, testPostgres } from "./support/postgres.ts";
import { describeWith } from "./support/requires.ts";
import { silent, testConfig, testMachine } from "./support/sync.ts";
import { writeTree } from "./support/trees.ts";

describeWith({ postgres: true }, "a process that stays", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** A volume with two packs, of which no database knows; `round` is what the daemon does after a cycle. */
  async function started() {
    const machine = testMachine();
    writeTree(machine.packs, {
      "core/pack.yaml": packYaml("core"),
      "zz/pack.yaml": packYaml("zz"),
      "zz/actions/a.yaml": "ref: zz.a\nlabel: A\ndescription: x\nrunner_type: shell\nentry_point: a.sh\n",
      "zz/actions/a.sh": { script: "#!/bin/sh\n" },
    });
    await machine.sync();
    const database = await server.createDatabase();
    const round = (compare: AttuneRequest["compare"], url = database.url): Promise<RegistrationReport> => {
      const config = testConfig(machine.volume.replace(/\/volume$/, ""));
      const options = { config: { ...config, database: { ...config.database, url } }, log: silent, doing: "test" };
      const request = { only: [], compare };
      const abort = new AbortController().signal;
      return withVolume(options, abort, ({ database, publisher }) =>
        registerLive({ database, volume: publisher }, { ...options, request }, abort),
      );
    };
    return { machine, database, round };
  }

  test("registers what is pending, and asks no database while there is nothing to do", async () => {
    const { machine, database, round } = await started();
    using _ = machine;
    expect((await round("changed")).attune).toMatchObject({
      state: "pending",
      why: expect.stringContaining("Attune's tables"),
    });
    await migrate(database);
    expect((await round("changed")).attune).toMatchObject({
      state: "registered",
      registered: 2,
      packs: [
        { ref: "core", changed: true },
        { ref: "zz", changed: true },
      ],
    });
    // A database that nobody asks cannot say that it is another one.
    expect((await round("changed", "postgresql://nobody@127.0.0.1:1/none")).attune).toEqual({
      state: "registered",
      why: undefined,
      packs: [],
      registered: 2,
    });
    expect((await round("all", "postgresql://nobody@127.0.0.1:1/none")).attune).toMatchObject({
      state: "pending",
      packs: [{ ref: "zz", state: "registered" }],
    });
  });

  test("does not try again what was refused, until it changes or everything is compared", async () => {
    const { machine, database, round } = await started();
    using _ = machine;
    await migrate(database);
    writeTree(machine.packs, { "zz/pack.yaml": packYaml("zz", "meta: {a: 2024-01-02}\n") });
    await machine.sync();
    expect((await round("changed")).attune).toMatchObject({
      state: "failed",
      packs: [{ ref: "core" }, { ref: "zz", state: "failed" }],
    });
    expect((await round("changed", "postgresql://nobody@127.0.0.1:1/none")).attune?.packs).toEqual([]);
    expect((await round("all")).attune).toMatchObject({ state: "failed", packs: [{ ref: "zz", state: "failed" }] });
    writeTree(machine.packs, { "zz/pack.yaml": packYaml("zz") });
    await machine.sync();
    expect((await round("changed")).attune).toMatchObject({
      state: "registered",
      packs: [{ ref: "zz", changed: true }],
    });
  });

  test("does not register what somebody wrote over a live definition, until it is what was published", async () => {
    const { machine, database, round } = await started();
    using _ = machine;
    await migrate(database);
    const live = `${machine.volume}/zz/actions/a.yaml`;
    const published = readFileSync(live);
    writeFileSync(live, "ref: zz.a\nlabel: Somebody's\n");
    expect((await round("changed")).attune).toMatchObject({
      state: "registered",
      registered: 1,
      packs: [{ ref: "core" }, { ref: "zz", state: "pending", why: expect.stringContaining("packsync verify") }],
    });
    writeFileSync(live, published);
    expect((await round("changed")).attune).toMatchObject({
      state: "registered",
      registered: 2,
      packs: [{ ref: "zz" }],
    });
  });

  test("leaves no connection behind", async () => {
    const { machine, database, round } = await started();
    using _ = machine;
    await migrate(database);
    await round("all");
    expect(
      await database.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'packsync' AND datname = $1", [
        database.name,
      ]),
    ).toEqual([]);
  });
});
