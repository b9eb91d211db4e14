import { execFileSync } from "node:child_process";
import { closeSync, lstatSync, openSync, readdirSync, utimesSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { build, mount } from "./support/machine.ts";
import { manifest, pack, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { executable, stampsOf } from "./support/tree.ts";

/** What a command with `--format json` prints. */
function json(about: Story, ...args: readonly string[]) {
  const { stdout, stderr, code } = about.packsync([...args, "--format", "json"]);
  expect(stdout, stderr).toMatch(/^\{/);
  return { ...JSON.parse(stdout), code };
}

/** Three releases of `core`: `one`, `two`, `three` in `data`; the second one has `lib/added.py`, too. */
function threeReleases(): Story {
  const about = story({ packs: { core: pack("core", { data: "one" }) } });
  about.once();
  about.write("packs/core", { data: "two", lib: { "added.py": "x = 2\n" } });
  about.once();
  about.write("packs/core/data", "three");
  about.remove("packs/core/lib");
  about.once();
  return about;
}

function releases(about: Story): string[] {
  const [found] = json(about, "history", "core").packs;
  return found.releases.map(({ release, state }: Record<string, string>) => `${release?.replace(/-.*/, "")} ${state}`);
}

describe("history", () => {
  test("lists every release, the newest first, with what it changed", () => {
    using about = threeReleases();
    const [{ releases }] = json(about, "history").packs;
    expect(releases).toMatchObject([
      { state: "live", source: "packs", origin: "sync", changes: { added: 0, replaced: 1, removed: 1 } },
      { state: "kept", changes: { added: 1, replaced: 1, removed: 0 } },
      { state: "kept", files: 4, changes: { added: 4, replaced: 0, removed: 0 } },
    ]);
    const text = about.packsync(["history", "core"]).stdout;
    expect(text).toMatch(/core {2}2-[0-9a-f]{8} {2}1\.0\.0 {4}kept .* packs {3}5 .* 1 added, 1 replaced\n/);
  });

  test("says so when there is none, and of a pack that was never published", () => {
    using about = story({ packs: {} });
    expect(about.packsync(["history"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Next: packsync --once"),
    });
    expect(about.packsync(["history", "core"])).toMatchObject({ code: 2, stderr: expect.stringContaining("`core`") });
  });

  test("needs neither lock nor a volume that can be written", () => {
    using about = threeReleases();
    const before = stampsOf(about.at("volume"));
    for (const command of [["history"], ["diff", "core"], ["verify"], ["rollback", "core", "-n"]])
      expect(about.packsync(command).code, command.join(" ")).toBe(0);
    expect(stampsOf(about.at("volume"))).toEqual(before);
  });
});

describe("diff", () => {
  test("compares what is live with the release before, or any two", () => {
    using about = threeReleases();
    const kinds = (...args: string[]) =>
      json(about, "diff", "core", ...args).files.map(({ kind, path }: Record<string, string>) => `${kind} ${path}`);
    expect(kinds()).toEqual(["changed data", "removed lib/added.py"]);
    expect(kinds("1")).toEqual(["changed data"]);
    expect(kinds("1", "2")).toEqual(["changed data", "added lib/added.py"]);
    expect(about.packsync(["diff", "core", "7"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Kept: 3-"),
    });
  });

  test("shows the lines of texts, the values of YAML, and how binaries are linked", () => {
    using about = story({ packs: { core: pack("core", { sensors: { x: executable(build("static", 1)) } }) } });
    about.once();
    about.write("packs/core", {
      actions: {
        "echo.yaml": "ref: core.echo\ndescription: Says it\nrunner_type: bash\nentry_point: echo.sh\n",
        "echo.sh": script("echo bye"),
      },
      sensors: { x: executable(build("static", 2)) },
    });
    about.once();
    const text = about.packsync(["diff", "core"]).stdout;
    expect(text).toContain('~ description: "Says echo" → "Says it"');
    expect(text).toContain('~ runner_type: "shell" → "bash"');
    expect(text).toContain('- label: "echo"');
    expect(text).toMatch(/\n +-echo hello\n +\+echo bye\n/);
    expect(text).toMatch(/~ sensors\/x .*a binary/);
  });
});

describe("rollback", () => {
  test("makes an earlier release live by links to its files, and everything of others comes along", () => {
    using about = threeReleases();
    about.write("volume/core", { ".venv": { lib: "theirs" }, "notes.txt": "theirs, too" });
    const notes = lstatSync(about.at("volume/core/notes.txt")).ino;
    const done = json(about, "rollback", "core", "--to", "2");
    expect(done).toMatchObject({
      code: 0,
      changes: { added: 1, replaced: 1, carried: 2 },
      to: expect.stringMatching(/^2-/),
    });
    expect(done.release.slice(1)).toBe(done.to.slice(1));
    expect(about.read("volume/core/data")).toBe("two");
    expect(about.read("volume/core/lib/added.py")).toBe("x = 2\n");
    expect(about.read("volume/core/.venv/lib")).toBe("theirs");
    expect(lstatSync(about.at("volume/core/notes.txt")).ino).toBe(notes);
    expect(lstatSync(about.at("volume/core/data")).ino).toBe(
      lstatSync(about.at(`volume/.packsync/releases/core/${done.to}/data`)).ino,
    );
    expect(releases(about)).toEqual(["4 pinned", "3 kept", "2 kept", "1 kept"]);
  });

  test("without a name goes to the newest release with other content, and back again", () => {
    using about = threeReleases();
    about.packsync(["rollback", "core"]);
    expect(about.read("volume/core/data")).toBe("two");
    about.packsync(["rollback", "core"]);
    expect(about.read("volume/core/data")).toBe("three");
  });

  test("stays while its source does not change, also when the database is lost", () => {
    using about = threeReleases();
    about.packsync(["rollback", "core", "--to", "1"]);
    for (const lose of [() => {}, () => {}, () => about.remove("volume/.packsync/state.db")]) {
      lose();
      const run = about.once();
      expect([run.outcomes, run.codes("core")]).toEqual([{ core: "unchanged" }, ["release.pinned"]]);
      expect(about.read("volume/core/data")).toBe("one");
    }
    expect(json(about, "status").packs).toMatchObject([{ ref: "core", state: "pinned" }]);
    about.write("packs/core/data", "four");
    expect(about.once().outcomes).toEqual({ core: "published" });
    expect(about.read("volume/core/data")).toBe("four");
    expect(json(about, "status").packs).toMatchObject([{ ref: "core", state: "live", findings: [] }]);
  });

  test("knows what its source has, also of binaries for which the volume's were preserved", () => {
    const sensor = (answer: number) => ({ sensors: { x: executable(build("dynamic", answer)) } });
    using about = story({
      packs: { core: pack("core", { data: "one", ...sensor(1) }) },
      volume: { core: { sensors: { x: executable(build("static", 1)) } } },
    });
    about.once();
    about.write("packs/core/data", "two");
    about.once();
    about.write("packs/core", sensor(2));
    expect(about.once().outcomes).toEqual({ core: "unchanged" });
    expect(json(about, "verify").packs[0].verdict).toBe("sound");
    about.packsync(["rollback", "core"]);
    expect([about.once().outcomes, about.read("volume/core/data")]).toEqual([{ core: "unchanged" }, "one"]);
    about.write("packs/core", sensor(3));
    expect([about.once().outcomes, about.read("volume/core/data")]).toEqual([{ core: "published" }, "two"]);
  });

  test("of a rejected pack ends with the edit that mends it", () => {
    using about = threeReleases();
    about.write("packs/core/pack.yaml", "ref: core\nversion: 1\n");
    about.once();
    about.packsync(["rollback", "core", "--to", "1"]);
    expect(about.once().outcomes).toEqual({ core: "rejected" });
    about.write("packs/core/pack.yaml", manifest("core", "2.0.0"));
    expect(about.once().outcomes).toEqual({ core: "published" });
  });

  test("ends with unpin: the next sync publishes what the source has", () => {
    using about = threeReleases();
    about.packsync(["rollback", "core", "--to", "1"]);
    about.once();
    expect(about.packsync(["unpin", "core"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/--once.*a running daemon does so by itself/),
    });
    expect(about.once().outcomes).toEqual({ core: "published" });
    expect(about.read("volume/core/data")).toBe("three");
    expect(about.packsync(["unpin", "core"])).toMatchObject({ code: 2, stderr: expect.stringContaining("pinned") });
  });

  test("keeps a static binary of others that came meanwhile, and reports it", () => {
    using about = story({ packs: { core: pack("core", { sensors: { x: executable(build("dynamic", 1)) } }) } });
    about.once();
    about.remove("packs/core/sensors");
    about.write("packs/core/data", "two");
    about.once();
    about.write("volume/core", { sensors: { x: executable(build("static", 2)) } });
    const theirs = about.tree("volume/core")["sensors/x"];
    const done = json(about, "rollback", "core", "--to", "1");
    expect(done.diagnostics).toMatchObject([{ code: "volume.preserved" }]);
    expect(about.tree("volume/core")["sensors/x"]).toBe(theirs);
    about.packsync(["unpin", "core"]);
    about.once();
    expect(about.tree("volume/core")["sensors/x"]).toBe(theirs);
  });

  test("to release 0 undoes an adoption; everything is theirs again", () => {
    using about = story({
      packs: { core: pack("core", { "new.txt": "ours" }) },
      volume: { core: pack("core", { "old.txt": "theirs", actions: { "echo.sh": script("echo old") } }, "0.1.0") },
    });
    const before = about.tree("volume/core");
    about.once();
    about.once(["--allow-removals"]);
    const done = json(about, "rollback", "core", "--to", "0");
    expect(done).toMatchObject({ code: 0, returned: 2, version: "unknown" });
    expect(about.tree("volume/core")).toEqual(before);
    expect(about.once().outcomes).toEqual({ core: "unchanged" });
    expect(about.tree("volume/core")).toEqual(before);
    about.packsync(["unpin", "core"]);
    expect(about.once().outcomes).toEqual({ core: "published" });
    expect(about.read("volume/core/new.txt")).toBe("ours");
    expect(about.read("volume/core/old.txt")).toBe("theirs");
  });

  test.for([
    { title: "a directory of ours stood there", now: { data: { "x.txt": "ours" } } },
    { title: "nothing stood there any more", now: {} },
  ])("brings others' files back also where $title", ({ now }) => {
    const theirs = { data: "theirs", more: { deep: "theirs, too" } };
    using about = story({
      packs: { core: pack("core", { data: "ours", more: { deep: "ours" } }) },
      volume: { core: theirs },
    });
    about.once();
    about.remove("packs/core/data");
    about.remove("packs/core/more");
    about.write("packs/core", now);
    about.once();
    expect(json(about, "rollback", "core", "--to", "0")).toMatchObject({ code: 0, returned: 2 });
    expect(about.read("volume/core/data")).toBe("theirs");
    expect(about.read("volume/core/more/deep")).toBe("theirs, too");
    expect(about.once().outcomes).toEqual({ core: "unchanged" });
    about.remove("volume/core/data");
    about.packsync(["unpin", "core"]);
    about.once();
    expect(about.exists("volume/core/data"), "whoever removed it meant it").toBe("data" in now);
  });

  test("brings a retired pack back, and it stays though no source has it", () => {
    using about = story({ packs: { core: pack("core"), other: pack("other") } });
    about.once();
    about.move("packs/core", "elsewhere");
    expect(about.once().outcomes).toMatchObject({ core: "retired" });
    expect(json(about, "rollback", "core")).toMatchObject({ code: 0 });
    expect(about.exists("volume/core/actions/echo.sh")).toBe(true);
    expect(about.once().outcomes).toEqual({ core: "unchanged", other: "unchanged" });
    about.remove("volume/.packsync/state.db");
    expect(about.once().outcomes).toEqual({ core: "unchanged", other: "unchanged" });
    expect(about.exists("volume/core/pack.yaml")).toBe(true);
    about.packsync(["unpin", "core"]);
    expect(about.once().outcomes).toEqual({ core: "retired", other: "unchanged" });
    about.packsync(["rollback", "core"]);
    about.move("elsewhere", "packs/core");
    expect(about.once().outcomes).toMatchObject({ core: "unchanged" });
    expect(json(about, "status").packs).toMatchObject([{ ref: "core", state: "live" }, { ref: "other" }]);
  });

  test("refuses a damaged release, a pack or release that is not there, and what is live already", () => {
    using about = threeReleases();
    const refused = (...args: string[]) => {
      const before = about.tree("volume/core");
      const { code, stderr } = about.packsync(["rollback", ...args]);
      expect(about.tree("volume/core")).toEqual(before);
      return { code, stderr };
    };
    const root = about.at("volume/.packsync/releases/core");
    const first = readdirSync(root).find((name) => /^1-.*[^n]$/.test(name) && !name.endsWith(".json"));
    about.write(`volume/.packsync/releases/core/${first}/data`, "somebody's");
    expect(refused("core", "--to", "1")).toMatchObject({ code: 1, stderr: expect.stringContaining("damaged") });
    expect(refused("core", "--to", "9")).toMatchObject({ code: 2, stderr: expect.stringContaining("Kept: 3-") });
    expect(refused("core", "--to", "3")).toMatchObject({ code: 2, stderr: expect.stringContaining("live already") });
    expect(refused("nope")).toMatchObject({ code: 2, stderr: expect.stringContaining("`nope`") });
    expect(refused("../core")).toMatchObject({ code: 2 });
    expect(refused()).toMatchObject({ code: 2 });
  });

  test("gives back what others took away from it", () => {
    using about = threeReleases();
    about.packsync(["rollback", "core", "--to", "1"]);
    about.remove("volume/core/data");
    expect(about.once().outcomes).toEqual({ core: "published" });
    expect(about.read("volume/core/data")).toBe("one");
    expect(about.once().outcomes).toEqual({ core: "unchanged" });
  });
});

describe("verify", () => {
  /** Somebody edits a live file so that no stamp tells. */
  function editUnseen(about: Story, path: string, text: string): void {
    const { atime, mtime } = lstatSync(about.at(path));
    about.write(path, text);
    utimesSync(about.at(path), atime, mtime);
  }

  test("finds nothing after a sync", () => {
    using about = threeReleases();
    expect(json(about, "verify")).toMatchObject({
      code: 0,
      packs: [{ ref: "core", verdict: "sound", diagnostics: [] }],
    });
  });

  test("finds what stamps hide, and what was removed; --repair brings it back from the source", () => {
    using about = story({ packs: { core: pack("core", { data: "one" }) } });
    about.once();
    editUnseen(about, "volume/core/data", "two");
    about.remove("volume/core/actions/echo.yaml");
    const found = json(about, "verify", "core");
    expect(found).toMatchObject({ code: 1, packs: [{ drift: { changed: ["data"], missing: ["actions/echo.yaml"] } }] });
    expect(about.read("volume/core/data")).toBe("two");
    expect(json(about, "verify", "--repair")).toMatchObject({ code: 0, packs: [{ repair: { release: /^2-/ } }] });
    expect(about.read("volume/core/data")).toBe("one");
    expect(json(about, "verify").code).toBe(0);
    expect(about.once().outcomes).toEqual({ core: "unchanged" });
  });

  test("brings back from history what the source has no more, and keeps what somebody wrote over it", () => {
    using about = story({ packs: { core: pack("core", { data: "one" }) } });
    about.once();
    about.packsync(["rollback", "core"]);
    about.write("packs/core/data", "two");
    about.once();
    about.packsync(["rollback", "core"]);
    about.remove("volume/core/data");
    about.write("volume/core/data", "somebody's");
    const [pack1] = json(about, "verify", "--repair").packs;
    expect(pack1).toMatchObject({ verdict: "drifted", repair: { release: expect.stringMatching(/^4-/) } });
    expect(about.read("volume/core/data")).toBe("one");
    expect(about.read(`volume/.packsync/releases/core/${pack1.release}/data`)).toBe("somebody's");
    expect(json(about, "status").packs).toMatchObject([{ state: "pinned" }]);
  });

  test("says when nobody has the bytes any more, and changes nothing", () => {
    using about = story({ packs: { core: pack("core", { data: "one" }) } });
    about.once();
    editUnseen(about, "volume/core/data", "two");
    about.write("packs/core/data", "three");
    const found = json(about, "verify", "--repair");
    expect(found.code).toBe(1);
    expect(found.packs[0].repair).toMatchObject({ diagnostics: [{ code: "history.lost", file: "data" }] });
    expect(about.read("volume/core/data")).toBe("two");
  });

  test("calls releases damaged that share a file somebody wrote into, and --prune removes them once they are old enough", () => {
    using about = threeReleases();
    editUnseen(about, "volume/core/actions/echo.sh", "#!/bin/sh\nrm me\n");
    const found = json(about, "verify");
    expect(found.packs[0].damaged.map(({ release }: { release: string }) => release[0])).toEqual(["1", "2"]);
    json(about, "verify", "--repair", "--prune");
    expect(releases(about)).toEqual(["4 live", "3 kept", "2 kept", "1 kept"]);
    about.write("packsync.yaml", "history: { minAge: 0 }\n");
    expect(json(about, "verify", "--prune").packs[0].pruned.releases).toHaveLength(3);
    expect(releases(about)).toEqual(["4 live"]);
    expect(json(about, "verify")).toMatchObject({ code: 0, packs: [{ verdict: "sound" }] });
  });

  test("--prune is what removes release 0 and what others had in the way", () => {
    using about = story({
      packs: { core: pack("core", { data: "ours" }) },
      volume: { core: pack("core", { data: "theirs" }) },
    });
    about.write("packsync.yaml", "history: { keep: 0, minAge: 0 }\n");
    about.once();
    about.remove("volume/core/data");
    about.write("packs/core/new", "ours");
    about.write("volume/core/new", "theirs");
    about.once();
    about.write("packs/core/new", "ours, too");
    about.once();
    expect(releases(about)).toEqual(["3 live", "0 kept"]);
    const kept = json(about, "verify").packs[0];
    expect(kept.diagnostics).toMatchObject([{ code: "history.kept" }]);
    expect(about.packsync(["verify", "--prune"]).stdout).toMatch(/pruned: 0-[0-9a-f]{8}\n.*removed for good: 2 files/);
    expect(releases(about)).toEqual(["3 live"]);
    expect(readdirSync(about.at("volume/.packsync/releases/core"))).toEqual([expect.stringMatching(/^3-.*json$/)]);
    expect(about.read("volume/core/new")).toBe("ours, too");
  });

  testWith(
    { root: true, tools: ["mkfs.ext4", "debugfs"] },
    "notices a source whose bytes are others behind the same stamps, and --repair lets the next sync read it",
    () => {
      using about = story({ packs: {} });
      execFileSync("truncate", ["-s", "8M", about.at("disk")]);
      execFileSync("mkfs.ext4", ["-q", about.at("disk")]);
      mount(about, "packs", "-o", "loop", about.at("disk"));
      about.write("packs", { core: pack("core", { data: "one\n" }) });
      about.once();
      execFileSync("umount", [about.at("packs")]);
      overwriteOnDisk(about.at("disk"), "/core/data", "two\n");
      execFileSync("mount", ["-o", "loop", about.at("disk"), about.at("packs")]);

      expect(about.read("packs/core/data")).toBe("two\n");
      expect(about.once().outcomes).toEqual({ core: "unchanged" });
      expect(json(about, "verify").packs[0].diagnostics).toMatchObject([{ code: "source.unnoticed" }]);
      json(about, "verify", "--repair");
      expect(about.once().outcomes).toEqual({ core: "published" });
      expect(about.read("volume/core/data")).toBe("two\n");
    },
  );

  /** Not even the kernel knows: the bytes are changed below the file system. */
  function overwriteOnDisk(image: string, path: string, text: string): void {
    const blocks = execFileSync("debugfs", ["-R", `blocks ${path}`, image], { encoding: "utf8", stdio: "pipe" });
    const size = execFileSync("debugfs", ["-R", "stats -h", image], { encoding: "utf8", stdio: "pipe" });
    const [, blockSize = ""] = /^Block size:\s+(\d+)/m.exec(size) ?? [];
    const disk = openSync(image, "r+");
    writeSync(disk, Buffer.from(text), 0, text.length, Number(blocks.trim()) * Number(blockSize));
    closeSync(disk);
  }
});
