import { expect, test } from "vitest";
import { daemon, PATIENCE } from "./support/daemon.ts";
import { story } from "./support/story.ts";

const manifest = (ref: string, version: string, rest = "") => ({
  "pack.yaml": `ref: ${ref}\nlabel: A pack\nversion: "${version}"\n${rest}`,
});

test("packsync dependencies says what is missing and in conflict, before there is a volume and beside a daemon", async () => {
  using it = story({
    packs: { core: manifest("core", "1.4.0") },
    volume: { theirs: manifest("theirs", "2.0.0"), "old-1.0": manifest("old", "1.0.0"), broken: { "pack.yaml": "[" } },
  });
  it.write("downloads", {
    app: {
      ...manifest("app", "1.0.0", 'python: ">=3.9"\ndependencies: ["core@>=1.0", "lib@^1.0", "theirs@^3", gone]\n'),
      "requirements.txt": "requests\n",
    },
    lib: manifest("lib", "1.2.0", "dependencies: [app]\n"),
  });
  const before = it.packsync(["dependencies", "downloads/app", "downloads/lib"]);
  expect(before).toMatchObject({ code: 1, stderr: "" });
  expect(before.stdout).toBe(
    [
      "app 1.0.0  downloads/app",
      "  needs core    >=1.0  missing",
      "  needs lib     ^1.0   1.2.0 comes along",
      "  needs theirs  ^3     conflicting: 2.0.0 installed",
      "  needs gone    *      missing",
      "  needs Python >=3.9, packages of downloads/app/requirements.txt",
      "lib 1.2.0  downloads/lib",
      "  needs app  *  1.0.0 comes along",
      "circular app → lib → app",
      "order: app, lib",
      "2 packs: 2 missing, 1 conflicting, 0 failed",
      "",
    ].join("\n"),
  );

  await using running = await daemon(it);
  await expect.poll(() => it.exists("volume/core/pack.yaml"), PATIENCE).toBe(true);
  const beside = it.packsync(["dependencies", "downloads/app", "downloads/lib", "nothing", "--format", "json"]);
  expect(running.pid).toBeGreaterThan(0);
  const { dependencies, missing_dependencies, conflicting_dependencies, errors, ...rest } = JSON.parse(beside.stdout);
  expect(dependencies[0]).toEqual({
    pack_ref: "core",
    version_spec: ">=1.0",
    required_by: "app",
    already_installed: true,
  });
  expect(missing_dependencies.map((each: { pack_ref: string }) => each.pack_ref)).toEqual(["gone"]);
  expect(conflicting_dependencies).toMatchObject([{ pack_ref: "theirs", found_version: "2.0.0" }]);
  expect(errors).toEqual([
    { pack_path: it.at("nothing"), error: "Expected the directory of a pack, got nothing there" },
  ]);
  expect(rest).toMatchObject({ exitCode: 1, install_order: ["app", "lib"], circular_dependencies: [["app", "lib"]] });
});

test("it ends with 0 where nothing is missing, and with --skip-validation versions do not count", () => {
  using it = story({
    packs: {
      app: manifest("app", "1.0.0", 'dependencies: ["core@^2"]\n'),
      core: manifest("core", "1.0.0"),
      vague: { "pack.yaml": "ref: vague\n" },
    },
  });
  expect(it.packsync(["dependencies", "packs/app", "packs/core"]).code).toBe(1);
  expect(it.packsync(["dependencies", "packs/vague"]).code).toBe(1);
  const skipped = it.packsync(["dependencies", "packs/app", "packs/core", "packs/vague", "--skip-validation"]);
  expect(skipped).toMatchObject({ code: 0, stderr: "" });
  expect(skipped.stdout).toMatch(/order: core, app, vague\n3 packs: 0 missing, 0 conflicting, 0 failed\n$/);
  expect(it.exists("volume")).toBe(false);
});

test("of StackStorm's mounted packs.dev what is valid is installed", () => {
  const st2 = (name: string, rest = "") => ({
    "pack.yaml": `name: ${name}\ndescription: x\nauthor: x\nversion: 1.0\n${rest}`,
  });
  using it = story({ packs: { lib: st2("lib") }, "packs.dev": { mine: st2("mine") } });
  it.write(
    "packsync.yaml",
    "preset: stackstorm\nvolume: ./volume\nsources: {packs: ./packs, packs.dev: ./packs.dev}\n",
  );
  it.packsync(["--once"]);
  it.write("app", st2("app", "dependencies: [lib, mine=1.0.0, core, other]\n"));
  const { stdout } = it.packsync(["dependencies", "app"]);
  expect(stdout).toContain("needs lib    *       1.0.0 installed\n");
  expect(stdout).toContain("needs mine   =1.0.0  1.0.0 installed\n");
  expect(stdout).toContain("needs core   *       the platform has it\n");
  expect(stdout).toContain("needs other  *       missing\n");
});
