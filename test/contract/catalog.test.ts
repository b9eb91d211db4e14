import { DatabaseSync } from "node:sqlite";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { attuneCatalog } from "../../src/catalog/attune/attune-catalog.ts";
import { connect } from "../../src/catalog/attune/connect.ts";
import { inspect } from "../../src/catalog/attune/database.ts";
import { catalogSchema, embeddedCatalog } from "../../src/catalog/embedded.ts";
import { everyRow, migrate } from "../support/attune-schema.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { describeWith } from "../support/requires.ts";
import { catalogContract } from "./catalog.contract.ts";

describe("the embedded catalog", () => {
  catalogContract(async () => {
    const database = new DatabaseSync(":memory:");
    database.exec(catalogSchema);
    let now = 0;
    const rows = async () =>
      ["catalog_pack", "catalog_component", "catalog_version"].map((table) =>
        database.prepare(`SELECT * FROM ${table}`).all(),
      );
    return { catalog: embeddedCatalog(database, () => new Date(++now)), rows };
  });
});

describeWith({ postgres: true }, "Attune's database", () => {
  let server: TestPostgres;
  const clients: Client[] = [];
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });

  catalogContract(async () => {
    const database = await server.createDatabase();
    await migrate(database);
    await database.query("INSERT INTO attune.runtime (ref, name, distributions) VALUES ('core.shell', 'Shell', '{}')");
    const client = await connect({ url: database.url });
    clients.push(client);
    const catalog = attuneCatalog(await inspect(client, undefined), {
      removed: "delete",
      edits: "overwrite",
      foreign: "keep",
    });
    return { catalog, rows: () => everyRow(database) };
  });
});
