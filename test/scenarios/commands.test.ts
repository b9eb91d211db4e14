import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { action, brokenYaml, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { link, stampsOf, treeOf } from "./support/tree.ts";

describe("--only", () => {
  test("publishes these packs, and leaves all others as they are", () => {
    using it = story({ packs: packs("core", "deploy", "extra") });
    expect(it.once(["--only", "core,extra"])).toMatchObject({
      code: 0,
      outcomes: { core: "published", extra: "published" },
    });
    expect(it.exists("volume/deploy")).toBe(false);
    it.once();
    it.remove("packs/extra");
    it.write("packs/core/README.md", "x");
    const run = it.once(["--only", "core"]);
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.exists("volume/extra/pack.yaml")).toBe(true);
    expect(it.once(["--only", "extra"]).outcomes).toEqual({ extra: "retired" });
  });

  test("is not disturbed by other packs that are broken", () => {
    using it = story({ packs: { core: pack("core"), deploy: pack("deploy", { actions: { "a.yaml": brokenYaml } }) } });
    expect(it.once(["--only", "core"])).toMatchObject({ code: 0, outcomes: { core: "published" } });
  });

  test("with a pack that nobody has says so", () => {
    using it = story({ packs: packs("core") });
    const { code, stdout, stderr } = it.packsync(["--once", "--only", "cor"]);
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain("cor");
  });
});

describe("--require", () => {
  const broken = { deploy: pack("deploy", { actions: { "a.yaml": brokenYaml } }) };

  test("ends with 0 while the required pack is live, although another one is broken", () => {
    using it = story({ packs: { ...packs("core"), ...broken } });
    const run = it.once(["--require", "core"]);
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published", deploy: "rejected" } });
    expect(it.once().code).toBe(1);
  });

  test("ends with 1 when the required pack is not live", () => {
    using it = story({ packs: { ...packs("core"), ...broken } });
    expect(it.once(["--require", "core,deploy"]).code).toBe(1);
    const run = it.once(["--require", "nobody"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toBe("Required, but not live in the volume: nobody.\n");
  });

  test("ends with 0 when its newest state is rejected, but a good release is live", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.write("packs/core/actions/echo.yaml", brokenYaml);
    expect(it.once(["--require", "core"])).toMatchObject({ code: 0, outcomes: { core: "rejected" } });
  });

  test("counts whoever put it there", () => {
    using it = story({ packs: packs("core"), volume: { installed: pack("installed") } });
    expect(it.once(["--require", "core,installed"]).code).toBe(0);
  });

  test("ends with 0 also while a source is held or gone, loudly", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.move("packs", "aside");
    expect(it.once(["--require", "core"])).toMatchObject({ code: 0, outcomes: { core: "held" } });
  });
});

describe("what changes nothing", () => {
  test.for([
    { title: "--dry-run", args: ["--once", "--dry-run"], code: 0 },
    { title: "--dry-run without --once", args: ["--dry-run"], code: 0 },
    { title: "plan", args: ["plan"], code: 0 },
    { title: "plan --exit-code", args: ["plan", "--exit-code"], code: 1 },
    { title: "status", args: ["status"], code: 0 },
    { title: "config --explain", args: ["config", "--explain"], code: 0 },
  ])("$title makes no volume, and no .packsync in one", ({ args, code }) => {
    using it = story({
      packs: packs("core"),
      "packs.dev": { mine: { actions: { "a.yaml": action("a", "mine"), "echo.sh": script("echo a") } } },
    });
    const before = stampsOf(it.directory);
    expect(it.packsync(args).code).toBe(code);
    expect(stampsOf(it.directory)).toEqual(before);
    it.write("volume", { installed: pack("installed") });
    const filled = stampsOf(it.directory);
    expect(it.packsync(args).code).toBe(code);
    expect(stampsOf(it.directory)).toEqual(filled);
  });

  test.for([
    { title: "--dry-run", args: ["--once", "--dry-run"], code: 1 },
    { title: "plan --exit-code", args: ["plan", "--exit-code"], code: 1 },
    { title: "status", args: ["status"], code: 0 },
  ])("$title leaves a volume in use as it is", ({ args, code }) => {
    using it = story({ packs: packs("core", "deploy", "extra") });
    it.once();
    it.write("packs/core/README.md", "x");
    it.write("packs/deploy/actions/echo.yaml", brokenYaml);
    it.remove("packs/extra");
    const before = treeOf(it.directory);
    const stamps = stampsOf(it.directory, (path) => path !== "volume/.packsync");
    expect(it.packsync(args).code).toBe(code);
    expect(treeOf(it.directory)).toEqual(before);
    expect(stampsOf(it.directory, (path) => path !== "volume/.packsync")).toEqual(stamps);
  });
});

describe("plan", () => {
  test("says file by file what a sync would do, and why", () => {
    using it = story({ packs: { core: pack("core", { "old.sh": script("echo old") }), ...packs("extra") } });
    it.once();
    it.write("volume/core", { "theirs.txt": "x" });
    it.write("packs/core/actions/echo.yaml", action("louder"));
    it.write("packs/core/new.txt", "x");
    it.remove("packs/core/old.sh");
    it.remove("packs/extra");
    const { code, stdout } = it.packsync(["plan"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^core {2}1\.0\.0 {2}packs {2}would be published/m);
    expect(stdout).toMatch(/~ +actions\/echo\.yaml/);
    expect(stdout).toMatch(/\+ +new\.txt/);
    expect(stdout).toMatch(/- +old\.sh/);
    expect(stdout).toMatch(/· +theirs\.txt/);
    expect(stdout).toMatch(/^extra .*would be retired/m);
    const planned = JSON.parse(it.packsync(["plan", "--format", "json"]).stdout).packs[0];
    const done = it.once();
    expect(done.pack("core").changes).toEqual(planned.changes);
    expect(it.packsync(["plan", "--exit-code"]).code).toBe(0);
  });

  test("of one pack says nothing of others, and refuses a name that nobody has", () => {
    using it = story({ packs: packs("core", "deploy") });
    const { stdout } = it.packsync(["plan", "core"]);
    expect(stdout).toContain("core");
    expect(stdout).not.toContain("deploy");
    const unknown = it.packsync(["plan", "nobody"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("`nobody`");
  });

  test("says that a hold would keep what vanished", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.remove("packs/core");
    const { stdout } = it.packsync(["plan"]);
    expect(stdout).toContain("--allow-removals");
  });
});

describe("status", () => {
  test("before the first sync says what to do next", () => {
    using it = story({ packs: packs("core") });
    expect(it.packsync(["status"])).toMatchObject({ code: 0, stdout: expect.stringContaining("packsync --once") });
    expect(JSON.parse(it.packsync(["status", "--format", "json"]).stdout)).toMatchObject({ packs: [] });
  });

  test("knows live, invalid, rejected, shadowed, missing and retired packs, with their findings", () => {
    using it = story({ packs: packs("core", "deploy", "extra", "gone", "mine"), "packs.dev": packs("mine") });
    it.once();
    it.write("packs/deploy/actions/echo.yaml", brokenYaml);
    it.write("packs", { fresh: pack("fresh", { actions: { "a.yaml": brokenYaml } }) });
    it.remove("packs/gone");
    it.once();
    it.remove("volume/extra");
    const status = JSON.parse(it.packsync(["status", "--format", "json"]).stdout);
    const states = status.packs.map(({ ref, source, state }: Record<string, string>) => `${ref} ${source} ${state}`);
    expect(states.sort()).toEqual([
      "core packs live",
      "deploy packs invalid",
      "extra packs missing",
      "fresh packs rejected",
      "gone packs retired",
      "mine packs shadowed",
      "mine packs.dev live",
    ]);
    const deploy = status.packs.find(({ ref }: { ref: string }) => ref === "deploy");
    expect(deploy).toMatchObject({
      version: "1.0.0",
      release: expect.stringMatching(/^1-/),
      since: expect.any(String),
    });
    expect(deploy.findings).toMatchObject([{ code: "metadata.invalid_yaml", file: "actions/echo.yaml", line: 2 }]);

    const { code, stdout } = it.packsync(["status"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/core\s+1\.0\.0\s+packs\s+1-[0-9a-f]{8}\s+live/);
    expect(stdout).toMatch(/deploy\s+1\.0\.0\s+packs\s+1-[0-9a-f]{8}\s+invalid/);
    expect(stdout).toContain("deploy/actions/echo.yaml:2");
  });

  test("says which source is held, and how to end it", () => {
    using it = story({ packs: packs("core") });
    it.once();
    it.move("packs", "aside");
    it.once();
    const { stdout } = it.packsync(["status"]);
    expect(stdout).toMatch(/core.*held/);
    expect(stdout).toContain("--allow-removals");
  });

  test("shows a pack that has two directories for one ref", () => {
    using it = story({ packs: { one: pack("deploy"), two: pack("deploy"), core: pack("core") } });
    it.once();
    const { stdout } = it.packsync(["status"]);
    expect(stdout).toMatch(/deploy.*rejected/);
  });
});

describe("where things are", () => {
  test("the names that init-packs knew", () => {
    using it = story();
    it.write("source", packs("core"));
    const env = { SOURCE_PACKS_DIR: it.at("source"), TARGET_PACKS_DIR: it.at("target") };
    expect(it.once([], { env, volume: "target" })).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("target/core")).toEqual(it.tree("source/core"));
    expect(it.exists("volume")).toBe(false);
  });

  test("--state-dir takes the database and a lock; trees stay in the volume, which stays locked, too", () => {
    using it = story({ packs: packs("core") });
    expect(it.once(["--state-dir", "state"])).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect([existsSync(it.at("state/state.db")), existsSync(it.at("state/lock"))]).toEqual([true, true]);
    expect([it.exists("volume/.packsync/state.db"), it.exists("volume/.packsync/lock")]).toEqual([false, true]);
    expect(it.exists("volume/.packsync/releases/core")).toBe(true);
    expect(it.once(["--state-dir", "state"]).outcomes).toEqual({ core: "unchanged" });
    expect(it.packsync(["status", "--state-dir", "state"]).stdout).toMatch(/core.*live/);
  });

  test("flags for all of them, relative to the working directory", () => {
    using it = story();
    it.write("a", packs("core"));
    it.write("b", packs("mine"));
    const args = ["--packs", "a", "--packs-dev", "b", "--volume", "deep/er/volume"];
    expect(it.once(args, { volume: "deep/er/volume" })).toMatchObject({
      code: 0,
      outcomes: { core: "published", mine: "published" },
    });
    expect(it.tree("deep/er/volume/mine")).toEqual(it.tree("b/mine"));
  });

  test("packsync.yaml in the working directory", () => {
    using it = story({ packs: packs("core") });
    it.write("packsync.yaml", "volume: ./elsewhere\nrequire: [core]\n");
    expect(it.once([], { volume: "elsewhere" }).code).toBe(0);
    expect(it.exists("elsewhere/core/pack.yaml")).toBe(true);
  });

  test("a volume that is a symlink is the directory behind it", () => {
    using it = story({ packs: packs("core") });
    it.write("real", {});
    it.write(".", { volume: link("real") });
    expect(it.once()).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.tree("real/core")).toEqual(it.tree("packs/core"));
  });
});

describe("wrong usage", () => {
  test.for([
    { title: "an unknown command", args: ["sycn"], says: /`sycn`[\s\S]*Did you mean `sync`\?/ },
    { title: "an unknown flag", args: ["--once", "--dry"], says: /--dry/ },
    { title: "a flag without its value", args: ["--once", "--volume"], says: /--volume/ },
    { title: "a wrong value", args: ["--once", "--preserve", "maybe"], says: /--preserve/ },
    { title: "one name for two sources", args: ["--once", "--packs", "packs", "--packs", "more"], says: /twice/ },
    { title: "a port that is none", args: ["--listen", "localhost:99999"], says: /65535/ },
    { title: "a pack's name for its path", args: ["validate", "core"], says: /Did you mean `.*\/packs\/core`\?/ },
    { title: "a volume inside a source", args: ["--once", "--volume", "packs/volume"], says: /apart/ },
  ])("$title: exit 2, on stderr, and nothing is made", ({ args, says }) => {
    using it = story({ packs: packs("core") });
    const before = treeOf(it.directory);
    const { code, stdout, stderr } = it.packsync(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(treeOf(it.directory)).toEqual(before);
  });

  test("a wrong packsync.yaml: exit 2, with line and column", () => {
    using it = story({ packs: packs("core") });
    it.write("packsync.yaml", "volume: ./volume\npreserv: off\n");
    const { code, stderr } = it.packsync(["--once"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/packsync\.yaml:2:1/);
  });

  test("--version and --help are none: exit 0", () => {
    using it = story();
    expect(it.packsync(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(it.packsync(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--allow-removals") });
  });

  test.for([
    { args: ["help"], as: ["--help"] },
    { args: ["help", "rollback"], as: ["rollback", "--help"] },
    { args: ["help", "catalog", "sync"], as: ["catalog", "sync", "--help"] },
  ])("nor is $args", ({ args, as }) => {
    using it = story();
    const { code, stdout } = it.packsync(args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: it.packsync(as).stdout });
  });
});

test("with --format json stdout is one JSON document, also when everything goes wrong", () => {
  using it = story({ packs: { core: pack("core", { actions: { "a.yaml": brokenYaml } }) } });
  const { stdout } = it.packsync(["--once", "--format", "json", "-v"]);
  expect(JSON.parse(stdout)).toMatchObject({ exitCode: 1, totals: { rejected: 1 } });
  expectTotals(it);
});

function expectTotals(it: Story): void {
  const run = it.once();
  const outcomes = Object.values(run.outcomes);
  for (const [outcome, count] of Object.entries(run.report.totals))
    expect(outcomes.filter((each) => each === outcome)).toHaveLength(count);
}
