import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { build } from "./support/machine.ts";
import { action, manifest, pack, packs, script } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { digestOf, executable, link, stampsOf, textsOf } from "./support/tree.ts";

describe("the first sync", () => {
  test("publishes every pack of both sources, without any configuration", () => {
    using it = story({ packs: packs("core", "deploy"), "packs.dev": packs("mine") });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "published", deploy: "published", mine: "published" });
    expect(run.report.totals).toMatchObject({ published: 3, unchanged: 0, rejected: 0 });
    const release = expect.stringMatching(/^1-[0-9a-f]{8}$/);
    expect(run.pack("core")).toMatchObject({ source: "packs", version: "1.0.0", release, changes: { added: 3 } });
    for (const ref of ["core", "deploy"]) expect(it.tree(`volume/${ref}`)).toEqual(it.tree(`packs/${ref}`));
    expect(it.tree("volume/mine")).toEqual(it.tree("packs.dev/mine"));
  });

  test("says in text what it published and where", () => {
    using it = story({ packs: packs("core") });
    const { code, stdout, stderr } = it.packsync(["--once"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/core\s+1\.0\.0\s+packs\s+published\s+1-[0-9a-f]{8}\s+3 added/);
    expect(stdout).toContain(it.at("volume"));
  });

  test("does without packs.dev", () => {
    using it = story({ packs: packs("core") });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.report.sources).toMatchObject([
      { name: "packs", state: "listed" },
      { name: "packs.dev", state: "absent" },
    ]);
  });

  test("names the volume's directory after the `ref`, whatever the source's is called", () => {
    using it = story({ packs: { "attune-core-pack": pack("core") } });
    expect(it.once().code).toBe(0);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/attune-core-pack"));
    expect(it.exists("volume/attune-core-pack")).toBe(false);
  });

  test("publishes empty directories and empty files", () => {
    using it = story({ packs: { core: pack("core", { policies: {}, "empty.txt": "" }) } });
    expect(it.once().code).toBe(0);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });
});

describe("a second sync with nothing to do", () => {
  test("writes nothing: no file of the volume, nor the database", () => {
    using it = story({ packs: packs("core", "deploy"), "packs.dev": packs("mine") });
    it.once();
    const before = stampsOf(it.at("volume"), isContent);
    const database = digestOf(it.at("volume/.packsync/state.db"));
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "unchanged", deploy: "unchanged", mine: "unchanged" });
    expect(run.pack("core")).toMatchObject({ version: "1.0.0", release: expect.stringMatching(/^1-/) });
    expect(stampsOf(it.at("volume"), isContent)).toEqual(before);
    expect(digestOf(it.at("volume/.packsync/state.db"))).toBe(database);
  });

  test("also after a pack was rejected, and still says why", () => {
    using it = story({ packs: { core: pack("core"), broken: { "pack.yaml": "ref: [\n" } } });
    const first = it.once();
    const before = stampsOf(it.at("volume"), isContent);
    const second = it.once();
    expect(second.code).toBe(1);
    expect(second.pack("broken").diagnostics).toEqual(first.pack("broken").diagnostics);
    expect(stampsOf(it.at("volume"), isContent)).toEqual(before);
  });
});

/** The lock says who held it last; locking and SQLite touch packsync's own directory. */
function isContent(path: string): boolean {
  return path !== ".packsync/lock" && path !== ".packsync" && !/state\.db-(wal|shm)$/.test(path);
}

// Word by word from packs-volumes-quickref.txt, whose text form lost the indentation of the YAML.
const QUICK_START = `
# Create a dev pack
mkdir -p packs.dev/mypack/actions
# Create action
cat > packs.dev/mypack/actions/test.yaml <<EOF
name: test
description: Test action
runner_type: Shell
entry_point: echo.sh
parameters:
  message:
    type: string
    required: true
EOF
cat > packs.dev/mypack/actions/echo.sh <<'EOF'
#!/bin/bash
echo "Message: $ATTUNE_MESSAGE"
EOF
chmod +x packs.dev/mypack/actions/echo.sh
`;

describe("a development pack", () => {
  test("made by the quick start, word by word: its script runs from the volume, and only there is a pack.yaml", () => {
    using it = story({ packs: packs("core") });
    execFileSync("bash", ["-e"], { cwd: it.directory, input: QUICK_START });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("mypack")).toMatchObject({
      outcome: "published",
      kind: "development",
      version: "0.0.0-dev",
    });
    expect(run.codes("mypack")).toContain("script.parameter_not_in_environment"); // what it prints is empty on a worker
    const env = { ...process.env, ATTUNE_MESSAGE: "hello" };
    expect(execFileSync(it.at("volume/mypack/actions/echo.sh"), { env, encoding: "utf8" })).toBe("Message: hello\n");
    expect(it.read("volume/mypack/pack.yaml")).toContain('ref: "mypack"\nlabel: "Mypack"\nversion: "0.0.0-dev"\n');
    expect(it.exists("packs.dev/mypack/pack.yaml")).toBe(false);
    expect(it.once().outcomes).toEqual({ core: "unchanged", mypack: "unchanged" });
  });

  test("goes on with an edit, and with a pack.yaml of its own", () => {
    using it = story({
      packs: packs("core"),
      "packs.dev": { mypack: { actions: { "test.yaml": action("test", "mypack"), "echo.sh": script("echo test") } } },
    });
    it.once();
    it.write("packs.dev/mypack/actions", { "more.yaml": action("more", "mypack") });
    expect(it.once().pack("mypack")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 0 } });
    it.write("packs.dev/mypack/pack.yaml", manifest("mypack", "2.0.0"));
    expect(it.once().pack("mypack")).toMatchObject({ outcome: "published", version: "2.0.0" });
    expect(it.tree("volume/mypack")).toEqual(it.tree("packs.dev/mypack"));
  });

  test("is rejected while it lacks a pack.yaml that it once had, and says so", () => {
    using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
    it.once();
    it.remove("packs.dev/mine/pack.yaml");
    const run = it.once();
    expect(run.code).toBe(0);
    const release = expect.stringMatching(/^1-/);
    expect(run.pack("mine")).toMatchObject({
      outcome: "rejected",
      release,
      diagnostics: [{ code: "manifest.missing" }],
    });
    expect(it.read("volume/mine/pack.yaml")).toBe(manifest("mine"));
    it.write("packs.dev/mine/pack.yaml", manifest("mine", "1.1.0"));
    expect(it.once().pack("mine")).toMatchObject({ outcome: "published", version: "1.1.0" });
  });

  test("is not what has no definition", () => {
    using it = story({ packs: packs("core"), "packs.dev": { notes: { "todo.md": "x" }, "README.md": "x" } });
    expect(it.once().outcomes).toEqual({ core: "published" });
  });
});

describe("a volume that `cp -rf` filled", () => {
  const old = pack(
    "core",
    { actions: { "echo.yaml": action("echo"), "old.yaml": action("old"), "echo.sh": script("echo old") } },
    "0.9.0",
  );

  test("is adopted: the source's files win, the rest stays and is listed, the old tree is release 0", () => {
    using it = story({ packs: packs("core"), volume: { core: old } });
    const before = it.tree("volume/core");
    const run = it.once();
    expect(run.code).toBe(0);
    const release = expect.stringMatching(/^1-/);
    expect(run.pack("core")).toMatchObject({ outcome: "published", release, changes: { replaced: 2, carried: 1 } });
    const leftover = { code: "volume.leftover", file: "actions/old.yaml" };
    expect(run.pack("core").diagnostics).toContainEqual(expect.objectContaining(leftover));
    expect(it.tree("volume/core")).toEqual({
      ...it.tree("packs/core"),
      "actions/old.yaml": before["actions/old.yaml"],
    });
    expect(it.tree(`volume/.packsync/releases/core/${history(it.at("volume"), "core")[0]}`)).toEqual(before);
    expect(history(it.at("volume"), "core")).toEqual([expect.stringMatching(/^0-/)]);
  });

  test("keeps what is left over through later syncs", () => {
    using it = story({ packs: packs("core"), volume: { core: old } });
    it.once();
    it.write("packs/core/actions/echo.yaml", action("echo again"));
    expect(it.once().pack("core")).toMatchObject({
      outcome: "published",
      changes: { replaced: 1, carried: 1, removed: 0 },
    });
    expect(it.read("volume/core/actions/old.yaml")).toBe(action("old"));
  });

  test("is refused with --adopt never, and stays as it is", () => {
    using it = story({ packs: packs("core", "deploy"), volume: { core: old } });
    const before = stampsOf(it.at("volume/core"));
    const run = it.once(["--adopt", "never"]);
    expect(run.code).toBe(1);
    expect(run.outcomes).toEqual({ core: "rejected", deploy: "published" });
    const finding = { code: "volume.adoption_refused", hint: expect.stringContaining("--adopt merge") };
    expect(run.pack("core").diagnostics).toMatchObject([finding]);
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    expect(it.once().outcomes).toEqual({ core: "published", deploy: "unchanged" });
  });

  test("keeps packs that no source knows, and files beside packs", () => {
    using it = story({
      packs: packs("core"),
      volume: { installed: pack("installed"), ".attune-packs-sentinel": "ready" },
    });
    const before = stampsOf(it.at("volume/installed"));
    expect(it.once().outcomes).toEqual({ core: "published" });
    expect(stampsOf(it.at("volume/installed"))).toEqual(before);
    expect(it.read("volume/.attune-packs-sentinel")).toBe("ready");
  });

  test("is not rewritten where it is equal to the source already", () => {
    using it = story({ packs: packs("core"), volume: {} });
    execFileSync("cp", ["-rf", it.at("packs/core"), it.at("volume")]);
    const isFile = (path: string) => lstatSync(it.at(`volume/core/${path}`)).isFile();
    const before = stampsOf(it.at("volume/core"), isFile);
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 0, replaced: 0 } });
    expect(stampsOf(it.at("volume/core"), isFile)).toEqual(before);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });
});

describe("a directory without pack.yaml in the volume", () => {
  testWith({ tools: ["gcc"] }, "keeps the binary that init-pack-binaries made there, and the pack moves in", () => {
    const binary = build("static", 1);
    using it = story({ packs: packs("core"), volume: { core: { sensors: { "timer-sensor": executable(binary) } } } });
    const run = it.once(["--adopt", "never"]);
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { added: 3, carried: 1 } });
    expect(readFileSync(it.at("volume/core/sensors/timer-sensor"))).toEqual(binary);
    expect(lstatSync(it.at("volume/core/sensors/timer-sensor")).mode & 0o777).toBe(0o755);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });
});

describe("foreign content in the way of a source's file", () => {
  test.for([
    { title: "a file in the way of a file", foreign: { "data.json": "foreign" }, kept: { "data.json": "foreign" } },
    {
      title: "a directory in the way of a file",
      foreign: { "data.json": { inner: "foreign" } },
      kept: { "data.json/inner": "foreign" },
    },
    { title: "a symlink in the way of a file", foreign: { "data.json": link("/etc/hostname") }, kept: {} },
    { title: "a file in the way of a directory", foreign: { lib: "foreign" }, kept: { lib: "foreign" } },
  ])("$title is replaced, kept in history and reported", ({ foreign, kept }) => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core", foreign);
    it.write("packs/core", { "data.json": "source", lib: { "a.py": "source" } });
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.codes("core")).toContain("volume.displaced");
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    expect(textsOf(it.at(`volume/.packsync/releases/core/${history(it.at("volume"), "core")[0]}`))).toMatchObject(kept);
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
  });

  test("a foreign symlink is replaced, never followed: what it points at stays", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("elsewhere.txt", "mine");
    it.write("volume/core", { "data.json": link("../../elsewhere.txt"), lib: link("../..") });
    it.write("packs/core", { "data.json": "source", lib: { "elsewhere.txt": "source" } });
    expect(it.once().code).toBe(0);
    expect(it.read("elsewhere.txt")).toBe("mine");
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });
});

/** The names of the trees that history holds of a pack, oldest first. */
function history(volume: string, ref: string): string[] {
  return readdirSync(`${volume}/.packsync/releases/${ref}`)
    .filter((name) => !name.endsWith(".json"))
    .sort();
}
