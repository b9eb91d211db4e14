import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { downloadPacks } from "../../src/install/download.ts";
import { LIMITS } from "../../src/install/limits.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { gitBackend, gitDaemon, makeRepository, type Repository } from "../support/git-server.ts";
import { describeWith } from "../support/requires.ts";
import { serveWeb, type Web } from "../support/web.ts";
import { downloading, manifest } from "./downloading.ts";

describeWith({ tools: ["git"] }, "git sources", () => {
  let home: Story;
  let repository: Repository;
  let open: Web;
  let secret: Web;
  let daemon: Awaited<ReturnType<typeof gitDaemon>>;

  beforeAll(async () => {
    home = story();
    mkdirSync(home.at("repos/demo.git/actions"), { recursive: true });
    repository = makeRepository(home.at("repos/demo.git"), (version) => {
      home.write("repos/demo.git/pack.yaml", manifest("demo", version));
      home.write("repos/demo.git/actions/run.sh", `#!/bin/sh\necho ${version}\n`);
    });
    open = await serveWeb(gitBackend(home.at("repos")));
    secret = await serveWeb(gitBackend(home.at("repos"), "p@ss:word"));
    daemon = await gitDaemon(home.at("repos"));
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await secret[Symbol.asyncDispose]();
    await open[Symbol.asyncDispose]();
    home[Symbol.dispose]();
  });
  const network = { allowed: ["127.0.0.1"], tls: "verified" } as const;

  test.for([
    { what: "its main branch", ref: undefined, wants: "main" },
    { what: "a branch", ref: "next", wants: "next" },
    { what: "a tag", ref: "v1.0.0", wants: "main" },
    { what: "a commit", ref: "commit", wants: "next" },
    { what: "a commit's short name", ref: "short", wants: "next" },
  ] as const)("over HTTP: $what", async ({ ref, wants }) => {
    using it = downloading();
    const names: Readonly<Record<string, string>> = { commit: repository.next, short: repository.next.slice(0, 9) };
    const pack = await it.one(`${open.url}/demo.git`, { network }, { ref: ref && (names[ref] ?? ref) });
    expect(pack).toMatchObject({
      sourceType: "git",
      packRef: "demo",
      gitCommit: repository[wants],
      packPath: it.at("into/demo"),
    });
    expect(pack.packVersion).toBe(wants === "main" ? "1.0.0" : "2.0.0");
    expect(Object.keys(it.tree("into/demo"))).toEqual(["actions", "actions/run.sh", "pack.yaml"]);
  });

  test("over git's own protocol and from a file, by a ref in the URL", async () => {
    using it = downloading();
    const over = await it.one(`git://${daemon.host}/demo.git#next`, { network });
    const file = await it.one(`file://${home.at("repos/demo.git")}@v1.0.0`, { network });
    expect([over.gitCommit, file.gitCommit]).toEqual([repository.next, repository.main]);
    expect(file.checksum).not.toBe(over.checksum);
  });

  test("credentials of the URL open it, and are in no result", async () => {
    using it = downloading();
    const place = `deploy:p%40ss%3Aword@${secret.host}`;
    const pack = await it.one(`http://${place}/demo.git`, { network });
    expect(pack).toMatchObject({ source: `http://${secret.host}/demo.git`, gitCommit: repository.main });
    const { failed } = await it.download(
      [`http://${place}/none.git`, `http://deploy:wrongword@${secret.host}/demo.git`],
      { network },
    );
    expect(failed).toHaveLength(2);
    expect(JSON.stringify(failed)).not.toMatch(/word/);
  });

  test("asks nobody for credentials", async () => {
    using it = downloading();
    expect(await it.failure(`${secret.url}/demo.git`, { network })).toMatch(
      /^Expected git to fetch the pack, got fatal: /,
    );
  });

  test.for([
    "--upload-pack=touch packsync-was-here",
    "ext::sh -c touch%20packsync-was-here",
    "git+ext::sh",
    "ssh://-oProxyCommand=touch/x",
    "git@-oProxyCommand=touch:x",
    "github:--upload-pack=x/y",
    "github:org/repo@--upload-pack=x",
    "fd::17/foo",
    "http://127.0.0.1/x.git#--upload-pack=x",
    "http://127.0.0.1/x.git#a:b",
    "http://127.0.0.1/x.git#+main",
    "http://127.0.0.1/x.git#main..next",
    "javascript:alert(1)",
  ])("no option and no command gets into git by `%s`", async (source) => {
    using it = downloading();
    expect(await it.failure(source, { network })).toMatch(/^Expected/);
    expect(it.exists("packsync-was-here")).toBe(false);
  });

  test("a private address is refused, by number and by name, whatever the protocol", async () => {
    using it = downloading();
    const port = open.host.split(":")[1];
    const places = ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "[::ffff:127.0.0.1]", "169.254.169.254"];
    const sources = places.flatMap((place) => [
      `http://${place}:${port}/demo.git`,
      `git://${place}:${port}/demo.git`,
      `ssh://git@${place}/x.git`,
    ]);
    const before = open.calls.length;
    const { downloaded, failed } = await it.download(sources);
    expect(downloaded).toEqual([]);
    expect(failed.filter(({ error }) => !error.includes("to have public addresses"))).toEqual([]);
    expect(open.calls).toHaveLength(before);
  });

  test("redirects are not followed", async () => {
    using it = downloading();
    await using elsewhere = await serveWeb((_, response) =>
      response.writeHead(302, { location: `${open.url}/demo.git/info/refs?service=git-upload-pack` }).end(),
    );
    const before = open.calls.length;
    expect(await it.failure(`${elsewhere.url}/demo.git`, { network })).toMatch(/Expected git/);
    expect(open.calls).toHaveLength(before);
  });

  test("a server that never answers is given up in time, and git with it", async () => {
    using it = downloading();
    await using slow = await serveWeb(() => {});
    expect(await it.failure(`${slow.url}/demo.git`, { network }, { timeoutSeconds: 1 })).toBe(
      "Expected the pack within 1 s, got no end",
    );
  });

  test("whoever waits can stop it", async () => {
    using it = downloading();
    const stop = new AbortController();
    await using slow = await serveWeb(() => stop.abort(new Error("enough")));
    const deps = { cwd: it.directory, cache: undefined, limits: LIMITS, network, now: Date.now, registries: [] };
    const request = { sources: [`${slow.url}/demo.git`], destination: it.at("into"), timeoutSeconds: 60 };
    await expect(downloadPacks(request, deps, stop.signal)).rejects.toThrow("enough");
    await expect(downloadPacks(request, deps, AbortSignal.abort(new Error("at once")))).rejects.toThrow("at once");
    expect(it.tree("into")).toEqual({});
  });

  test("a repository may not be larger than wanted, as it comes or as it would be", async () => {
    using it = downloading();
    mkdirSync(it.at("big"));
    makeRepository(it.at("big"), (version) => {
      it.write("big/pack.yaml", manifest("big", version));
      writeFileSync(it.at("big/zeros"), Buffer.alloc(5_000_000));
    });
    const source = `file://${it.at("big")}`;
    expect(await it.failure(source, { limits: { ...LIMITS, unpackedBytes: 1_000_000 } })).toMatch(
      /at most 1000000 bytes in the repository/,
    );
    expect(await it.failure(source, { limits: { ...LIMITS, entries: 1 } })).toMatch(
      /at most 1 entries in the repository/,
    );
    expect(await it.failure(source, { limits: { ...LIMITS, archiveBytes: 100 } })).toMatch(
      /at most 100 bytes from git/,
    );
    expect(await it.one(source)).toMatchObject({ packRef: "big" });
  });

  test("hooks, filters and links of a repository do nothing to this machine", async () => {
    using it = downloading();
    mkdirSync(it.at("evil"));
    makeRepository(it.at("evil"), (version) => {
      it.write("evil/pack.yaml", manifest("evil", version));
      it.write("evil/.gitattributes", "* filter=evil\n");
      it.write("evil/.gitmodules", `[submodule "s"]\n\tpath = s\n\turl = ${it.at("x")}\n`);
      if (version === "2.0.0") symlinkSync("/etc/passwd", it.at("evil/passwd"));
    });
    execFileSync("git", ["config", "filter.evil.smudge", `touch ${it.at("was-here")}`], { cwd: it.at("evil") });
    writeFileSync(it.at("evil/.git/hooks/post-checkout"), `#!/bin/sh\ntouch ${it.at("was-here")}\n`, { mode: 0o755 });
    expect(await it.one(`file://${it.at("evil")}`)).toMatchObject({ packVersion: "1.0.0" });
    expect(await it.failure(`file://${it.at("evil")}#next`)).toBe("Expected links that stay in the pack, got `passwd`");
    expect(it.exists("was-here")).toBe(false);
  });
});
