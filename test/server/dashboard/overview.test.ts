import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as z from "zod";
import type { overview } from "../../../src/server/dashboard/documents.ts";
import { brokenYaml, manifest, pack } from "../../scenarios/support/packs.ts";
import { READER, type Served, served } from "../serving.ts";

type Overview = z.infer<typeof overview>;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

async function overviewOf(it: Served, token?: string): Promise<Overview> {
  const { status, json } = await it.send(
    "GET",
    "/api/v1/overview",
    undefined,
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  );
  expect(status, JSON.stringify(json)).toBe(200);
  return json.data;
}

describe("where every pack stands", () => {
  let it: Served;

  beforeAll(async () => {
    it = await served({
      packs: {
        good: pack("good"),
        sick: pack("sick"),
        back: pack("back"),
        never: { "pack.yaml": brokenYaml },
        stays: pack("stays"),
      },
    });
    it.write("volume", { theirs: { "pack.yaml": manifest("theirs", "3.1.0") }, plain: { "notes.txt": "no pack" } });
    expect(it.once().code).toBe(1);
    it.write("packs/back/actions/echo.sh", "#!/bin/sh\necho other\n");
    expect(it.once().code).toBe(1);
    expect(it.packsync(["rollback", "back"]).code).toBe(0);
    it.write("packs/sick/actions/echo.yaml", brokenYaml);
    expect(it.once().code).toBe(1);
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test("each pack has its state, and the command that ends one which waits for a person", async () => {
    const { packs } = await overviewOf(it);
    const found = packs.map(({ ref, state, todo, origin }) => ({ ref, state, todo, origin }));
    expect(found).toEqual([
      { ref: "back", state: "pinned", todo: "packsync unpin back", origin: "sync" },
      { ref: "good", state: "live", todo: null, origin: "sync" },
      { ref: "never", state: "rejected", todo: null, origin: null },
      { ref: "sick", state: "invalid", todo: null, origin: "sync" },
      { ref: "stays", state: "live", todo: null, origin: "sync" },
      { ref: "theirs", state: "foreign", todo: null, origin: null },
    ]);
  });

  test("a row says what is live, since when, and where it comes from", async () => {
    const { packs } = await overviewOf(it);
    const [, good, , sick] = packs;
    expect(good).toEqual({
      ref: "good",
      version: "1.0.0",
      label: "good",
      source: "packs",
      directory: "good",
      dialect: "attune",
      state: "live",
      origin: "sync",
      release: expect.stringMatching(/^1-[0-9a-f]{8}$/),
      published_at: expect.stringMatching(ISO),
      since: expect.stringMatching(ISO),
      errors: 0,
      warnings: 0,
      is_registered: true,
      todo: null,
    });
    expect(sick).toMatchObject({ release: expect.stringMatching(/^1-/), errors: 1, is_registered: true });
    expect(Date.parse(sick?.since ?? "")).toBeGreaterThan(Date.parse(sick?.published_at ?? ""));
  });

  test("a foreign pack says of itself who it is", async () => {
    const { packs } = await overviewOf(it);
    expect(packs.find(({ ref }) => ref === "theirs")).toMatchObject({
      version: "3.1.0",
      label: "theirs",
      dialect: "attune",
      release: null,
      is_registered: null,
    });
  });

  test("states are those of `packsync status`", async () => {
    const { packs } = await overviewOf(it);
    const status: { packs: { ref: string; state: string }[] } = JSON.parse(
      it.packsync(["status", "--format", "json"]).stdout,
    );
    const known = packs.filter(({ state }) => state !== "foreign");
    expect(known.map(({ ref, state }) => ({ ref, state }))).toEqual(
      status.packs.map(({ ref, state }) => ({ ref, state })),
    );
  });

  test("without a daemon it says so, and is right all the same", async () => {
    const { daemon, volume } = await overviewOf(it);
    expect(volume).toBe(it.at("volume"));
    expect(daemon).toMatchObject({ is_running: false, pid: null, since: null, faults: [], lag_ms: 0, services: [] });
    expect(daemon.pipeline.map(({ stage, state }) => `${stage} ${state}`)).toEqual(
      ["watch", "settle", "scan", "validate", "stage", "publish", "register", "signal"].map((name) => `${name} idle`),
    );
    expect(daemon.sources).toEqual([
      expect.objectContaining({ name: "packs", kind: "production", path: it.at("packs"), watching: null, packs: 5 }),
      expect.objectContaining({ name: "packs.dev", kind: "development", packs: 0 }),
    ]);
  });

  test("who may only read is told so, who may not even that sees nothing", async () => {
    expect((await overviewOf(it)).may_change).toBe(true);
    expect((await overviewOf(it, READER)).may_change).toBe(false);
    expect((await it.send("GET", "/api/v1/overview", undefined, { authorization: "" })).status).toBe(401);
  });
});

test("before the first sync there are the sources, and what others have in the volume", async () => {
  await using it = await served({ packs: { good: pack("good") } });
  expect(await overviewOf(it)).toMatchObject({ packs: [], database: null, daemon: { is_running: false } });
  it.write("volume", { theirs: { "pack.yaml": manifest("theirs") }, broken: { "pack.yaml": brokenYaml } });
  const { packs, daemon } = await overviewOf(it);
  expect(packs.map(({ ref, state, version }) => [ref, state, version])).toEqual([
    ["broken", "foreign", null],
    ["theirs", "foreign", "1.0.0"],
  ]);
  expect(daemon.sources.map(({ name, packs: count }) => [name, count])).toContainEqual(["packs", 0]);
});
