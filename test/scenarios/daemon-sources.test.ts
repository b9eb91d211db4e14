import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { sh } from "../support/watching.ts";
import {
  daemon,
  expectNothingLeft,
  filesIn,
  PATIENCE,
  releasesOf,
  untilLive,
  untilSynced,
  wantedOf,
} from "./support/daemon.ts";
import { mount } from "./support/machine.ts";
import { brokenYaml, pack, packs } from "./support/packs.ts";
import { story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

describe("a source that is there again is as if it had never been away", () => {
  test.for<{ title: string; away: string; back: string }>([
    { title: "renamed away, and back", away: "mv packs aside", back: "mv aside packs" },
    { title: "rm -rf, and copied anew", away: "cp -r packs aside; rm -rf packs", back: "cp -r aside packs" },
    { title: "emptied, and filled again", away: "cp -r packs aside; rm -rf packs/*", back: "cp -r aside/. packs" },
    { title: "a file stands there for a while", away: "mv packs aside; touch packs", back: "rm packs; mv aside packs" },
    {
      title: "the directory above it is renamed, and back",
      away: "mv above elsewhere",
      back: "mv elsewhere above",
    },
  ])("$title: held, nothing is removed, and then healed", async ({ away, back }) => {
    using it = story({ packs: packs("core", "deploy") });
    const isNested = away.includes("above");
    if (isNested) sh(it.directory, "mkdir above; mv packs above; ln -s above/packs packs");
    await using running = await daemon(it, { args: isNested ? ["--packs", "above/packs"] : [] });
    const source = isNested ? "above/packs" : "packs";
    const before = stampsOf(it.at("volume/core"));
    sh(it.directory, away);
    await running.hear("source held");
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    sh(it.directory, back);
    await running.hear("source is fine");
    expect(stampsOf(it.at("volume/core"))).toEqual(before);

    // And it is watched as before.
    writeFileSync(it.at(`${source}/core/README.md`), "written after it came back");
    await untilSynced(it, source);
    expect(releasesOf(it, "deploy")).toBe(1);
    expect(running.said("pack retired")).toEqual([]);
    await running.stop();
  });

  testWith({ tools: ["git"] }, "rm -rf and clone of the whole source, at once: nothing is ever retired", async () => {
    using it = story({ packs: packs("core", "deploy") });
    const clone = "git -c user.name=x -c user.email=x@example.org";
    sh(it.at("packs"), `git init -q && git add -A && ${clone} commit -q -m first`);
    await using running = await daemon(it);
    const before = stampsOf(it.at("volume/core"));
    sh(it.directory, "git clone -q --bare packs upstream && rm -rf packs && git clone -q upstream packs");
    writeFileSync(it.at("packs/deploy/README.md"), "written after the clone");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    expect(running.said("pack retired")).toEqual([]);
    await running.stop();
  });

  testWith({ tools: ["git"] }, "rm -rf and clone of one pack", async () => {
    using it = story({ packs: packs("core", "deploy") });
    const clone = "git -c user.name=x -c user.email=x@example.org";
    sh(it.at("packs/core"), `git init -q && git add -A && ${clone} commit -q -m first`);
    await using running = await daemon(it);
    sh(
      it.directory,
      "git clone -q --bare packs/core upstream && rm -rf packs/core && git clone -q upstream packs/core",
    );
    writeFileSync(it.at("packs/core/README.md"), "written after the clone");
    await untilSynced(it);
    expectNothingLeft(it);
    await running.stop();
  });

  testWith({ root: true }, "unmounted, and mounted again", async () => {
    using it = story({ packs: {} });
    mount(it, "packs", "-t", "tmpfs", "none");
    it.write("packs", packs("core", "deploy"));
    it.write("aside", packs("core", "deploy"));
    await using running = await daemon(it);
    const before = stampsOf(it.at("volume/core"));
    execFileSync("umount", [it.at("packs")]);
    await running.hear("source held");
    expect(stampsOf(it.at("volume/core"))).toEqual(before);
    mount(it, "packs", "-t", "tmpfs", "none");
    cpSync(it.at("aside"), it.at("packs"), { recursive: true });
    await running.hear("source is fine");
    writeFileSync(it.at("packs/core/README.md"), "written on the new mount");
    await untilSynced(it);
    expect(running.said("pack retired")).toEqual([]);
    await running.stop();
  });

  testWith({ root: true }, "unreadable for a while", async () => {
    using it = story({ packs: packs("core"), volume: {} });
    for (const path of ["volume", "packs"]) chownSync(it.at(path), 1000, 1000);
    await using running = await daemon(it, { uid: 1000 });
    chmodSync(it.at("packs"), 0o000);
    await running.hear("source held");
    chmodSync(it.at("packs"), 0o755);
    await running.hear("source is fine");
    writeFileSync(it.at("packs/core/README.md"), "readable again");
    await untilSynced(it);
    await running.stop();
  });
});

test("a source that comes up after the daemon is watched from then on", async () => {
  using it = story({ packs: packs("core") });
  await using running = await daemon(it);
  it.write("packs.dev", packs("mine"));
  await untilSynced(it, "packs", "packs.dev");
  writeFileSync(it.at("packs.dev/mine/README.md"), "and then written");
  await untilSynced(it, "packs", "packs.dev");
  await running.stop();
});

test("a pack that is removed is retired, and is back when its directory is", async () => {
  using it = story({ packs: packs("core", "deploy", "other") });
  await using running = await daemon(it);
  it.move("packs/core", "aside");
  await untilSynced(it);
  await running.hear("pack retired");
  expect(running.said("pack retired")).toMatchObject([{ ref: "core" }]);
  it.move("aside", "packs/core");
  await untilSynced(it);
  expectNothingLeft(it);
  await running.stop();
});

test("packs that vanish at once are held, and a person ends it", async () => {
  using it = story({ packs: packs("a1", "a2", "a3", "a4") });
  await using running = await daemon(it);
  const before = filesIn(it.at("volume"));
  sh(it.directory, "rm -rf packs/a1 packs/a2 packs/a3");
  await running.hear("source held");
  expect(filesIn(it.at("volume"))).toEqual(before);
  expect(it.once(["--allow-removals"])).toMatchObject({ code: 0, outcomes: { a1: "retired", a4: "unchanged" } });
  await untilSynced(it);
  await running.hear("source is fine");
  await running.stop();
});

test("a development pack shadows the production one, and gives way when it is removed", async () => {
  using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
  await using running = await daemon(it);
  const production = wantedOf(it, "packs");
  const others = wantedOf(it, "packs.dev");
  it.write("packs.dev/core", pack("core", { "README.md": "under development" }, "2.0.0"));
  await untilLive(it, wantedOf(it, "packs.dev"));
  it.remove("packs.dev/core");
  await untilLive(it, { ...production, ...others });
  expect(running.said("pack retired")).toEqual([]);
  expectNothingLeft(it);
  await running.stop();
});

describe("mode: mounted", () => {
  const MOUNTED = "sources: { packs: ./packs, packs.dev: { path: ./packs.dev, kind: development, mode: mounted } }\n";

  test("is validated at each save, and nothing of it is copied", async () => {
    using it = story({ packs: packs("core"), "packs.dev": packs("mine") });
    it.write("packsync.yaml", MOUNTED);
    await using running = await daemon(it);
    await untilSynced(it, "packs");
    it.write("packs.dev/mine/actions/echo.yaml", brokenYaml);
    await running.hear("pack rejected");
    expect(running.said("pack rejected")).toMatchObject([
      { ref: "mine", source: "packs.dev", diagnostics: [{ code: "metadata.invalid_yaml" }] },
    ]);
    const before = running.said("pack checked").length;
    it.write("packs.dev/mine", pack("mine"));
    await running.hear("pack checked", before + 1);
    expect(it.exists("volume/mine")).toBe(false);
    expectNothingLeft(it);
    await running.stop();
  });
});

test("a rejected pack keeps its last good release, and is live again when it is mended", async () => {
  using it = story({ packs: packs("core", "deploy") });
  await using running = await daemon(it);
  const before = stampsOf(it.at("volume/core"));
  it.write("packs/core/actions/echo.yaml", brokenYaml);
  await running.hear("pack rejected");
  expect(stampsOf(it.at("volume/core"))).toEqual(before);
  await expect.poll(() => it.packsync(["status"]).stdout, PATIENCE).toContain("invalid");
  it.write("packs/core", pack("core", { "README.md": "mended" }));
  await untilSynced(it);
  expectNothingLeft(it);
  await running.stop();
});
