import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenYaml, manifest, pack, script } from "../../scenarios/support/packs.ts";
import { type Served, served } from "../serving.ts";

const HOSTILE = `<img src=x onerror=alert(1)>\u202e`;

describe("one pack", () => {
  let it: Served;
  const get = (path: string) => it.send("GET", `/api/v1/packs/${path}`);

  beforeAll(async () => {
    const echo = `ref: core.echo\nlabel: echo\ndescription: "${HOSTILE}"\nrunner_type: shell\nentry_point: echo.sh\nparameters:\n  message: {type: string, required: true, default: 1.0}\noutput: {done: {type: boolean}}\n`;
    it = await served({
      packs: {
        core: pack("core", { actions: { "echo.yaml": echo, "echo.sh": script("echo") } }),
        sick: pack("sick"),
        never: { "pack.yaml": `ref: never\nlabel: [1\nversion: "1.0.0"\n` },
        "No Ref!": { "pack.yaml": "ref: No Ref!\n" },
      },
    });
    it.write("packs.dev", { core: pack("core", {}, "9.0.0") });
    it.write("volume", {
      theirs: {
        ...pack("theirs", {}, "3.1.0"),
        "pack.yaml": `${manifest("theirs", "3.1.0")}description: ${HOSTILE.slice(0, 8)}\n`,
      },
    });
    expect(it.once().code).toBe(1);
    it.write(
      "packs/sick/actions/echo.yaml",
      "ref: sick.echo\nlabel: echo\nrunner_type: [shell\nentry_point: echo.sh\n",
    );
    expect(it.once().code).toBe(1);
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test("a finding has the lines that it is about, marked where it is", async () => {
    const { status, json } = await get("sick/detail");
    expect(status).toBe(200);
    expect(json.data).toMatchObject({
      ref: "sick",
      state: "invalid",
      source: "packs",
      source_path: it.at("packs/sick"),
      errors: 1,
      catalogs: [{ catalog: "packsync", state: "registered", since: null, why: null }],
    });
    const [finding] = json.data.findings;
    expect(finding).toMatchObject({ severity: "error", file: "actions/echo.yaml", line: expect.any(Number) });
    const lines = it.read("packs/sick/actions/echo.yaml").split("\n");
    for (const { line, text } of finding.frame) expect(text).toBe(lines[line - 1]);
    const marked = finding.frame.filter((each: { marked: unknown }) => each.marked !== null);
    expect(marked).toEqual([
      { line: finding.line, text: lines[finding.line - 1], marked: [finding.column - 1, expect.any(Number)] },
    ]);
  });

  test("what was changed since it was judged is not shown", async () => {
    const before = it.read("packs/sick/actions/echo.yaml");
    it.write("packs/sick/actions/echo.yaml", `# another file\n${before}`);
    const changed = await get("sick/detail");
    expect(changed.json.data.findings).toHaveLength(1);
    expect(changed.json.data.findings[0].frame).toEqual([]);
    expect(it.once().code).toBe(1);
    expect((await get("sick/detail")).json.data.findings[0].frame).not.toEqual([]);
  });

  test("no link leads a finding's lines elsewhere", async () => {
    const file = it.at("packs/sick/actions/echo.yaml");
    const text = it.read("packs/sick/actions/echo.yaml");
    writeFileSync(it.at("secret.yaml"), text);
    rmSync(file);
    symlinkSync(it.at("secret.yaml"), file);
    expect((await get("sick/detail")).json.data.findings[0].frame).toEqual([]);
    rmSync(file);
    it.write("packs/sick/actions/echo.yaml", text);
    expect(it.once().code).toBe(1);
  });

  test.for([
    { ref: "never", state: "rejected", what: { source: "packs", release: null, catalogs: [] } },
    {
      ref: "theirs",
      state: "foreign",
      what: { version: "3.1.0", description: "<img src", findings: [], source_path: null },
    },
    { ref: "core", state: "live", what: { version: "9.0.0", source: "packs.dev", shadowed_by: null } },
  ])("is there also when nobody registered it: $ref is $state", async ({ ref, state, what }) => {
    const { status, json } = await get(`${ref}/detail`);
    expect(status).toBe(200);
    expect(json.data).toMatchObject({ ref, state, ...what });
  });

  test("a pack that another source hides is asked for by its source", async () => {
    const { json } = await get("core/detail?source=packs");
    expect(json.data).toMatchObject({ ref: "core", state: "shadowed", source: "packs", shadowed_by: "packs.dev" });
    expect((await get("core/detail?source=elsewhere")).status).toBe(404);
  });

  test("a directory that can be no pack is found by its name", async () => {
    const { status, json } = await get(`${encodeURIComponent("No Ref!")}/detail`);
    expect(status).toBe(200);
    expect(json.data).toMatchObject({ ref: "No Ref!", state: "rejected", directory: "No Ref!" });
  });

  test.for(["nothing", "..%2f..%2fetc", "%00", "core%2factions", "constructor"])("nobody knows %s", async (ref) => {
    for (const rest of ["detail", "files", "components", "diff"]) {
      const { status, json } = await get(`${ref}/${rest}`);
      expect({ rest, status, code: json.code }).toEqual({ rest, status: 404, code: "NOT_FOUND" });
    }
  });

  test("components have their schemas, as their definitions have them", async () => {
    it.remove("packs.dev/core");
    expect(it.once(["--allow-removals"]).code).toBe(1);
    const { json } = await get("core/components");
    expect(json.data).toEqual([
      {
        kind: "action",
        ref: "core.echo",
        label: "echo",
        description: HOSTILE,
        file: "actions/echo.yaml",
        runner: "shell",
        entry_point: "echo.sh",
        parameters: { message: { type: "string", required: true, default: 1 } },
        output: { done: { type: "boolean" } },
      },
    ]);
    expect((await get("theirs/components")).json.data).toMatchObject([{ kind: "action", ref: "theirs.echo" }]);
    expect((await get("never/components")).json.data).toEqual([]);
  });
});

describe("files", () => {
  let it: Served;
  const files = async (query = "", ref = "core") => {
    const { status, json } = await it.send("GET", `/api/v1/packs/${ref}/files${query}`);
    expect(status, JSON.stringify(json)).toBe(200);
    return json.data;
  };

  beforeAll(async () => {
    const data = Object.fromEntries(
      Array.from({ length: 25 }, (_, index) => [`f${String(index).padStart(2, "0")}.txt`, "x"]),
    );
    it = await served({ packs: { core: pack("core", { data, [`${HOSTILE}\u0007`]: "text" }) } });
    expect(it.once().code).toBe(0);
    it.write("volume/core/mine.txt", "not packsync's");
    mkdirSync(it.at("volume/core/cache"));
    symlinkSync("/etc/passwd", it.at("volume/core/cache/link"));
    it.write("volume/core/data/f03.txt", "changed");
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test("whose each is, as it is in the volume", async () => {
    const all = await files();
    expect(all).toMatchObject({ release: expect.stringMatching(/^1-/), total: 31 });
    const found = new Map(all.files.map((file: { path: string }) => [file.path, file]));
    expect(found.get("actions/echo.sh")).toMatchObject({ fate: "published", kind: "file", mode: "755", note: null });
    expect(found.has(`${HOSTILE}\\u0007`)).toBe(true);
    expect(found.get("mine.txt")).toMatchObject({ fate: "foreign", size: 14, note: null });
    expect(found.get("cache/link")).toMatchObject({ fate: "foreign", kind: "symlink" });
    expect(found.get("data/f03.txt")).toMatchObject({ fate: "published", size: 7, note: "somebody else changed it" });
  });

  test("page after page gives each once, in order", async () => {
    const all: string[] = (await files()).files.map(({ path }: { path: string }) => path);
    const paged: string[] = [];
    for (let after = ""; ; ) {
      const page = await files(`?limit=7${after}`);
      if (page.files.length === 0) break;
      paged.push(...page.files.map(({ path }: { path: string }) => path));
      after = `&after=${encodeURIComponent(paged.at(-1) ?? "")}`;
    }
    expect(paged).toEqual(all);
    expect(all).toEqual([...all].sort());
  });

  test("are searched by a part of their path", async () => {
    const { total, files: found } = await files("?q=DATA/F1");
    expect(total).toBe(10);
    expect(found[0].path).toBe("data/f10.txt");
    expect(await files("?q=nowhere")).toMatchObject({ total: 0, files: [] });
  });

  test.for(["limit=0", "limit=1001", "limit=x"])("no part: %s", async (query) => {
    expect((await it.send("GET", `/api/v1/packs/core/files?${query}`)).status).toBe(400);
  });
});

describe("differences", () => {
  let it: Served;
  const diff = (query: string) => it.send("GET", `/api/v1/packs/core/diff${query}`);

  beforeAll(async () => {
    it = await served({ packs: { core: pack("core") } });
    expect(it.once().code).toBe(0);
    it.write("packs/core/actions/echo.sh", "#!/bin/sh\necho other\n");
    it.write("packs/core/pack.yaml", manifest("core", "1.1.0"));
    it.write("packs/core/new.bin", `\0${"x".repeat(10)}`);
    expect(it.once().code).toBe(0);
  });
  afterAll(() => it[Symbol.asyncDispose]());

  test.for(["", "?from=1", "?from=1&to=2"])("by value and by line%s", async (query) => {
    const { status, json } = await diff(query);
    expect(status).toBe(200);
    expect(json.data).toMatchObject({ from: expect.stringMatching(/^1-/), to: expect.stringMatching(/^2-/) });
    expect(json.data.files).toEqual([
      {
        path: "actions/echo.sh",
        kind: "changed",
        keys: [],
        lines: expect.arrayContaining(["-echo hello", "+echo other"]),
        note: null,
      },
      { path: "new.bin", kind: "added", keys: [], lines: [], note: expect.stringContaining("not text") },
      {
        path: "pack.yaml",
        kind: "changed",
        keys: [{ path: "version", before: '"1.0.0"', after: '"1.1.0"' }],
        lines: [],
        note: null,
      },
    ]);
  });

  test.for(["?from=7", "?from=1&to=9-00000000"])("no such release: %s", async (query) => {
    expect((await diff(query)).status).toBe(404);
  });

  test("an end without a beginning is no question", async () => {
    expect((await diff("?to=1")).status).toBe(400);
  });
});

test("before the first sync a foreign pack has files and components", async () => {
  await using it = await served({ packs: { broken: { "pack.yaml": brokenYaml } } });
  it.write("volume", { theirs: pack("theirs") });
  const files = await it.send("GET", "/api/v1/packs/theirs/files");
  expect(files.json.data).toMatchObject({ release: null, total: 3 });
  expect(files.json.data.files[0]).toMatchObject({ path: "actions/echo.sh", fate: "foreign" });
  expect((await it.send("GET", "/api/v1/packs/theirs/components")).json.data).toHaveLength(1);
  expect((await it.send("GET", "/api/v1/packs/broken/detail")).status).toBe(404);
});

test("a link in the volume is no pack: nothing of where it leads is shown", async () => {
  await using it = await served({ packs: { core: pack("core") } });
  expect(it.once().code).toBe(0);
  it.write("elsewhere", pack("linked"));
  symlinkSync(it.at("elsewhere"), it.at("volume/linked"));
  for (const part of ["files", "components"])
    expect((await it.send("GET", `/api/v1/packs/linked/${part}`)).status, part).toBe(404);
  rmSync(it.at("volume/core"), { recursive: true });
  symlinkSync(it.at("elsewhere"), it.at("volume/core"));
  it.write("elsewhere/secret.txt", "of somebody else");
  const { json } = await it.send("GET", "/api/v1/packs/core/files");
  expect(json.data.files.map(({ path }: { path: string }) => path)).not.toContain("secret.txt");
});
