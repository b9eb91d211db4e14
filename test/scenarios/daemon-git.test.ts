import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { sh } from "../support/watching.ts";
import { memoryIfAny } from "./programs/start.ts";
import { daemon, expectNothingLeft, filesIn, releasesOf, untilSynced } from "./support/daemon.ts";
import { isSoak } from "./support/is-soak.ts";
import { action, manifest, pack, packs, script } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import type { Tree } from "./support/tree.ts";

const SETTINGS = { "user.name": "somebody", "user.email": "somebody@example.org", "init.defaultBranch": "main" };

/** Nothing of this machine's configuration counts. */
function git(cwd: string, ...args: readonly string[]): void {
  const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const env = { PATH: process.env["PATH"], HOME: cwd, GIT_CONFIG_NOSYSTEM: "1", GIT_EDITOR: "true" };
  execFileSync("git", [...settings, ...args], { cwd, env, stdio: "pipe" });
}

function commitAll(it: Story, message: string): void {
  git(it.at("packs"), "add", "--all");
  git(it.at("packs"), "commit", "--quiet", "--message", message);
}

/** A story whose `packs` is a repository with one commit. */
function repository(tree: Tree, parent?: string): Story {
  const it = story({ packs: tree }, parent);
  git(it.at("packs"), "init", "--quiet");
  commitAll(it, "first");
  return it;
}

describe("git does in a source what it does, and in the end the volume is what the source is", () => {
  const needs = { tools: ["git"], timeout: 120_000 };

  testWith(needs, "clone of a source while it is watched", async () => {
    using it = story({ packs: packs("core") });
    it.move("packs", "upstream");
    git(it.at("upstream"), "init", "--quiet");
    git(it.at("upstream"), "add", "--all");
    git(it.at("upstream"), "commit", "--quiet", "--message", "first");
    it.write("packs", {});
    await using running = await daemon(it);
    git(it.directory, "clone", "--quiet", it.at("upstream"), "packs");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(running.said("pack rejected")).toEqual([]);
    expect(releasesOf(it, "core")).toBe(1);
    await running.stop();
  });

  testWith(needs, "clone of a pack, with its .git", async () => {
    using it = story({ packs: packs("core") });
    it.write("upstream", pack("deploy", { data: dataFiles("deploy", 0) }));
    git(it.at("upstream"), "init", "--quiet");
    git(it.at("upstream"), "add", "--all");
    git(it.at("upstream"), "commit", "--quiet", "--message", "first");
    await using running = await daemon(it);
    git(it.directory, "clone", "--quiet", it.at("upstream"), "packs/deploy");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(it.exists("volume/deploy/.git")).toBe(false);
    expect(running.said("pack rejected")).toEqual([]);
    await running.stop();
  });

  testWith(needs, "rebase, with commits that touch the same pack", async () => {
    using it = repository(packs("core", "deploy"));
    const source = it.at("packs");
    git(source, "switch", "--quiet", "--create", "feature");
    for (const step of ["one", "two", "three"]) {
      it.write(`packs/core/${step}.md`, step);
      commitAll(it, step);
    }
    git(source, "switch", "--quiet", "main");
    it.write("packs/core/pack.yaml", manifest("core", "2.0.0"));
    commitAll(it, "main goes on");
    git(source, "switch", "--quiet", "feature");
    await using running = await daemon(it);
    git(source, "rebase", "--quiet", "main");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core", "2.0.0"));
    expect(Object.keys(filesIn(it.at("volume")))).toContain("core/three.md");
    expect(releasesOf(it, "deploy")).toBe(1);
    expect(running.said("pack rejected")).toEqual([]);
    await running.stop();
  });

  testWith(needs, "stash, and stash pop", async () => {
    using it = repository(packs("core"));
    const source = it.at("packs");
    await using running = await daemon(it);
    it.write("packs/core/pack.yaml", manifest("core", "2.0.0"));
    it.write("packs/core/new.md", "new");
    await untilSynced(it);
    git(source, "stash", "push", "--quiet", "--include-untracked");
    await untilSynced(it);
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core"));
    expect(it.exists("volume/core/new.md")).toBe(false);
    git(source, "stash", "pop", "--quiet");
    await untilSynced(it);
    expect(it.read("volume/core/pack.yaml")).toBe(manifest("core", "2.0.0"));
    expectNothingLeft(it);
    await running.stop();
  });

  testWith(needs, "clean -fdx: what was built is gone, and so is a pack that was never committed", async () => {
    using it = repository({ ...packs("core", "deploy"), ".gitignore": "*.bin\n" });
    it.write("packs/core", { "built.bin": "built", lib: { "built.bin": "built" } });
    it.write("packs/mine", pack("mine"));
    await using running = await daemon(it);
    await untilSynced(it);
    git(it.at("packs"), "clean", "--quiet", "-fdx");
    expect(it.exists("packs/mine")).toBe(false);
    await untilSynced(it);
    expectNothingLeft(it);
    expect(running.said("pack retired")).toMatchObject([{ ref: "mine" }]);
    await running.stop();
  });
});

const PACKS = 200;
const FILES = 50;

function dataFiles(ref: string, state: number, files = FILES): Tree {
  const content = (name: string) => `${name} of ${ref} in state ${state}\n`.repeat(20);
  const names = Array.from({ length: files }, (_, index) => `data-${index}.txt`);
  return Object.fromEntries(names.map((name) => [name, content(name)]));
}

/** 200 packs of 55 files; between two states all data differ, and an action with its script has another name. */
function manyPacks(state: number): Tree {
  const refs = Array.from({ length: PACKS }, (_, index) => `pack_${index}`);
  return Object.fromEntries(refs.map((ref) => [ref, packIn(ref, state)]));
}

function packIn(ref: string, state: number): Tree {
  const name = `act_${state}`;
  const actions = {
    [`${name}.yaml`]: action(name, ref).replace("echo.sh", `${name}.sh`),
    [`${name}.sh`]: script(`echo ${state}`),
  };
  return { "pack.yaml": manifest(ref, `1.0.${state}`), actions, data: dataFiles(ref, state) };
}

/** Releases that any pack ever had in which an action lacks its script. */
function invalidReleases(it: Story): string[] {
  const releases = it.at("volume/.packsync/releases");
  const manifests = readdirSync(releases, { recursive: true, encoding: "utf8" }).filter((path) =>
    /^[^/]+\/[^/]+\.json$/.test(path),
  );
  return manifests.filter((path) => {
    const { files } = JSON.parse(readFileSync(`${releases}/${path}`, "utf8"));
    const paths = Object.keys(files);
    const actions = paths.filter((each) => /^actions\/.*\.yaml$/.test(each));
    return actions.some((each) => !paths.includes(each.replace(".yaml", ".sh")));
  });
}

function countReleases(it: Story): number {
  const refs = existsSync(it.at("volume/.packsync/releases")) ? readdirSync(it.at("volume/.packsync/releases")) : [];
  return refs.reduce((sum, ref) => sum + releasesOf(it, ref), 0);
}

const RUNS = isSoak ? 20 : 3;

testWith(
  { tools: ["git"], timeout: isSoak ? 3_600_000 : 240_000 },
  "checkout between two branches that differ in 10,000 files over 200 packs: one release a pack in all runs but one, and never an invalid one",
  async () => {
    // In memory: what takes longer than ten seconds, on a disk that others use, is published in parts (docs/watching.md).
    using it = repository(manyPacks(0), memoryIfAny());
    git(it.at("packs"), "switch", "--quiet", "--create", "other");
    sh(it.at("packs"), "rm -r pack_*");
    it.write("packs", manyPacks(1));
    commitAll(it, "second");
    // All that is ever published is kept, so that all can be judged.
    writeFileSync(it.at("packsync.yaml"), "history: { keep: 1000, maxBytes: 100GB }\n");
    await using running = await daemon(it);
    let moreThanOne = 0;
    for (let run = 0; run < RUNS; run++) {
      const before = countReleases(it);
      git(it.at("packs"), "switch", "--quiet", run % 2 === 0 ? "main" : "other");
      await running.hear("pack published", (run + 2) * PACKS); // reading all files while it works would only slow it down
      await untilSynced(it);
      expectNothingLeft(it);
      if (countReleases(it) - before > PACKS) moreThanOne++;
    }
    expect(invalidReleases(it)).toEqual([]);
    expect(moreThanOne).toBeLessThanOrEqual(1);
    await running.stop();
  },
);
