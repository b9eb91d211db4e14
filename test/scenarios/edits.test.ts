import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, utimesSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { opened } from "./support/machine.ts";
import { action, manifest, pack, packs, script } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { link, stampsOf, textsOf } from "./support/tree.ts";

describe("a change in the source", () => {
  test.for([
    {
      title: "an edited file",
      change: { "actions/echo.yaml": action("echo loudly") },
      counts: { added: 0, replaced: 1, removed: 0 },
    },
    {
      title: "a new file",
      change: { "actions/new.yaml": action("new") },
      counts: { added: 1, replaced: 0, removed: 0 },
    },
    {
      title: "both at once",
      change: { "actions/echo.yaml": action("x"), "README.md": "x" },
      counts: { added: 1, replaced: 1, removed: 0 },
    },
  ])("$title: is published, and nothing else is rewritten", ({ change, counts }) => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    const isOther = (path: string) => path.includes(".") && !Object.keys(change).includes(path);
    const [core, deploy] = [stampsOf(it.at("volume/core"), isOther), stampsOf(it.at("volume/deploy"))];
    for (const [path, content] of Object.entries(change)) it.write(`packs/core/${path}`, content);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "published", deploy: "unchanged" });
    expect(run.pack("core")).toMatchObject({ release: expect.stringMatching(/^2-/), changes: counts });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    expect(stampsOf(it.at("volume/core"), isOther)).toEqual(core);
    expect(stampsOf(it.at("volume/deploy"))).toEqual(deploy);
  });

  testWith({ tools: ["strace"] }, "only what changed is read", async () => {
    using it = story({ packs: packs("core", "deploy") });
    await setTimeout(50); // younger stamps are not trusted
    it.once();
    expect(opened(it, "packs")).toEqual([]);
    it.write("packs/core/actions/echo.yaml", action("echo loudly"));
    await setTimeout(50);
    // The second look at a changed pack's identity reads its pack.yaml.
    expect(opened(it, "packs")).toEqual(["core/actions/echo.yaml", "core/pack.yaml"]);
    expect(opened(it, "packs")).toEqual([]);
  });

  test("a removed file leaves the volume", () => {
    using it = story({ packs: { core: pack("core", { "old.sh": script("echo old") }) } });
    it.once();
    it.remove("packs/core/old.sh");
    expect(it.once().pack("core")).toMatchObject({
      outcome: "published",
      changes: { added: 0, replaced: 0, removed: 1 },
    });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("a removed directory leaves the volume, also an empty one", () => {
    using it = story({ packs: { core: pack("core", { rules: { "a.yaml": "name: a\n" }, empty: {} }) } });
    it.once();
    it.remove("packs/core/rules");
    it.remove("packs/core/empty");
    expect(it.once().pack("core").outcome).toBe("published");
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("a renamed file goes by its new name", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.move("packs/core/actions/echo.yaml", "packs/core/actions/say.yaml");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, removed: 1 } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("a file that becomes a directory, and a directory that becomes a file", () => {
    using it = story({ packs: { core: pack("core", { a: "file", b: { c: "file" } }) } });
    it.once();
    it.remove("packs/core/a");
    it.remove("packs/core/b");
    it.write("packs/core", { a: { c: "file" }, b: "file" });
    expect(it.once().code).toBe(0);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("chmod +x and chmod -x follow", () => {
    using it = story({ packs: { core: pack("core", { tool: "no shebang\n" }) } });
    it.once();
    chmodSync(it.at("packs/core/tool"), 0o755);
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(modeOf(it.at("volume/core/tool"))).toBe(0o755);
    chmodSync(it.at("packs/core/tool"), 0o644);
    expect(it.once().pack("core").outcome).toBe("published");
    expect(modeOf(it.at("volume/core/tool"))).toBe(0o644);
  });

  test("modes become 0644 or 0755, whatever the source's are", () => {
    using it = story({ packs: { core: pack("core", { secret: "x", run: script("true") }) } });
    chmodSync(it.at("packs/core/secret"), 0o600);
    chmodSync(it.at("packs/core/run"), 0o4711);
    it.once();
    expect([modeOf(it.at("volume/core/secret")), modeOf(it.at("volume/core/run"))]).toEqual([0o644, 0o755]);
  });

  test("an edit of the same size is seen although the old mtime was put back", () => {
    using it = story({ packs: { core: pack("core", { data: "aaaa" }) } });
    it.once();
    const { atime, mtime } = lstatSync(it.at("packs/core/data"));
    it.write("packs/core/data", "bbbb");
    utimesSync(it.at("packs/core/data"), atime, mtime);
    expect(it.once().pack("core").outcome).toBe("published");
    expect(it.read("volume/core/data")).toBe("bbbb");
  });

  test("touching a file publishes nothing", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const before = stampsOf(it.at("volume/core"));
    utimesSync(it.at("packs/core/pack.yaml"), new Date(), new Date());
    expect(it.once().outcomes).toEqual({ core: "unchanged" });
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
  });

  test("another checkout in the source's place, and the first one back", () => {
    using it = story({ packs: packs("core") });
    it.write("other", { core: pack("core", { "new.md": "x" }, "2.0.0") });
    it.once();
    it.move("packs", "aside");
    it.move("other", "packs");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", version: "2.0.0" });
    it.move("packs", "other");
    it.move("aside", "packs");
    const { outcome, version, changes } = it.once().pack("core");
    expect({ outcome, version, changes }).toMatchObject({
      outcome: "published",
      version: "1.0.0",
      changes: { replaced: 1, removed: 1 },
    });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("a new pack is published, a removed one retired", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.write("packs", packs("extra"));
    expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged", extra: "published" });
    it.remove("packs/extra");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "unchanged", deploy: "unchanged", extra: "retired" });
    expect(it.exists("volume/extra")).toBe(false);
    expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged" });
  });

  test("a retired pack that comes back is published anew", () => {
    using it = story({ packs: packs("core", "extra") });
    it.once();
    it.move("packs/extra", "aside");
    expect(it.once().outcomes["extra"]).toBe("retired");
    it.move("aside", "packs/extra");
    expect(it.once().pack("extra")).toMatchObject({ outcome: "published", release: expect.stringMatching(/^[2-9]-/) });
    expect(it.tree("volume/extra")).toEqual(it.tree("packs/extra"));
  });

  test("what others have in a retired pack stays, and is still there when the pack comes back", () => {
    using it = story({ packs: packs("core", "extra") });
    it.once();
    it.write("volume/extra", { ".venv": { python: "theirs" } });
    it.move("packs/extra", "aside");
    expect(it.once().outcomes["extra"]).toBe("retired");
    expect(it.tree("volume/extra")).toEqual({ ".venv": "directory", ".venv/python": expect.stringMatching(/^644/) });
    it.move("aside", "packs/extra");
    expect(it.once().outcomes["extra"]).toBe("published");
    expect(it.read("volume/extra/.venv/python")).toBe("theirs");
    expect(it.read("volume/extra/pack.yaml")).toBe(manifest("extra"));
  });

  test("a new version is said", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("packs/core/pack.yaml", manifest("core", "1.1.0-rc.1+build.5"));
    expect(it.once().pack("core").version).toBe("1.1.0-rc.1+build.5");
  });
});

describe("what a release keeps of the live tree", () => {
  test("foreign files and directories, by the same inode", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core", { ".venv": { bin: { python: script("true") } }, cache: {}, "state.json": "{}" });
    const { ino } = lstatSync(it.at("volume/core/state.json"));
    it.write("packs/core/actions/echo.yaml", action("again"));
    expect(it.once().pack("core")).toMatchObject({
      outcome: "published",
      changes: { replaced: 1, carried: 2, removed: 0 },
    });
    expect(lstatSync(it.at("volume/core/state.json")).ino).toBe(ino);
    expect(it.read("volume/core/.venv/bin/python")).toContain("true");
    expect(it.exists("volume/core/cache")).toBe(true);
  });

  test("the modes of its directories", () => {
    using it = story({ packs: packs("core") });
    it.once();
    chmodSync(it.at("volume/core"), 0o2775);
    chmodSync(it.at("volume/core/actions"), 0o700);
    it.write("packs/core/actions/echo.yaml", action("again"));
    expect(it.once().pack("core").outcome).toBe("published");
    expect(modeOf(it.at("volume/core"))).toBe(0o2775);
    expect(modeOf(it.at("volume/core/actions"))).toBe(0o700);
  });

  testWith({ root: true }, "the owners of its directories", () => {
    using it = story({ packs: packs("core") });
    it.once();
    chownSync(it.at("volume/core/actions"), 1234, 2345);
    it.write("packs/core/actions/echo.yaml", action("again"));
    expect(it.once().pack("core").outcome).toBe("published");
    expect(lstatSync(it.at("volume/core/actions"))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  testWith({ tools: ["setfacl", "getfacl"] }, "the access lists of its directories, the pack's own among them", () => {
    using it = story({ packs: packs("core") });
    it.once();
    const cwd = it.at("volume");
    const accessLists = () => execFileSync("getfacl", ["-n", "core", "core/actions"], { cwd, encoding: "utf8" });
    execFileSync("setfacl", ["-m", "u:1000:rwx", "core", "core/actions"], { cwd });
    execFileSync("setfacl", ["-d", "-m", "g:1000:rx", "core/actions"], { cwd });
    const before = accessLists();
    it.write("packs/core/actions/echo.yaml", action("again"));
    expect(it.once().pack("core").outcome).toBe("published");
    expect(accessLists()).toBe(before);
    expect(before).toContain("user:1000:rwx");
  });
});

describe("the mtime of a path, in whole seconds", () => {
  test("is never the same twice, however quickly releases follow each other", () => {
    using it = story({ packs: packs("core") });
    const seconds = ["a", "b", "c", "d"].map((name) => {
      it.write("packs/core/actions/echo.yaml", action(name));
      expect(it.once().pack("core").outcome).toBe("published");
      return secondOf(it.at("volume/core/actions/echo.yaml"));
    });
    expect(new Set(seconds).size).toBe(4);
    expect(seconds).toEqual(seconds.toSorted());
  });

  test("is not one that the path had before the pack was retired, either", () => {
    using it = story({ packs: packs("core", "extra") });
    it.once();
    const first = secondOf(it.at("volume/extra/actions/echo.yaml"));
    it.move("packs/extra", "aside");
    it.once();
    it.write("aside/actions/echo.yaml", action("later", "extra"));
    it.move("aside", "packs/extra");
    it.once();
    expect(secondOf(it.at("volume/extra/actions/echo.yaml"))).toBeGreaterThan(first);
  });
});

describe("the volume's own files in somebody else's hands", () => {
  test("one that is deleted comes back", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.remove("volume/core/actions/echo.yaml");
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 0 } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("one that is replaced is repaired, reported, and theirs kept in history", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core/actions/new", "somebody's");
    it.move("volume/core/actions/new", "volume/core/actions/echo.yaml");
    const run = it.once();
    expect(run.pack("core")).toMatchObject({ outcome: "published", changes: { replaced: 1 } });
    expect(run.codes("core")).toEqual(["volume.displaced"]);
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    expect(keptIn(it.at("volume"), "somebody's")).toContain("actions/echo.yaml");
  });

  test("one that is edited in place is repaired as soon as its pack is published again", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("volume/core/actions/echo.yaml", "somebody's");
    it.write("packs/core/README.md", "new");
    expect(it.once().pack("core")).toMatchObject({ outcome: "published", changes: { added: 1, replaced: 1 } });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test("one that somebody edited and the source then removed is kept in history", () => {
    using it = story({ packs: { core: pack("core", { "config.ini": "ours" }) } });
    it.once();
    it.write("volume/core/config.ini", "theirs");
    it.remove("packs/core/config.ini");
    expect(it.once().codes("core")).toContain("volume.displaced");
    expect(it.exists("volume/core/config.ini")).toBe(false);
    expect(keptIn(it.at("volume"), "theirs")).toContain("config.ini");
  });

  test("a pack's directory that is gone comes back", () => {
    using it = story({ packs: packs("core", "deploy") });
    it.once();
    it.remove("volume/core");
    expect(it.once().outcomes).toEqual({ core: "published", deploy: "unchanged" });
    expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
  });

  test.for([
    { title: "a file", instead: "a file" },
    { title: "a symlink", instead: link("../elsewhere") },
  ])("a pack's directory that became $title is repaired, or fails alone with a sentence", ({ instead }) => {
    using it = story({ packs: packs("core", "deploy") });
    it.write("elsewhere", { "precious.txt": "mine" });
    it.once();
    it.remove("volume/core");
    it.write("volume", { core: instead });
    it.write("packs/deploy/README.md", "x");
    const run = it.once();
    expect(run.outcomes["deploy"]).toBe("published");
    expect(textsOf(it.at("elsewhere"))).toEqual({ "precious.txt": "mine" });
    if (run.code === 0) expect(it.tree("volume/core")).toEqual(it.tree("packs/core"));
    else expect(run.pack("core")).toMatchObject({ outcome: "failed", diagnostics: [{ hint: expect.any(String) }] });
  });
});

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777;
}

function secondOf(path: string): number {
  return Math.floor(lstatSync(path).mtimeMs / 1000);
}

function keptIn(volume: string, text: string): string {
  return execFileSync("grep", ["-rl", text, `${volume}/.packsync/releases`], { encoding: "utf8" });
}
