import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { exchange } from "../../src/platform/syscalls.ts";
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
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

/** Rescans find what happens in the volume: nobody watches it. */
const SOON = { PACKSYNC_WATCH_RESCAN: "200ms" };
const VERIFYING = { PACKSYNC_WATCH_VERIFY: "1s" };

/** Once more, where the daemon has put something there meanwhile. */
function wiped(it: Story, paths: string): void {
  sh(it.directory, `rm -rf ${paths} || rm -rf ${paths} || rm -rf ${paths}`);
}

describe("a volume that is wiped is as before a moment later, without anybody's help", () => {
  test.for<{ title: string; wipe: (it: Story) => void }>([
    { title: "every pack", wipe: (it) => wiped(it, "volume/*") },
    {
      title: "everything, with what packsync keeps there",
      wipe: (it) => wiped(it, "volume/* volume/.packsync"),
    },
    { title: "only what packsync keeps there", wipe: (it) => wiped(it, "volume/.packsync") },
    { title: "the database alone", wipe: (it) => sh(it.directory, "rm -f volume/.packsync/state.db*") },
    { title: "one pack", wipe: (it) => wiped(it, "volume/core") },
    { title: "the volume itself", wipe: (it) => wiped(it, "volume") },
    { title: "another directory in its place", wipe: (it) => sh(it.directory, "mv volume old; mkdir volume") },
  ])("$title", async ({ wipe }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: SOON });
    wipe(it);
    await untilSynced(it);
    await expect.poll(() => it.exists("volume/.packsync/lock"), PATIENCE).toBe(true);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo afterwards\n");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(running.said("pack failed")).toEqual([]);
    expect(running.said("changes that no event announced"), "sources did not change").toEqual([]);
    await running.stop();
  });

  testWith({ root: true }, "a fresh file system is mounted over it", async () => {
    using it = story({ packs: packs("core"), volume: {} });
    await using running = await daemon(it, { env: SOON });
    mount(it, "volume", "-t", "tmpfs", "none");
    await untilSynced(it);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo afterwards\n");
    await untilSynced(it);
    expectNothingLeft(it);
    await running.stop();
  });
});

describe("a volume that cannot be used is said once, and made good when it can be again", () => {
  /** @param away returns what ends it */
  const tellsAndHeals = async (it: Story, away: () => () => void): Promise<void> => {
    await using running = await daemon(it, { env: SOON });
    const back = away();
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo meanwhile\n");
    const trouble = () => running.said().filter(({ level }) => level === 50);
    await expect.poll(() => trouble().length, PATIENCE).toBe(1);
    expect(trouble()).toMatchObject([{ hint: expect.any(String) }]);
    back();
    await running.hear("the volume can be used again");
    await untilSynced(it);
    expect(trouble()).toHaveLength(1);
    expectNothingLeft(it);
    await running.stop();
  };

  test("a file stands in its place", async () => {
    using it = story({ packs: packs("core") });
    writeFileSync(it.at("file"), "");
    const swap = () => exchange(it.at("file"), it.at("volume")); // at once: where nothing is, the daemon makes a volume
    await tellsAndHeals(it, () => {
      swap();
      return swap;
    });
  });

  testWith({ root: true }, "a read-only file system is mounted over it", async () => {
    using it = story({ packs: packs("core"), volume: {} });
    await tellsAndHeals(it, () => {
      mount(it, "volume", "-t", "tmpfs", "-o", "ro", "none");
      return () => execFileSync("umount", [it.at("volume")]);
    });
  });
});

interface Drift {
  readonly title: string;
  readonly drift: (it: Story) => void;
}

/** What others do to published files, and the next look sees. */
const SEEN: readonly Drift[] = [
  {
    title: "a file that is replaced",
    drift: (it) => sh(it.at("volume/core/actions"), "cp -p echo.sh x; echo theirs >> x; mv x echo.sh"),
  },
  { title: "a file that is removed", drift: (it) => rmSync(it.at("volume/core/actions/echo.sh")) },
  { title: "a directory that is removed", drift: (it) => rmSync(it.at("volume/core/actions"), { recursive: true }) },
  {
    title: "a file that becomes a directory",
    drift: (it) => {
      rmSync(it.at("volume/core/actions/echo.yaml"));
      mkdirSync(it.at("volume/core/actions/echo.yaml"));
    },
  },
];

/** What only reading everything again finds. */
const UNSEEN: readonly Drift[] = [
  {
    title: "a file that is written in place",
    drift: (it) => appendFileSync(it.at("volume/core/actions/echo.sh"), "echo theirs\n"),
  },
  {
    title: "a file that may not be run any more",
    drift: (it) => chmodSync(it.at("volume/core/actions/echo.sh"), 0o644),
  },
  {
    title: "other bytes with the same size and times",
    drift: (it) => {
      const write = "printf '#!/bin/sh\\necho HELLO\\n' > volume/core/actions/echo.sh";
      sh(it.directory, `touch -r volume/core/actions/echo.sh r; ${write}; touch -r r volume/core/actions/echo.sh`);
    },
  },
];

describe("published files that somebody else changed", () => {
  test.for(SEEN)("are repaired: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: SOON });
    drift(it);
    await untilSynced(it);
    expectNothingLeft(it);
    expect(releasesOf(it, "deploy")).toBe(1);
    await running.stop();
  });

  test.for(UNSEEN)("are repaired when everything is read again: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: VERIFYING });
    drift(it);
    await untilSynced(it);
    await running.hear("verified");
    expect(running.said("verified")[0]).toMatchObject({ ref: "core", verdict: "drifted", drift: ["actions/echo.sh"] });
    expect(releasesOf(it, "deploy")).toBe(1);
    await running.stop();
  });

  test.for(SEEN)("are reported, and stay so: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: { ...SOON, PACKSYNC_WATCH_DRIFT: "report" } });
    drift(it);
    const drifted = filesIn(it.at("volume"));
    await running.hear("pack unchanged");
    const [said] = running.said("pack unchanged");
    expect(said).toMatchObject({ ref: "core", outcome: "unchanged", changes: { added: 0, replaced: 0, removed: 0 } });
    const codes = JSON.stringify(said?.["diagnostics"]).match(/"volume\.[a-z]+"/g);
    expect(new Set(codes)).toEqual(new Set(['"volume.drifted"']));
    expect(filesIn(it.at("volume"))).toEqual(drifted);

    // Only a new state of the source ends it.
    appendFileSync(it.at("packs/core/pack.yaml"), "# changed\n");
    await untilSynced(it);
    expectNothingLeft(it);
    expect(running.said("pack unchanged")).toHaveLength(1);
    await running.stop();
  });

  test("are reported when everything is read again, and stay so", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: { ...VERIFYING, PACKSYNC_WATCH_DRIFT: "report" } });
    UNSEEN[0]?.drift(it);
    const drifted = filesIn(it.at("volume"));
    await running.hear("verified");
    expect(running.said("verified")[0]).toMatchObject({ ref: "core", verdict: "drifted", drift: ["actions/echo.sh"] });
    expect(filesIn(it.at("volume"))).toEqual(drifted);
    await running.stop();
  });

  test.for([...SEEN, ...UNSEEN])("are ignored, and not a word is said: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: { ...SOON, ...VERIFYING, PACKSYNC_WATCH_DRIFT: "ignore" } });
    drift(it);
    const drifted = filesIn(it.at("volume"));
    appendFileSync(it.at("packs/deploy/actions/echo.sh"), "echo more\n");
    await untilLive(it, { ...drifted, ...only(wantedOf(it, "packs"), "deploy/") });
    expectNothingLeft(it);
    // Of an older release that is damaged something is said: when it was twice, `core` was read again in between.
    const [first = ""] = readdirSync(it.at("volume/.packsync/releases/deploy")).filter(
      (name) => !name.endsWith(".json"),
    );
    appendFileSync(it.at(`volume/.packsync/releases/deploy/${first}/actions/echo.sh`), "echo theirs\n");
    await running.hear("verified", 2);
    expect(running.said().filter(({ ref, msg }) => ref === "core" && msg !== "pack published")).toEqual([]);
    expect(filesIn(it.at("volume"))).toMatchObject(only(drifted, "core/"));
    expect(releasesOf(it, "core")).toBe(1);
    await running.stop();
  });

  test("files of others are left alone, whatever is published around them", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: SOON });
    it.write("volume/core/.venv", { "pyvenv.cfg": "theirs" });
    writeFileSync(it.at("volume/core/theirs.txt"), "theirs");
    it.write("volume/installed", packs("installed")["installed"] as never);
    const isTheirs = (path: string) => /theirs|venv|installed/.test(path);
    const isFile = (path: string) =>
      isTheirs(path) && /\.(cfg|txt|sh|yaml)$/.test(path) && !path.startsWith(".packsync");
    const before = stampsOf(it.at("volume"), isFile);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
    await expect.poll(() => it.read("volume/core/actions/echo.sh"), PATIENCE).toContain("echo more");
    expectNothingLeft(it);
    expect(stampsOf(it.at("volume"), isFile)).toEqual(before);
    await running.stop();
  });
});

function only(files: Readonly<Record<string, string>>, start: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(start)));
}
