import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

/** How people put a copy of a volume aside, and bring it back. */
const copies = [
  { title: "cp -a", copy: (from: string, to: string) => execFileSync("cp", ["-a", from, to]) },
  {
    title: "cp -r, which keeps nothing but bytes",
    copy: (from: string, to: string) => execFileSync("cp", ["-r", from, to]),
  },
  {
    title: "tar",
    copy: (from: string, to: string) =>
      execFileSync("sh", ["-c", 'mkdir "$2" && tar -cf - -C "$1" . | tar -xpf - -C "$2"', "sh", from, to]),
  },
];

const copy = copies[0]?.copy ?? (() => {});

/** Two releases of `core`, the first of which others have added to; then a backup; then life goes on. */
function lived(copy: (from: string, to: string) => void): Story {
  const it = story({ packs: packs("core", "deploy", "retired") });
  it.once();
  it.write("volume/core", { ".venv": { python: "theirs" }, "actions/echo.sh": "edited by others" });
  it.write("packs/core/README.md", "2");
  it.once();
  copy(it.at("volume"), it.at("backup"));
  it.write("packs/core", { "README.md": "3", "new.txt": "new" });
  it.write("volume/core", { later: "theirs, not in the backup" });
  it.once();
  it.remove("packs/core/new.txt");
  it.write("packs", packs("younger"));
  it.remove("packs/retired");
  it.once();
  expect(liveRelease(it)).toMatch(/^4-/);
  return it;
}

function restore(it: Story, copy: (from: string, to: string) => void): void {
  it.remove("volume");
  copy(it.at("backup"), it.at("volume"));
}

function liveRelease(it: Story): string | undefined {
  return it.once().pack("core").release;
}

function releasesOf(it: Story): string[] {
  const names = readdirSync(it.at("volume/.packsync/releases/core"));
  return names.flatMap((name) => /^(\d+)-[0-9a-f]{8}\.json$/.exec(name)?.[1] ?? []).sort();
}

/** What others had in the way, in the tree of the first release. */
function displaced(it: Story): string[] {
  const releases = readdirSync(it.at("volume/.packsync/releases/core")).filter((name) => /^1-[0-9a-f]{8}$/.test(name));
  return releases.map((release) => it.read(`volume/.packsync/releases/core/${release}/actions/echo.sh`));
}

describe.for(copies)("an old backup of the volume, $title, that is brought back", ({ copy }) => {
  test("with all that packsync keeps: one sync makes up for what happened since, and numbers go on from there", () => {
    using it = lived(copy);
    restore(it, copy);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "published", deploy: "unchanged", retired: "retired", younger: "published" });
    expect(run.pack("core").release).toMatch(/^3-/);
    expect(releasesOf(it)).toEqual(["1", "2", "3"]);
    expectPublished(it);
    expect(it.exists("volume/retired")).toBe(false);
    expect(displaced(it)).toContain("edited by others");
  });

  test("without what packsync keeps: packs are adopted, and what left the source since stays, listed", () => {
    using it = lived(copy);
    it.remove("backup/.packsync");
    it.write("backup/core", { old: "left the source before the backup was brought back" });
    restore(it, copy);
    const run = it.once();
    expect(run.code).toBe(0);
    expect(run.outcomes).toEqual({ core: "published", deploy: "published", younger: "published" });
    expect(run.pack("core").release).toMatch(/^1-/);
    const leftovers = run.pack("core").diagnostics.filter(({ code }) => code === "volume.leftover");
    expect(leftovers.map(({ file }) => file).sort()).toEqual([".venv/python", "old"]);
    expect(it.read("volume/core/old")).toMatch(/^left the source/);
    it.remove("volume/core/old");
    expectPublished(it);
    expect(it.exists("volume/retired/pack.yaml"), "whose it was nobody knows any more").toBe(true);
  });
});

/** What the source has, and beside it what others had in the backup; and nothing is left to do. */
function expectPublished(it: Story): void {
  expect(it.read("volume/core/.venv/python")).toBe("theirs");
  const { ".venv": _, ".venv/python": __, ...core } = it.tree("volume/core");
  expect(core).toEqual(it.tree("packs/core"));
  for (const ref of ["deploy", "younger"]) expect(it.tree(`volume/${ref}`)).toEqual(it.tree(`packs/${ref}`));
  const before = stampsOf(it.at("volume"), isContent);
  expect(it.once().outcomes).toEqual({ core: "unchanged", deploy: "unchanged", younger: "unchanged" });
  expect(stampsOf(it.at("volume"), isContent)).toEqual(before);
}

function isContent(path: string): boolean {
  return path !== "" && !path.startsWith(".packsync");
}

describe("the state is elsewhere, and", () => {
  const elsewhere = ["--state-dir", "state"];

  test("only the volume is an old one: numbers go on from what the state knows", () => {
    using it = story({ packs: packs("core") });
    it.once(elsewhere);
    it.write("volume/core", { ".venv": { python: "theirs" } });
    copy(it.at("volume"), it.at("backup"));
    for (const text of ["2", "3"]) {
      it.write("packs/core/README.md", text);
      it.once(elsewhere);
    }
    restore(it, copy);
    const run = it.once(elsewhere);
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(run.pack("core").release).toMatch(/^4-/);
    expect(it.read("volume/core/.venv/python")).toBe("theirs");
    expect(it.read("volume/core/README.md")).toBe("3");
    expect(it.once(elsewhere).outcomes).toEqual({ core: "unchanged" });
  });

  test("only the state is an old one: what was published since stays what it is", () => {
    using it = story({ packs: packs("core") });
    it.once(elsewhere);
    copy(it.at("state"), it.at("backup"));
    it.write("packs/core", { "README.md": "2", "gone.txt": "x" });
    it.once(elsewhere);
    it.remove("packs/core/gone.txt");
    it.write("volume/core", { ".venv": { python: "theirs" } });
    it.remove("state");
    copy(it.at("backup"), it.at("state"));
    const run = it.once(elsewhere);
    expect(run).toMatchObject({ code: 0, outcomes: { core: "published" } });
    expect(it.read("volume/core/.venv/python")).toBe("theirs");
    expect(it.read("volume/core/README.md")).toBe("2");
    expect(it.once(elsewhere).outcomes).toEqual({ core: "unchanged" });
  });
});
