import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { InstallConfig } from "../src/config/config.ts";
import { download, fetchOrder } from "../src/downloads.ts";
import { manifest } from "./install/downloading.ts";
import { story } from "./scenarios/support/story.ts";
import { tarGzOf } from "./support/archives.ts";
import { testConfig } from "./support/sync.ts";
import { serveWeb, type Web } from "./support/web.ts";

const around = { cwd: "/work", env: { HOME: "/home/me" } };
const configured = (install: Partial<InstallConfig>) => {
  const config = testConfig("/nowhere");
  return { ...config, install: { ...config.install, ...install } };
};

describe("what a run says goes before what is configured", () => {
  const one = { url: "https://one.example/index.json", priority: 10, headers: { authorization: "x" } };
  const two = "https://two.example/index.json";

  test.for([
    { what: "nothing: the platform's", install: {}, choices: {}, wanted: ["https://registry.attune.io/index.json"] },
    { what: "the configured ones", install: { registries: [one, two] }, choices: {}, wanted: [one, two] },
    { what: "none, configured", install: { registries: [] }, choices: {}, wanted: [] },
    {
      what: "those of the run, with the headers that are configured for them, in their order",
      install: { registries: [one, two] },
      choices: { registries: ["https://three.example/i.json", one.url] },
      wanted: ["https://three.example/i.json", { ...one, priority: 100 }],
    },
  ])("registries: $what", ({ install, choices, wanted }) => {
    expect(fetchOrder(configured(install), choices, around).registries).toEqual(wanted);
  });

  test.for([
    { install: {}, choices: {}, env: { HOME: "/home/me" }, cache: "/home/me/.cache/packsync" },
    { install: {}, choices: {}, env: { HOME: "/home/me", XDG_CACHE_HOME: "/c" }, cache: "/c/packsync" },
    { install: {}, choices: {}, env: {}, cache: undefined },
    { install: { cache: "kept" }, choices: {}, env: {}, cache: "/work/kept" },
    { install: { cache: "/kept" }, choices: { cache: "mine" }, env: {}, cache: "/work/mine" },
    { install: { cache: "/kept" }, choices: { cache: false as const }, env: {}, cache: undefined },
  ])("the cache: $install $choices $env", ({ install, choices, env, cache }) => {
    expect(fetchOrder(configured(install), choices, { cwd: "/work", env })).toMatchObject({ cacheBytes: 2 ** 30 });
    expect(fetchOrder(configured(install), choices, { cwd: "/work", env }).cache).toBe(cache);
  });

  test("hosts that may be private come together, submodules are as was said last", () => {
    const config = configured({ allowPrivate: ["a"], submodules: "fetch", cacheBytes: 5 });
    expect(fetchOrder(config, { allowed: ["b"] }, around)).toMatchObject({
      allowed: ["a", "b"],
      submodules: "fetch",
      cacheBytes: 5,
      tls: "verified",
      plainHttp: "refused",
    });
    expect(fetchOrder(config, { submodules: "refuse" }, around).submodules).toBe("refuse");
  });
});

describe("headers of a registry", () => {
  const TOKEN = "Bearer very-hidden";
  const archive = tarGzOf([{ name: "demo/pack.yaml", content: manifest("demo") }]);
  const checksum = `sha256:${createHash("sha256").update(archive).digest("hex")}`;

  /** An index and an archive, for those who have the token; `/away` leads to the other one. */
  const registry = (seen: (string | undefined)[], place: () => string) =>
    serveWeb((request, response) => {
      const { authorization } = request.headers;
      seen.push(authorization);
      if (authorization !== TOKEN) return response.writeHead(401).end();
      if (request.url === "/away") return response.writeHead(302, { location: place() }).end();
      if (request.url !== "/index.json") return response.end(archive);
      const source = { type: "archive", url: place(), checksum };
      return response.end(JSON.stringify({ packs: [{ ref: "demo", version: "1.0.0", install_sources: [source] }] }));
    });
  const open = (seen: (string | undefined)[]) =>
    serveWeb((request, response) => {
      seen.push(request.headers.authorization);
      response.end(archive);
    });
  const run = async (web: Web, into: string, headers: Readonly<Record<string, string>> | undefined) => {
    const registries = [{ url: `${web.url}/index.json`, allowHttp: true, headers }];
    const config = configured({ registries, allowPrivate: ["127.0.0.1"] });
    const order = fetchOrder(config, { cache: false }, around);
    const all = { ...order, sources: ["demo"], destination: into, ref: undefined, timeoutSeconds: 60 };
    return await download(all, new AbortController().signal);
  };

  test("open its index and what it has itself", async () => {
    using it = story();
    const seen: (string | undefined)[] = [];
    await using web: Web = await registry(seen, (): string => `${web.url}/demo.tgz`);
    expect((await run(web, it.at("into"), { Authorization: TOKEN })).downloaded).toHaveLength(1);
    expect(seen).toEqual([TOKEN, TOKEN]);
    const { failed } = await run(web, it.at("into"), { authorization: "Bearer wrong-hidden" });
    expect(failed).toMatchObject([{ error: `Expected ${web.url}/index.json to answer 200, got 401` }]);
    expect(JSON.stringify(failed)).not.toMatch(/hidden/);
  });

  test("go nowhere else: neither to another port by what the index says, nor by a redirect", async () => {
    using it = story();
    const [own, others]: [(string | undefined)[], (string | undefined)[]] = [[], []];
    await using other = await open(others);
    await using named = await registry(own, () => `${other.url}/demo.tgz`);
    expect((await run(named, it.at("named"), { authorization: TOKEN })).failed).toEqual([]);
    expect(others).toEqual([undefined]);
    let hops = 0;
    await using leading: Web = await registry(own, (): string =>
      hops++ === 0 ? `${leading.url}/away` : `${other.url}/demo.tgz`,
    );
    expect((await run(leading, it.at("leading"), { authorization: TOKEN })).failed).toEqual([]);
    expect(others).toEqual([undefined, undefined]);
    expect(own.filter((each) => each !== TOKEN)).toEqual([]);
  });
});
