import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../src/install/limits.ts";
import { fifo } from "../scenarios/support/tree.ts";
import { tarGzOf, zipOf } from "../support/archives.ts";
import { testWith } from "../support/requires.ts";
import { serveWeb } from "../support/web.ts";
import { downloading, manifest } from "./downloading.ts";

const network = { allowed: ["127.0.0.1"], tls: "verified" } as const;
const archiveOf = (ref: string, version = "1.0.0") =>
  tarGzOf([{ name: `${ref}-main/pack.yaml`, content: manifest(ref, version) }]);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("local sources", () => {
  test("a directory is copied, without .git, and stays as it was", async () => {
    using it = downloading({
      demo: { "pack.yaml": manifest("demo"), ".git": { config: "" }, lib: { "a.py": "pass\n" } },
    });
    const before = it.tree("packs");
    expect(await it.one("./packs/demo")).toEqual({
      source: "./packs/demo",
      sourceType: "local_directory",
      packPath: it.at("into/demo"),
      packRef: "demo",
      packVersion: "1.0.0",
      gitCommit: undefined,
      checksum: `sha256:${sha256(Buffer.from(`lib/a.pypass\npack.yaml${manifest("demo")}`))}`,
    });
    expect(Object.keys(it.tree("into/demo"))).toEqual(["lib", "lib/a.py", "pack.yaml"]);
    expect(it.tree("packs")).toEqual(before);
  });

  test("a directory that is a .git itself has no pack, and that is what is said", async () => {
    using it = downloading({ demo: { "pack.yaml": manifest("demo"), ".git": { config: "" } } });
    expect(await it.failure("./packs/demo/.git")).toContain("pack.yaml");
  });

  test.for([
    { where: "at the top", tree: { "pack.yaml": manifest("demo") } },
    { where: "in `pack`", tree: { pack: { "pack.yaml": manifest("demo") }, aaa: { "pack.yaml": manifest("other") } } },
    {
      where: "in the first directory that has one",
      tree: { a: {}, b: { "pack.yaml": manifest("demo") }, c: { "pack.yaml": manifest("other") } },
    },
  ])("a pack is found $where", async ({ tree }) => {
    using it = downloading({ source: tree });
    expect(await it.one(it.at("packs/source"))).toMatchObject({ packRef: "demo" });
  });

  test("an archive is unpacked", async () => {
    using it = downloading();
    const archive = zipOf([{ name: "x/pack.yaml", content: manifest("demo") }]);
    writeFileSync(it.at("demo.zip"), archive);
    const expected = { sourceType: "local_archive", checksum: `sha256:${sha256(archive)}`, packRef: "demo" };
    expect(await it.one("./demo.zip")).toMatchObject(expected);
  });

  test.for([
    { what: "nothing", source: "./packs/none", error: /^Expected a directory or an archive at/ },
    { what: "no pack", source: "./packs/empty", error: /^Expected a `pack.yaml`/ },
    { what: "a pack without a version", source: "./packs/vague", error: /^Expected `version`/ },
    { what: "broken YAML", source: "./packs/broken", error: /./ },
    {
      what: "a link out of the pack",
      source: "./packs/linked",
      error: /^Expected links that stay in the pack, got `passwd`/,
    },
    { what: "a FIFO", source: "./packs/special", error: /^Expected files and directories/ },
    { what: "a manifest that is a link", source: "./packs/lured", error: /^Expected a `pack.yaml`/ },
  ])("$what is refused", async ({ source, error }) => {
    using it = downloading({
      empty: {},
      vague: { "pack.yaml": "ref: vague\n" },
      broken: { "pack.yaml": "ref: [\n" },
      linked: { "pack.yaml": manifest("linked"), passwd: (path) => symlinkSync("/etc/passwd", path) },
      special: { "pack.yaml": manifest("special"), fifo },
      lured: { "pack.yaml": (path) => symlinkSync("/etc/passwd", path) },
    });
    expect(await it.failure(source)).toMatch(error);
    expect(it.tree("into")).toEqual({});
  });

  test("links within the pack come along as links", async () => {
    using it = downloading({ demo: { "pack.yaml": manifest("demo"), link: (path) => symlinkSync("pack.yaml", path) } });
    await it.one("./packs/demo");
    expect(it.tree("into/demo")["link"]).toBe("link → pack.yaml");
  });

  test("an earlier download is replaced, anything else in its place is not, and each pack comes once", async () => {
    using it = downloading({
      old: { "pack.yaml": manifest("demo"), gone: "" },
      new: { "pack.yaml": manifest("demo", "2.0.0") },
    });
    await it.one("./packs/old");
    expect(await it.one("./packs/new")).toMatchObject({ packVersion: "2.0.0" });
    expect(Object.keys(it.tree("into/demo"))).toEqual(["pack.yaml"]);
    const { downloaded, failed } = await it.download(["./packs/new", "./packs/none", "./packs/old"]);
    expect(downloaded.map(({ source }) => source)).toEqual(["./packs/new"]);
    expect(failed.map(({ source }) => source)).toEqual(["./packs/none", "./packs/old"]);
    it.remove("into/demo");
    it.write("into/demo", { "precious.txt": "mine" });
    expect(await it.failure("./packs/new")).toMatch(/to be free or an earlier download/);
    expect(it.read("into/demo/precious.txt")).toBe("mine");
  });
});

describe("archives by HTTP", () => {
  test("a codeload URL without an ending, through a redirect; asked again it is revalidated, and changed it is fetched", async () => {
    using it = downloading();
    let archive = archiveOf("demo");
    const statuses: number[] = [];
    await using web = await serveWeb((request, response) => {
      if (request.url === "/o/r/tar.gz/main") return response.writeHead(302, { location: "/real" }).end();
      const etag = `"${sha256(archive)}"`;
      const isKnown = request.headers["if-none-match"] === etag;
      statuses.push(isKnown ? 304 : 200);
      return isKnown ? response.writeHead(304).end() : response.writeHead(200, { etag }).end(archive);
    });
    const url = `${web.url}/o/r/tar.gz/main`;
    const first = await it.one(url, { network });
    expect(first).toMatchObject({ sourceType: "archive", packRef: "demo", checksum: `sha256:${sha256(archive)}` });
    expect(await it.one(url, { network })).toEqual(first);
    archive = archiveOf("demo", "2.0.0");
    expect(await it.one(url, { network })).toMatchObject({ packVersion: "2.0.0" });
    expect(statuses).toEqual([200, 304, 200]);
  });

  test("what is damaged in the cache is fetched again", async () => {
    using it = downloading();
    const archive = archiveOf("demo");
    await using web = await serveWeb((request, response) =>
      request.headers["if-none-match"] === undefined
        ? response.writeHead(200, { etag: '"1"' }).end(archive)
        : response.writeHead(304).end(),
    );
    await it.one(`${web.url}/a`, { network });
    writeFileSync(it.at(`cache/sha256/${sha256(archive)}`), "garbage");
    expect(await it.one(`${web.url}/a`, { network })).toMatchObject({ checksum: `sha256:${sha256(archive)}` });
  });

  test("the cache keeps within its limit: what was used longest ago leaves", async () => {
    using it = downloading();
    const archives = ["aa", "bb", "cc"].map((name, index) =>
      zipOf([
        { name: "pack.yaml", content: manifest(name) },
        { name: "noise", content: noise(400_000, index) },
      ]),
    );
    await using web = await serveWeb((request, response) => response.end(archives[Number(request.url?.slice(1))]));
    for (const [index] of archives.entries()) await it.one(`${web.url}/${index}`, { network, now: () => 1e12 + index });
    const kept = Object.keys(it.tree("cache/sha256"));
    expect(kept.sort()).toEqual(archives.slice(1).map(sha256).sort());
  });

  test.for([
    { what: "another status", headers: {}, status: 404, error: /to answer 200, got 404$/ },
    {
      what: "a redirect to this machine",
      headers: { location: "http://127.0.0.1:1/x" },
      status: 302,
      error: /public addresses/,
    },
    {
      what: "a redirect to the cloud's own",
      headers: { location: "http://169.254.169.254/latest/meta-data" },
      status: 307,
      error: /public addresses/,
    },
    {
      what: "a redirect to a name of this machine",
      headers: { location: "http://localhost:1/x" },
      status: 302,
      error: /public addresses/,
    },
    { what: "a redirect to IPv6", headers: { location: "http://[::1]:1/x" }, status: 302, error: /public addresses/ },
    {
      what: "a redirect to a file",
      headers: { location: "file:///etc/passwd" },
      status: 301,
      error: /^Expected an http or https URL/,
    },
    { what: "redirects without end", headers: { location: "/again" }, status: 308, error: /at most 5 redirects/ },
    {
      what: "a redirect that leads nowhere",
      headers: { location: "http://[" },
      status: 302,
      error: /to redirect to a URL/,
    },
  ])("$what is refused", async ({ headers, status, error }) => {
    using it = downloading();
    await using web = await serveWeb((_, response) => response.writeHead(status, headers).end());
    expect(await it.failure(`${web.url}/a.tgz`, { network: { ...network, allowed: [web.host] } })).toMatch(error);
  });

  test("too much, a broken connection, no answer, a private address: each is said, nothing is left", async () => {
    using it = downloading();
    await using web = await serveWeb((request, response) => {
      if (request.url === "/slow") return;
      response.writeHead(200, { "content-length": "5000" });
      if (request.url === "/broken") response.write("x", () => response.destroy());
      else response.end(Buffer.alloc(5000));
    });
    expect(await it.failure(`${web.url}/large`, { network, limits: { ...LIMITS, archiveBytes: 4999 } })).toMatch(
      /at most 4999 bytes/,
    );
    expect(await it.failure(`${web.url}/broken`, { network })).toMatch(/^Expected an answer of http/);
    expect(await it.failure(`${web.url}/slow`, { network }, { timeoutSeconds: 1 })).toBe(
      "Expected the pack within 1 s, got no end",
    );
    const calls = web.calls.length;
    expect(await it.failure(`${web.url}/large`)).toMatch(/public addresses/);
    expect(web.calls).toHaveLength(calls);
    expect(it.tree("into")).toEqual({});
  });

  test("credentials go to their origin only", async () => {
    using it = downloading();
    const seen: (string | undefined)[] = [];
    await using other = await serveWeb((request, response) => {
      seen.push(request.headers.authorization);
      response.end(archiveOf("demo"));
    });
    await using web = await serveWeb((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: request.url === "/a" ? "/b" : other.url }).end();
    });
    const pack = await it.one(`http://me:secret@${web.host}/a`, { network });
    const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(seen).toEqual([basic, basic, undefined]);
    expect(JSON.stringify(pack)).not.toContain("secret");
  });

  testWith(
    { tools: ["openssl"] },
    "a certificate of nobody's is refused, unless certificates do not count",
    async () => {
      using it = downloading();
      const subject = ["-subj", "/CN=localhost", "-keyout", it.at("key"), "-out", it.at("cert")];
      execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", ...subject], {
        stdio: "ignore",
      });
      const tls = { key: readFileSync(it.at("key")), cert: readFileSync(it.at("cert")) };
      const server = createServer(tls, (_, response) => response.end(archiveOf("demo"))).listen(0, "127.0.0.1");
      await once(server, "listening");
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
      try {
        expect(await it.failure(url, { network })).toMatch(/certificate/);
        expect(await it.one(url, { network: { ...network, tls: "unverified" } })).toMatchObject({ packRef: "demo" });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );
});

describe("registries", () => {
  const entry = (ref: string, sources: object[], version = "1.0.0") => ({
    ref,
    label: ref,
    version,
    install_sources: sources,
  });
  const indexOf = (...packs: object[]) => JSON.stringify({ registry_name: "test", version: "1.0", packs });

  /** Registries in files, the first one first. */
  async function withRegistries(
    run: (it: ReturnType<typeof downloading>, given: (...indexes: string[]) => object) => Promise<void>,
  ) {
    using it = downloading();
    mkdirSync(it.at("registries"));
    await run(it, (...indexes) => ({
      network,
      registries: indexes
        .map((index, at) => {
          writeFileSync(it.at(`registries/${at}.json`), index);
          return { url: `file://${it.at(`registries/${at}.json`)}`, priority: at, plainHttp: "refused" };
        })
        .reverse(),
    }));
  }

  test("an index is believed for an hour, then revalidated; archives with a checksum are never fetched twice", async () => {
    using it = downloading();
    const archive = archiveOf("demo");
    const seen: string[] = [];
    await using web = await serveWeb((request, response) => {
      const isKnown = request.headers["if-none-match"] === '"1"';
      seen.push(`${request.url} ${isKnown ? 304 : 200}`);
      if (isKnown) response.writeHead(304).end();
      else
        response
          .writeHead(200, { etag: '"1"' })
          .end(
            indexOf(
              entry("demo", [{ type: "archive", url: "https://192.0.2.1/a", checksum: `SHA256:${sha256(archive)}` }]),
            ),
          );
    });
    let now = 1e12;
    const registries = [{ url: `${web.url}/index.json`, priority: 1, plainHttp: "allowed" as const }];
    const deps = { network, registries, now: () => now };
    expect(await it.failure("demo", deps)).toMatch(/public addresses/);
    mkdirSync(it.at("cache/sha256"), { recursive: true });
    writeFileSync(it.at(`cache/sha256/${sha256(archive)}`), archive);
    expect(await it.one("demo", deps)).toMatchObject({ sourceType: "registry", checksum: `sha256:${sha256(archive)}` });
    now += 3_600_001;
    expect(await it.one("demo@^1.0", deps)).toMatchObject({ packVersion: "1.0.0" });
    expect(seen).toEqual(["/index.json 200", "/index.json 304"]);
    expect(
      await it.failure("demo", {
        ...deps,
        registries: [{ url: `${web.url}/index.json`, priority: 1, plainHttp: "refused" }],
        cache: undefined,
      }),
    ).toMatch(/^Expected an https URL/);
  });

  testWith({ tools: ["git"] }, "a wrong checksum, none, a weak one, another version, another pack: refused", () =>
    withRegistries(async (it, given) => {
      writeFileSync(it.at("a.tgz"), archiveOf("demo"));
      const wrong = `sha256:${"0".repeat(64)}`;
      const git = (checksum?: string) => ({
        type: "git",
        url: `file://${it.at("repo")}`,
        ...(checksum !== undefined && { checksum }),
      });
      const failure = (source: object, name = "demo") => it.failure(name, given(indexOf(entry("demo", [source]))));
      mkdirSync(it.at("repo"));
      writeFileSync(it.at("repo/pack.yaml"), manifest("demo"));
      execFileSync(
        "sh",
        ["-c", "git init -q && git add -A && git -c user.name=t -c user.email=t@example.com commit -qm 1"],
        { cwd: it.at("repo") },
      );
      const right = `sha256:${sha256(Buffer.from(`pack.yaml${manifest("demo")}`))}`;
      const commit = execFileSync("git", ["rev-parse", "HEAD"], { cwd: it.at("repo"), encoding: "utf8" }).trim();
      expect(await failure(git(wrong))).toMatch(/^Expected the repository to have sha256:000/);
      expect(await failure(git())).toMatch(/checksum or a commit, got none/);
      expect(await failure(git("md5:abc"))).toMatch(/`sha256:…` or `sha512:…`/);
      expect(await failure({ type: "archive", url: "https://example.com/a" })).toMatch(
        /checksum or a commit, got none/,
      );
      expect(await failure({ type: "oci", url: "x" })).toMatch(/`install_sources`/);
      expect(await failure(git(right), "demo@2.0.0")).toMatch(/^Expected `demo` 2.0.0, got 1.0.0/);
      expect(await failure(git(right), "none")).toMatch(/to be in a registry/);
      expect(await it.failure("other", given(indexOf(entry("other", [git(right)]))))).toMatch(
        /^Expected the pack `other`, got `demo`/,
      );
      expect(await it.one("demo", given(indexOf(entry("demo", [git(right)]))))).toMatchObject({
        sourceType: "registry",
        gitCommit: commit,
      });
      expect(
        await it.one("demo@latest", given(indexOf(entry("demo", [{ ...git(wrong), ref: commit }])))),
      ).toMatchObject({ gitCommit: commit });
    }),
  );

  testWith(
    { tools: ["openssl"] },
    "an archive is compared with its sha256 or sha512; a place out of reach is passed over, a wrong checksum is not",
    async () => {
      using it = downloading();
      const archive = archiveOf("demo");
      const tls = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
      execFileSync("openssl", [...tls, "-keyout", it.at("key"), "-out", it.at("cert")], { stdio: "ignore" });
      const server = createServer(
        { key: readFileSync(it.at("key")), cert: readFileSync(it.at("cert")) },
        (request, response) => (request.url === "/a" ? response.end(archive) : response.writeHead(503).end()),
      ).listen(0, "127.0.0.1");
      await once(server, "listening");
      const place = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const source = (path: string, checksum: string) => ({ type: "archive", url: `${place}${path}`, checksum });
      const sha512 = `sha512:${createHash("sha512").update(archive).digest("hex")}`;
      const deps = (...sources: object[]) => {
        writeFileSync(it.at("index.json"), indexOf(entry("demo", sources)));
        const registries = [{ url: `file://${it.at("index.json")}`, priority: 1, plainHttp: "refused" as const }];
        return { registries, network: { ...network, tls: "unverified" as const }, cache: undefined };
      };
      try {
        const wrong = source("/a", `sha256:${"0".repeat(64)}`);
        expect(await it.one("demo", deps(source("/down", sha512), source("/a", sha512)))).toMatchObject({
          checksum: sha512,
        });
        expect(await it.failure("demo", deps(wrong, source("/a", sha512)))).toMatch(/to have sha256:000/);
        expect(await it.failure("demo", deps(source("/down", sha512)))).toMatch(/to answer 200, got 503/);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  test("the first registry that has a pack gives it; one that cannot be read ends the search", () =>
    withRegistries(async (it, given) => {
      const packs = indexOf(
        entry("demo", [{ type: "archive", url: "https://127.0.0.1:1/a", checksum: `sha256:${"0".repeat(64)}` }]),
      );
      expect(await it.failure("demo", given(indexOf(), packs))).toMatch(/^Expected an answer of https:\/\/127.0.0.1:1/);
      expect(await it.failure("demo", given("{", packs))).toMatch(/to be an index of packs/);
      expect(await it.failure("demo", given('{"packs": 1}', packs))).toMatch(/to be an index of packs/);
      const gone = { registries: [{ url: "file:///none.json", priority: 0, plainHttp: "refused" as const }] };
      expect(await it.failure("demo", gone)).toMatch(/^Expected to read the registry/);
    }));
});

/** Bytes that do not compress, the same at every run. */
function noise(length: number, seed: number): Buffer {
  const blocks = Array.from({ length: length / 32 }, (_, index) =>
    createHash("sha256").update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(blocks);
}
