import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../src/install/limits.ts";
import { submodulesOf } from "../../src/install/submodules.ts";
import { type Story, story } from "../scenarios/support/story.ts";
import { gitBackend, makeRepository, type Repository } from "../support/git-server.ts";
import { describeWith } from "../support/requires.ts";
import { serveWeb, type Web } from "../support/web.ts";
import { downloading, manifest } from "./downloading.ts";

const COMMIT = "a".repeat(40);
const listing = (url: string) => `submodule.lib.path\nlib\0submodule.lib.url\n${url}\0`;

describe("where a submodule comes from", () => {
  const parents = {
    https: "https://me:word@git.example/org/pack.git",
    http: "http://git.example/org/pack.git",
    ssh: "ssh://git@git.example/org/pack.git",
    file: "file:///srv/pack.git",
  };
  test.for([
    { parent: "https", url: "../lib.git", from: "https://me:word@git.example/org/lib.git" },
    { parent: "https", url: "../../other/lib", from: "https://me:word@git.example/other/lib" },
    { parent: "https", url: "https://git.example/org/lib.git#main", from: "https://me:word@git.example/org/lib.git" },
    { parent: "https", url: "https://you:own@git.example/x.git", from: "https://you:own@git.example/x.git" },
    { parent: "https", url: "https://else.example/org/lib", from: "https://else.example/org/lib" },
    { parent: "https", url: "git@else.example:org/lib.git", from: "ssh://git@else.example/org/lib.git" },
    { parent: "ssh", url: "../lib.git", from: "ssh://git@git.example/org/lib.git" },
    { parent: "ssh", url: "https://git.example/lib.git", from: "https://git.example/lib.git" },
    { parent: "http", url: "http://else.example/lib.git", from: "http://else.example/lib.git" },
    { parent: "file", url: "../lib.git", from: "file:///srv/lib.git" },
    { parent: "file", url: "https://else.example/lib.git", from: "https://else.example/lib.git" },
  ] as const)("$url of one by $parent", ({ parent, url, from }) => {
    expect(submodulesOf([{ path: "lib", commit: COMMIT }], listing(url), parents[parent])).toEqual([
      { path: "lib", source: { kind: "git", url: from, ref: COMMIT } },
    ]);
  });

  test.for([
    { parent: "https", url: "http://git.example/lib.git" },
    { parent: "ssh", url: "git://git.example/lib.git" },
    { parent: "https", url: "file:///etc" },
    { parent: "http", url: "/srv/lib.git" },
    { parent: "https", url: "lib" },
    { parent: "https", url: "ext::sh -c touch%20was-here" },
    { parent: "https", url: "--upload-pack=touch was-here" },
    { parent: "https", url: "ssh://-oProxyCommand=touch/x" },
    { parent: "https", url: "" },
  ] as const)("`$url` of one by $parent is refused", ({ parent, url }) => {
    expect(() => submodulesOf([{ path: "lib", commit: COMMIT }], listing(url), parents[parent])).toThrow(/^Expected/);
  });

  test("a commit of which `.gitmodules` says nothing cannot be fetched", () => {
    const links = [{ path: "other", commit: COMMIT }];
    expect(() => submodulesOf(links, listing("../x.git"), parents.https)).toThrow(
      "Expected `.gitmodules` to say where `other` is, got nothing",
    );
  });
});

describeWith({ tools: ["git"] }, "repositories with submodules", () => {
  let home: Story;
  let web: Web;
  let lib: Repository;
  const network = { allowed: ["127.0.0.1"], tls: "verified" } as const;

  /** A commit of another repository at `path`, which `.gitmodules` has by `url`. */
  const link = (name: string, path: string, url: string, commit: string): void => {
    home.write(`repos/${name}/.gitmodules`, `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`);
    mkdirSync(home.at(`repos/${name}/${path}`), { recursive: true });
    const args = ["update-index", "--add", "--cacheinfo", `160000,${commit},${path}`];
    execFileSync("git", args, { cwd: home.at(`repos/${name}`) });
  };
  const repository = (name: string, write: (version: string) => void): Repository => {
    mkdirSync(home.at(`repos/${name}`), { recursive: true });
    return makeRepository(home.at(`repos/${name}`), (version) => {
      home.write(`repos/${name}/pack.yaml`, manifest(name.replace(".git", ""), version));
      write(version);
    });
  };

  beforeAll(async () => {
    home = story();
    const deep = repository("deep.git", () => home.write("repos/deep.git/deep.py", "pass\n"));
    lib = repository("lib.git", (version) => {
      home.write("repos/lib.git/lib.py", `version = "${version}"\n`);
      link("lib.git", "deep", "../deep.git", deep.main);
    });
    repository("app.git", () => link("app.git", "vendor/lib", "../lib.git", lib.main));
    repository("stealing.git", () => link("stealing.git", "lib", `file://${home.at("repos/lib.git")}`, lib.main));
    repository("private.git", () => link("private.git", "lib", "http://169.254.169.254/lib.git", lib.main));
    repository("lost.git", () => link("lost.git", "lib", "../lib.git", COMMIT));
    web = await serveWeb(gitBackend(home.at("repos")));
  });
  afterAll(async () => {
    await web[Symbol.asyncDispose]();
    home[Symbol.dispose]();
  });

  test("are refused, with what to do", async () => {
    using it = downloading();
    const { failed } = await it.download([`${web.url}/app.git`], { network });
    expect(failed).toMatchObject([
      {
        error: "Expected a repository without submodules, got `vendor/lib`",
        hint: expect.stringContaining("--submodules fetch"),
      },
    ]);
  });

  test("come with theirs, and with what these have, if somebody asks for it", async () => {
    using it = downloading();
    const pack = await it.one(`${web.url}/app.git`, { network, submodules: "fetch" });
    expect(pack).toMatchObject({ packRef: "app", packVersion: "1.0.0" });
    expect(it.read("into/app/vendor/lib/lib.py")).toBe('version = "1.0.0"\n');
    expect(it.read("into/app/vendor/lib/deep/deep.py")).toBe("pass\n");
    expect(Object.keys(it.tree("into/app")).filter((path) => /(^|\/)\.git$/.test(path))).toEqual([]);
    expect(pack.checksum).not.toBe((await it.one(`${web.url}/deep.git`, { network })).checksum);
  });

  test.for([
    { name: "stealing", error: /to come as safely, got `file:\/\// },
    { name: "private", error: /^Expected `169.254.169.254` to have public addresses/ },
    { name: "lost", error: /^Expected git to fetch the pack/ },
  ])("may not lead where the repository itself may not: $name", async ({ name, error }) => {
    using it = downloading();
    expect(await it.failure(`${web.url}/${name}.git`, { network, submodules: "fetch" })).toMatch(error);
    expect(it.tree("into")).toEqual({});
  });

  test("count with what they have", async () => {
    using it = downloading();
    const get = (limits: Partial<typeof LIMITS>) =>
      it.download([`${web.url}/app.git`], { network, submodules: "fetch", limits: { ...LIMITS, ...limits } });
    expect((await get({ entries: 12 })).failed).toEqual([]);
    // Its own are 4: .gitmodules, pack.yaml, vendor, vendor/lib.
    const error = "Expected at most 1 entries in the repository, got more";
    expect((await get({ entries: 5 })).failed).toMatchObject([{ error }]);
  });

  test("that need ever more others are given up", async () => {
    using it = downloading();
    const names = Array.from({ length: 6 }, (_, index) => `chain${index}.git`);
    let next = lib.main;
    for (const [index, name] of [...names.entries()].reverse()) {
      const below = names[index + 1] ?? "lib.git";
      next = repository(name, () => link(name, "more", `../${below}`, next)).main;
    }
    expect(await it.failure(`${web.url}/chain0.git`, { network, submodules: "fetch" })).toBe(
      "Expected submodules at most 5 deep, got more",
    );
  });
});
