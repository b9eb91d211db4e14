import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../support/attune-schema.ts";
import { type TestPostgres, testPostgres } from "../support/postgres.ts";
import { describeWith } from "../support/requires.ts";
import { MAIN } from "./programs/start.ts";
import { daemon, PATIENCE } from "./support/daemon.ts";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable } from "./support/tree.ts";

const run = promisify(execFile);

function registered(it: Story, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = it.packsync(["register", ...args, "--format", "json"], { env });
  return { code, stderr, document: JSON.parse(stdout) };
}

function states(it: Story): unknown {
  const { packs: found } = JSON.parse(it.packsync(["status", "--format", "json"]).stdout);
  return found.map(({ ref, source, state }: Record<string, unknown>) => [ref, source, state]);
}

test("packs from elsewhere are published and registered, each by itself; what they come to is said as the platform says it", () => {
  using it = story({ packs: packs("core") });
  it.write("mine", packs("one", "two", "core"));
  it.write("mine/two/actions/echo.yaml", "ref: two.echo\nrunner_type: [");
  it.once();
  const { code, document } = registered(it, ["mine/one", "mine/two", "mine/core", "mine/none"]);
  expect(code).toBe(1);
  expect(document).toMatchObject({
    registered_packs: [
      {
        pack_ref: "one",
        pack_id: 2,
        pack_version: "1.0.0",
        storage_path: it.at("volume/one"),
        components_registered: { actions: 1, sensors: 0, triggers: 0, rules: 0, workflows: 0, policies: 0 },
        test_result: null,
        validation_results: { valid: true, errors: [] },
      },
    ],
    failed_packs: [
      {
        pack_ref: "two",
        pack_path: it.at("mine/two"),
        error: "Pack 'two' is not valid.",
        error_stage: "validation",
        validation_results: {
          valid: false,
          errors: ["actions/echo.yaml:2:15: Expected `,` or `]`, got the end of the file"],
        },
      },
      {
        pack_ref: "core",
        error_stage: "registration",
        error: expect.stringContaining("carried by the source `packs`"),
      },
      { pack_ref: "unknown", error_stage: "path" },
    ],
    summary: { total_packs: 4, success_count: 1, failure_count: 3, total_components: 1 },
  });
  expect(states(it)).toEqual([
    ["core", "packs", "live"],
    ["one", "installed", "live"],
  ]);
  expect(it.once().outcomes).toEqual({ core: "unchanged", one: "unchanged" });
});

test("a running daemon does it, and goes on about the installed pack: what somebody removes from the volume is mended", async () => {
  using it = story({ packs: packs("core") });
  it.write("mine", packs("one"));
  await using running = await daemon(it, { env: { PACKSYNC_WATCH_RESCAN: "1" } });
  expect(registered(it, ["mine/one"])).toMatchObject({ code: 0, stderr: "" });
  it.remove("volume/one/actions/echo.sh");
  await expect.poll(() => it.exists("volume/one/actions/echo.sh"), PATIENCE).toBe(true);
  expect(it.packsync(["uninstall", "one"])).toMatchObject({ code: 0, stderr: "" });
  expect(it.exists("volume/one")).toBe(false);
  await expect
    .poll(() => states(it), PATIENCE)
    .toEqual([
      ["core", "packs", "live"],
      ["one", "installed", "retired"],
    ]);
  await running.stop();
});

test("many are installed at once beside a daemon, each once", async () => {
  using it = story({ packs: packs("core") });
  const refs = Array.from({ length: 8 }, (_, index) => `pack${index}`);
  it.write("mine", packs(...refs));
  await using running = await daemon(it);
  const registering = [...refs, ...refs].map(async (ref) => {
    const args = [MAIN, "register", `mine/${ref}`];
    return await run(process.execPath, args, { cwd: it.directory }).then(
      () => 0,
      ({ code }) => code,
    );
  });
  const codes = await Promise.all(registering);
  expect(codes.filter((code) => code === 0)).toHaveLength(refs.length);
  expect(states(it)).toEqual([["core", "packs", "live"], ...refs.map((ref) => [ref, "installed", "live"])]);
  await running.stop();
});

test("a pack of which nobody says what is wrong with it is published in spite of it only if that is asked", () => {
  using it = story();
  it.write("mine", packs("one"));
  it.write("mine/one/actions/echo.yaml", "ref: one.echo\nrunner_type: [");
  expect(registered(it, ["mine/one"])).toMatchObject({ code: 1 });
  expect(it.exists("volume/one")).toBe(false);
  expect(registered(it, ["mine/one", "--skip-validation"])).toMatchObject({ code: 0 });
  expect(it.once().outcomes).toEqual({ one: "unchanged" });
});

test("a pack whose own tests fail is registered only if somebody insists, or its pack.yaml does", () => {
  using it = story();
  const testing = (on: string, line: string) => ({
    "pack.yaml": `ref: one\nlabel: One\nversion: 1.0.0\ntesting:\n  enabled: true\n  on_failure: ${on}\n  discovery: {method: directory, path: tests}\n  runners:\n    shell: {type: script, entry_point: tests/run.sh}\n`,
    tests: { "run.sh": executable(`#!/bin/sh\ntouch made-by-a-test\n${line}\n`) },
  });
  it.write("mine/one", testing("block", "exit 3"));
  expect(registered(it, ["mine/one"]).document.failed_packs).toMatchObject([
    { pack_ref: "one", error_stage: "tests", error: expect.stringContaining("tests did not pass") },
  ]);
  expect(it.exists("volume/one")).toBe(false);
  expect(it.exists("mine/one/made-by-a-test")).toBe(false);
  const forced = registered(it, ["mine/one", "--force"]).document.registered_packs;
  expect(forced).toMatchObject([{ test_result: { status: "failed", total_tests: 1, passed: 0, failed: 1 } }]);
  expect(it.packsync(["uninstall", "one"])).toMatchObject({ code: 0 });
  expect(registered(it, ["mine/one", "--skip-tests"]).document.registered_packs).toMatchObject([{ test_result: null }]);
  it.write("mine/one", testing("warn", "exit 3"));
  expect(it.packsync(["uninstall", "one"])).toMatchObject({ code: 0 });
  expect(registered(it, ["mine/one"])).toMatchObject({ code: 0 });
  expect(it.exists("volume/one/made-by-a-test")).toBe(false);
});

describeWith({ postgres: true }, "with Attune's database", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await testPostgres();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("a registered pack has the id of its row", async () => {
    const database = await server.createDatabase();
    await migrate(database);
    using it = story({ packs: packs("core") });
    it.write("mine", packs("one"));
    const env = { PACKSYNC_DATABASE_URL: database.url };
    it.once([], { env });
    const { document } = registered(it, ["mine/one"], env);
    const rows = await database.query("SELECT id FROM attune.pack WHERE ref = 'one'");
    expect(rows.map(({ id }) => Number(id))).toEqual([document.registered_packs[0].pack_id]);
  });

  test.for(["--once", "the daemon"])("where the database is away nothing stays of a pack: %s", async (who) => {
    const database = await server.createDatabase();
    await migrate(database);
    using it = story({ packs: packs("core") });
    it.write("mine", packs("one"));
    const env = { PACKSYNC_DATABASE_URL: database.url.replace(/:\d+\//, ":1/"), PACKSYNC_DATABASE_TIMEOUT: "0" };
    await using running = who === "the daemon" ? await daemon(it, { env }) : undefined;
    const { code, document } = registered(it, ["mine/one"], env);
    expect(code).toBe(1);
    expect(document.failed_packs).toMatchObject([{ pack_ref: "one", error_stage: "registration" }]);
    expect(it.exists("volume/one")).toBe(false);
    expect(it.tree("volume/.packsync/installed")).toEqual({});
    await running?.stop();
  });
});
