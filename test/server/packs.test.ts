import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pack } from "../scenarios/support/packs.ts";
import { executable } from "../scenarios/support/tree.ts";
import { type Served, served } from "./serving.ts";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const described = `ref: described
label: All that a pack says
description: Says a lot
version: "2.0.0"
tags: [a, b]
runtime_deps: [python]
is_standard: true
dependencies: [core]
conf_schema: {type: object, properties: {}}
config: {limit: 1.0, since: 2026-01-01}
meta: {keywords: [x]}
`;

describe("reading", () => {
  let it: Served;

  beforeAll(async () => {
    it = await served({
      packs: {
        core: pack("core"),
        described: { "pack.yaml": described },
        ...Object.fromEntries(["p1", "p2", "p3"].map((ref) => [ref, pack(ref)])),
      },
    });
    expect(it.once().code).toBe(0);
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test("packs are listed in the platform's names, with what packsync knows beside it", async () => {
    const { status, json } = await it.send("GET", "/api/v1/packs");
    expect(status).toBe(200);
    expect(json.pagination).toEqual({ page: 1, page_size: 50, total_items: 5, total_pages: 1 });
    expect(json.data.map(({ ref }: { ref: string }) => ref)).toEqual(["core", "described", "p1", "p2", "p3"]);
    expect(json.data[0]).toEqual({
      id: expect.any(Number),
      ref: "core",
      label: "core",
      description: null,
      version: "1.0.0",
      tags: [],
      runtime_deps: [],
      is_standard: false,
      created: expect.stringMatching(ISO),
      updated: expect.stringMatching(ISO),
      dialect: "attune",
      release: expect.stringMatching(/^1-[0-9a-f]{8}$/),
      catalogs: [{ catalog: "packsync", state: "registered" }],
      components: { action: 1 },
    });
    expect(new Set(json.data.map(({ id }: { id: number }) => id)).size).toBe(5);
  });

  test.for([
    { query: "?page=1&page_size=2", refs: ["core", "described"], page: 1, size: 2, pages: 3 },
    { query: "?page=3&page_size=2", refs: ["p3"], page: 3, size: 2, pages: 3 },
    { query: "?page=4&page_size=2", refs: [], page: 4, size: 2, pages: 3 },
    { query: "?page_size=1000", refs: ["core", "described", "p1", "p2", "p3"], page: 1, size: 100, pages: 1 },
    { query: "?colour=red", refs: ["core", "described", "p1", "p2", "p3"], page: 1, size: 50, pages: 1 },
  ])("a page of the list: $query", async ({ query, refs, page, size, pages }) => {
    const { json } = await it.send("GET", `/api/v1/packs${query}`);
    expect(json.data.map(({ ref }: { ref: string }) => ref)).toEqual(refs);
    expect(json.pagination).toEqual({ page, page_size: size, total_items: 5, total_pages: pages });
  });

  test.for(["page=0", "page=-1", "page=x", "page_size=0", "page_size=1.5", "page=1e400"])(
    "no page: %s",
    async (query) => {
      const { status, json } = await it.send("GET", `/api/v1/packs?${query}`);
      expect({ status, code: json.code }).toEqual({ status: 400, code: "BAD_REQUEST" });
      expect(json.error).toContain(`\`${query.split("=")[0]}\` to be a whole number >= 1`);
    },
  );

  test("one pack has what it says, its components and its versions", async () => {
    const { status, json } = await it.send("GET", "/api/v1/packs/described");
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        data: {
          id: expect.any(Number),
          ref: "described",
          label: "All that a pack says",
          description: "Says a lot",
          version: "2.0.0",
          tags: ["a", "b"],
          runtime_deps: ["python"],
          is_standard: true,
          created: expect.stringMatching(ISO),
          updated: expect.stringMatching(ISO),
          dialect: "attune",
          release: expect.any(String),
          catalogs: [{ catalog: "packsync", state: "registered" }],
          conf_schema: { type: "object", properties: {} },
          config: { limit: 1, since: "2026-01-01" },
          meta: { keywords: ["x"] },
          dependencies: ["core"],
          component_counts: {},
          components: [],
          versions: [{ version: "2.0.0", release: expect.any(String), since: expect.stringMatching(ISO) }],
        },
      },
    });
    const core = await it.send("GET", "/api/v1/packs/core");
    expect(core.json.data).toMatchObject({
      component_counts: { action: 1 },
      components: [{ kind: "action", ref: "core.echo", label: "echo" }],
    });
  });

  test("a pack that is not there: 404", async () => {
    const { status, json } = await it.send("GET", "/api/v1/packs/nothing");
    expect({ status, json }).toEqual({
      status: 404,
      json: {
        error: "Expected a pack that is there, got `nothing`.",
        code: "NOT_FOUND",
        message: "Expected a pack that is there, got `nothing`. `GET /api/v1/packs` lists them.",
        status: 404,
      },
    });
  });
});

describe("releases", () => {
  test("are listed, and the one before comes back", async () => {
    await using it = await served({ packs: { core: pack("core") } });
    it.once();
    it.write("packs/core/more.txt", "more");
    it.once();
    const before = await it.send("GET", "/api/v1/packs/core/releases");
    expect(before.status).toBe(200);
    const [second, first] = before.json.data;
    expect(second).toEqual({
      release: expect.stringMatching(/^2-/),
      version: "1.0.0",
      state: "live",
      origin: "sync",
      source: "packs",
      published_at: expect.stringMatching(ISO),
      displaced_at: null,
      restores: null,
      files: 4,
      bytes: expect.any(Number),
      changes: { added: 1, replaced: 0, removed: 0 },
    });
    expect(first).toMatchObject({
      release: expect.stringMatching(/^1-/),
      state: "kept",
      displaced_at: expect.stringMatching(ISO),
    });

    const wrong = await it.send("POST", "/api/v1/packs/core/rollback", { from: first.release });
    expect(wrong).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
    const unknown = await it.send("POST", "/api/v1/packs/core/rollback", { to: "77" });
    expect(unknown).toMatchObject({ status: 409, json: { code: "CONFLICT" } });
    expect(it.exists("volume/core/more.txt")).toBe(true);

    const back = await it.send("POST", "/api/v1/packs/core/rollback", { to: first.release, from: second.release });
    expect(back.status, back.text).toBe(200);
    expect(back.json).toEqual({
      data: {
        pack_ref: "core",
        version: "1.0.0",
        from: second.release,
        to: first.release,
        release: expect.stringMatching(/^3-/),
        changes: { added: 0, replaced: 0, removed: 1, preserved: 0, carried: 0 },
        returned: 0,
        diagnostics: expect.any(Array),
      },
    });
    expect(it.exists("volume/core/more.txt")).toBe(false);
    const after = await it.send("GET", "/api/v1/packs/core/releases");
    expect(after.json.data[0]).toMatchObject({ state: "pinned", restores: first.release });
  });

  test("of a pack that was never there: 404; without another release: 409", async () => {
    await using it = await served({ packs: { core: pack("core") } });
    it.once();
    expect((await it.send("GET", "/api/v1/packs/other/releases")).status).toBe(404);
    expect((await it.send("POST", "/api/v1/packs/other/rollback")).status).toBe(404);
    const { status, json } = await it.send("POST", "/api/v1/packs/core/rollback");
    expect({ status, code: json.code }).toEqual({ status: 409, code: "CONFLICT" });
  });

  test("before the first sync there is nothing", async () => {
    await using it = await served();
    expect((await it.send("GET", "/api/v1/packs")).json).toEqual({
      data: [],
      pagination: { page: 1, page_size: 50, total_items: 0, total_pages: 0 },
    });
    expect((await it.send("GET", "/api/v1/packs/core")).status).toBe(404);
    expect((await it.send("GET", "/api/v1/packs/core/releases")).status).toBe(404);
  });
});

describe("tests of a pack", () => {
  test("are run, and told in the platform's names", async () => {
    const run = executable("#!/bin/sh\necho 'Total Tests: 3'\necho 'Passed: 2'\necho 'Failed: 1'\nexit 1\n");
    const testing = "testing:\n  enabled: true\n  runners:\n    unit: {type: script, entry_point: tests/run.sh}\n";
    const manifest = `ref: tested\nlabel: Tested\nversion: "1.2.0"\n${testing}`;
    await using it = await served({
      packs: { tested: { "pack.yaml": manifest, tests: { "run.sh": run } }, core: pack("core") },
    });
    it.once();
    const { status, json } = await it.send("POST", "/api/v1/packs/tested/test");
    expect(status).toBe(200);
    expect(json.data).toMatchObject({
      packRef: "tested",
      packVersion: "1.2.0",
      executionTime: expect.stringMatching(ISO),
      status: "failed",
      totalTests: 3,
      passed: 2,
      failed: 1,
      skipped: 0,
      passRate: expect.closeTo(2 / 3),
      durationMs: expect.any(Number),
      testSuites: [
        {
          name: "unit",
          runnerType: "script",
          total: 3,
          passed: 2,
          failed: 1,
          skipped: 0,
          durationMs: expect.any(Number),
          testCases: expect.any(Array),
        },
      ],
    });
    const none = await it.send("POST", "/api/v1/packs/core/test");
    expect(none).toMatchObject({ status: 422, json: { code: "UNPROCESSABLE_ENTITY" } });
  });
});

describe("health", () => {
  test("without a daemon, the server is ready once there is a volume", async () => {
    await using it = await served({ packs: { core: pack("core") } });
    expect((await it.send("GET", "/healthz")).json).toEqual({ data: { status: "alive" } });
    if (it.exists("volume")) it.remove("volume");
    const before = await it.send("GET", "/readyz");
    expect(before).toMatchObject({ status: 503, json: { code: "SERVICE_UNAVAILABLE", status: 503 } });
    expect(before.json.error).toContain(`the volume ${it.at("volume")} is not there`);
    expect(before.headers.get("retry-after")).toBe("5");
    it.once();
    expect(await it.send("GET", "/readyz")).toMatchObject({ status: 200, json: { data: { status: "ready" } } });
  });

  test("a database that cannot be read: 503, and nothing of what is inside", async () => {
    await using it = await served({ packs: { core: pack("core") } });
    it.once();
    it.write("volume/.packsync/state.db", "no database at all ".repeat(1000));
    for (const path of ["/readyz", "/api/v1/packs", "/api/v1/packs/core"]) {
      const { status, json } = await it.send("GET", path);
      expect({ path, status, code: json.code }).toEqual({ path, status: 503, code: "SERVICE_UNAVAILABLE" });
    }
  });
});
