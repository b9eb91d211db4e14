import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { brokenYaml, manifest, pack, packs } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { fifo, link, stampsOf } from "./support/tree.ts";

describe("symlinks in a source", () => {
  test("that stay in their pack are published as the files and directories that they point at", () => {
    using it = story({
      packs: {
        core: pack("core", {
          lib: { "a.txt": "a" },
          "alias.txt": link("lib/a.txt"),
          more: link("lib"),
          chain: link("alias.txt"),
        }),
      },
    });
    const run = it.once();
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    const tree = it.tree("volume/core");
    expect(Object.values(tree).filter((entry) => entry.startsWith("link"))).toEqual([]);
    for (const path of ["alias.txt", "chain", "more/a.txt"]) expect(tree[path]).toBe(tree["lib/a.txt"]);
    it.write("packs/core/lib/a.txt", "b");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 4 } });
    expect(it.read("volume/core/more/a.txt")).toBe("b");
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });

  test.for([
    { title: "by an absolute path", target: "/etc/hostname", code: "source.escaping_symlink" },
    { title: "to the pack beside", target: "../deploy/pack.yaml", code: "source.escaping_symlink" },
    { title: "to a directory above", target: "../..", code: "source.escaping_symlink" },
    { title: "to nothing", target: "nowhere", code: "source.broken_symlink" },
    { title: "to themselves", target: "odd", code: "source.broken_symlink" },
    { title: "to their own directory", target: ".", code: /^source\.(symlink_loop|escaping_symlink)$/ },
  ])("that lead $title reject their pack", ({ target, code }) => {
    using it = story({ packs: { core: pack("core", { odd: link(target) }), deploy: pack("deploy") } });
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.codes("core")).toEqual([expect.stringMatching(code)]);
    expect(run.pack("core").diagnostics).toMatchObject([{ file: "odd", hint: expect.any(String) }]);
    expect(it.exists("volume/core")).toBe(false);
  });

  test("as pack.yaml: inside it counts, outside it is not read", () => {
    using it = story({
      packs: {
        core: { "real.yaml": manifest("core"), "pack.yaml": link("real.yaml") },
        evil: { "pack.yaml": link("../../secret.yaml") },
      },
    });
    it.write("secret.yaml", manifest("stolen"));
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "published", evil: "rejected" } });
    expect(it.exists("volume/stolen")).toBe(false);
  });

  test("as a whole pack are said, not followed", () => {
    using it = story({ packs: packs("core") });
    it.write("elsewhere", packs("linked"));
    it.write("packs", { linked: link("../elsewhere/linked") });
    const run = it.once();
    expect(run.outcomes).toEqual({ core: "published" });
    expect(run.report.sources[0]?.diagnostics).toMatchObject([
      { code: "source.linked_pack", file: "linked", hint: expect.any(String) },
    ]);
    expect(it.exists("volume/linked")).toBe(false);
  });
});

describe("what is no file", () => {
  test("a FIFO rejects its pack, and is never opened", () => {
    using it = story({ packs: { core: pack("core", { pipe: fifo }), deploy: pack("deploy") } });
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.codes("core")).toEqual(["source.special_file"]);
  });

  test.for(["pack.yaml", ".packignore", "actions/echo.yaml"])("a FIFO as %s is not opened either", async (path) => {
    using it = story({ packs: packs("core", "deploy") });
    if (it.exists(`packs/core/${path}`)) it.remove(`packs/core/${path}`);
    fifo(it.at(`packs/core/${path}`));
    // Who writes into a FIFO waits until somebody opens it for reading.
    const writer = spawn("sh", ["-c", 'exec echo x > "$1"', "sh", it.at(`packs/core/${path}`)], { stdio: "ignore" });
    try {
      await sleep(50);
      const run = it.once();
      await sleep(50);
      expect(writer.exitCode ?? writer.signalCode, "somebody opened the FIFO").toBeNull();
      expect(run.outcomes["deploy"]).toBe("published");
      if (path !== ".packignore") expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected" } });
    } finally {
      writer.kill("SIGKILL");
    }
  });

  test("a socket rejects its pack", async () => {
    using it = story({ packs: packs("core", "deploy") });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(it.at("packs/core/socket"), resolve));
    try {
      const run = it.once();
      expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
      expect(run.codes("core")).toEqual(["source.special_file"]);
    } finally {
      server.close();
    }
  });

  test("a foreign FIFO and socket in the volume come along", () => {
    using it = story({ packs: packs("core") });
    it.once();
    fifo(it.at("volume/core/pipe"));
    it.write("packs/core/README.md", "x");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { carried: 1 } });
    expect(it.tree("volume/core")["pipe"]).toBe("special");
  });

  test("a foreign FIFO in the way of a source's file is replaced, not opened", () => {
    using it = story({ packs: packs("core") });
    it.once();
    fifo(it.at("volume/core/data"));
    it.write("packs/core/data", "x");
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.read("volume/core/data")).toBe("x");
  });
});

describe("names", () => {
  const undecodable = Buffer.from([0x63, 0x61, 0x66, 0xe9]); // `café` in Latin-1

  function inside(directory: string): Buffer {
    return Buffer.concat([Buffer.from(`${directory}/`), undecodable]);
  }

  test("that are not UTF-8 in a source reject their pack, printably", () => {
    using it = story({ packs: packs("core", "deploy") });
    writeFileSync(inside(it.at("packs/core")), "x");
    const run = it.once();
    expect(run).toMatchObject({ code: 1, outcomes: { core: "rejected", deploy: "published" } });
    expect(run.pack("core").diagnostics).toMatchObject([
      { code: "source.undecodable_name", message: expect.stringContaining("caf\\xe9") },
    ]);
  });

  test("that are not UTF-8 in the volume are carried byte for byte, in directories, too", () => {
    using it = story({ packs: packs("core") });
    it.once();
    writeFileSync(inside(it.at("volume/core")), "theirs");
    mkdirSync(Buffer.concat([inside(it.at("volume/core/actions")), Buffer.from("-d")]));
    writeFileSync(Buffer.concat([inside(it.at("volume/core/actions")), Buffer.from("-d/"), undecodable]), "inner");
    it.write("packs/core/README.md", "x");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, carried: 2 } });
    const names = readdirSync(it.at("volume/core"), { encoding: "buffer" });
    expect(names.some((name) => name.equals(undecodable))).toBe(true);
    expect(readFileSync(inside(it.at("volume/core")), "utf8")).toBe("theirs");
    const inner = Buffer.concat([inside(it.at("volume/core/actions")), Buffer.from("-d/"), undecodable]);
    expect(readFileSync(inner, "utf8")).toBe("inner");
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });

  test("that are not UTF-8, of a pack's own directory, are said", () => {
    using it = story({ packs: packs("core") });
    mkdirSync(inside(it.at("packs")));
    writeFileSync(Buffer.concat([inside(it.at("packs")), Buffer.from("/pack.yaml")]), manifest("cafe"));
    const run = it.once();
    expect(run.outcomes["core"]).toBe("published");
    expect(run.stdout).toContain("caf\\\\xe9");
  });

  test.for([
    { title: "case", names: ["README.md", "readme.md"] },
    { title: "Unicode form", names: ["caf\u00e9", "cafe\u0301"] },
  ])("that differ only by $title reject their pack", ({ title, names }) => {
    using it = story({ packs: { core: pack("core", Object.fromEntries(names.map((name) => [name, "x"]))) } });
    const run = it.once();
    expect(run.code).toBe(1);
    expect(run.pack("core").diagnostics).toMatchObject([
      { code: "source.name_collision", message: expect.stringContaining(title) },
    ]);
  });

  test("with blanks, quotes, line feeds and emoji are published as they are", () => {
    const odd = {
      "a b": "1",
      'c"d': "2",
      "e\nf": "3",
      "🚀": "4",
      "-rf": "5",
      "%2e%2e": "6",
      __proto__: "7",
      constructor: "8",
    };
    using it = story({ packs: { core: pack("core", odd) } });
    writeFileSync(it.at("packs/core/__proto__"), "7");
    expect(it.once().code).toBe(0);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    expect(it.read("volume/core/__proto__")).toBe("7");
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });
});

describe("what a source holds beside its packs' content", () => {
  test("litter is not published, wherever it stands", () => {
    const litter = {
      ".git": { HEAD: "x" },
      __pycache__: { "a.pyc": "x" },
      node_modules: { m: { "i.js": "x" } },
      ".venv": { bin: "x" },
      "a.yaml~": "x",
      ".a.swp": "x",
    };
    using it = story({ packs: { core: pack("core", { ...litter, lib: { ...litter, "keep.py": "x" } }) } });
    expect(it.once().code).toBe(0);
    const paths = Object.keys(it.tree("volume/core"));
    expect(paths).toEqual(["actions", "actions/echo.sh", "actions/echo.yaml", "lib", "lib/keep.py", "pack.yaml"]);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });

  test("dot-files in a pack are published, at the source's root they are not looked at", () => {
    using it = story({
      packs: {
        core: pack("core", { ".env": "x", ".config": { a: "x" } }),
        ".hidden": pack("hidden"),
        ".git": { "pack.yaml": brokenYaml },
      },
    });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("files and directories without pack.yaml at the root are no packs, nor are nested ones", () => {
    using it = story({
      packs: { "README.md": "x", docs: { "a.md": "x" }, core: pack("core", { sub: pack("nested") }) },
    });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  test("what .packignore names is not published, and leaves when it is named later", () => {
    using it = story({
      packs: {
        core: pack("core", {
          ".packignore": "*.log\n/build/\n!keep.log\n",
          "a.log": "x",
          "keep.log": "x",
          build: { x: "x" },
          lib: { build: { x: "x" } },
        }),
      },
    });
    expect(it.once().code).toBe(0);
    const paths = () => Object.keys(it.tree("volume/core")).filter((path) => !/actions|pack\.yaml/.test(path));
    expect(paths()).toEqual(["keep.log", "lib", "lib/build", "lib/build/x"]);
    it.write("packs/core/.packignore", "*.log\n/build/\n/lib\n");
    expect(it.once().outcomes).toEqual({ core: "published" });
    expect(paths()).toEqual([]);
    it.remove("packs/core/.packignore");
    expect(it.once().outcomes).toEqual({ core: "published" });
    expect(paths()).toEqual(["a.log", "build", "build/x", "keep.log", "lib", "lib/build", "lib/build/x"]);
  });

  test(".packignore keeps out what would reject the pack", () => {
    using it = story({
      packs: {
        core: pack("core", {
          ".packignore": "pipe\nodd\nREADME.md\n",
          pipe: fifo,
          odd: link("/etc/hostname"),
          "README.md": "x",
        }),
      },
    });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  test(".gitignore is not honoured: built binaries stand in it", () => {
    using it = story({ packs: { core: pack("core", { ".gitignore": "tool\n", tool: "built" }) } });
    expect(it.once().code).toBe(0);
    expect(it.read("volume/core/tool")).toBe("built");
  });

  test("a hard link in the source is a copy in the volume: an edit there never reaches the source", () => {
    using it = story({ packs: packs("core") });
    execFileSync("ln", [it.at("packs/core/pack.yaml"), it.at("packs/core/copy.yaml")]);
    it.once();
    const before = stampsOf(it.at("packs/core"));
    it.write("volume/core/copy.yaml", "edited");
    expect(stampsOf(it.at("packs/core"))).toEqual(before);
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core"));
  });
});
