import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
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
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import { stampsOf } from "./support/tree.ts";

/** Rescans find what happens in the volume: nobody watches it. */
const SOON = { PACKSYNC_WATCH_RESCAN: "200ms" };

describe("a volume that is wiped is as before a moment later, without anybody's help", () => {
  test.for<{ title: string; wipe: (it: Story) => void }>([
    { title: "every pack", wipe: (it) => sh(it.directory, "rm -rf volume/*") },
    {
      title: "everything, with what packsync keeps there",
      wipe: (it) => sh(it.directory, "rm -rf volume/* volume/.packsync"),
    },
    { title: "only what packsync keeps there", wipe: (it) => sh(it.directory, "rm -rf volume/.packsync") },
    { title: "the database alone", wipe: (it) => sh(it.directory, "rm -f volume/.packsync/state.db*") },
    { title: "one pack", wipe: (it) => sh(it.directory, "rm -rf volume/core") },
    { title: "the volume itself", wipe: (it) => sh(it.directory, "rm -rf volume") },
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

testWith(
  { root: true },
  "a volume that cannot be written is said once, and made good when it can be again",
  async () => {
    using it = story({ packs: packs("core"), volume: {} });
    mount(it, "volume", "-t", "tmpfs", "none");
    await using running = await daemon(it, { env: SOON });
    execFileSync("mount", ["-o", "remount,ro", it.at("volume")]);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo meanwhile\n");
    const refused = () => running.said().filter(({ level }) => level === 50);
    await expect.poll(() => refused().length, PATIENCE).toBeGreaterThan(0);
    execFileSync("mount", ["-o", "remount,rw", it.at("volume")]);
    await untilSynced(it);
    const messages = refused().map(({ msg }) => msg);
    expect(new Set(messages).size, messages.join("\n")).toBe(messages.length);
    await running.stop();
  },
);

/** What others do to published files. */
const DRIFT: readonly { title: string; drift: (it: Story) => void }[] = [
  {
    title: "a file that is written",
    drift: (it) => appendFileSync(it.at("volume/core/actions/echo.sh"), "echo theirs\n"),
  },
  { title: "a file that is removed", drift: (it) => rmSync(it.at("volume/core/actions/echo.sh")) },
  {
    title: "a file that may not be run any more",
    drift: (it) => chmodSync(it.at("volume/core/actions/echo.sh"), 0o644),
  },
  {
    title: "a file that is replaced by a directory",
    drift: (it) => {
      rmSync(it.at("volume/core/actions/echo.yaml"));
      mkdirSync(it.at("volume/core/actions/echo.yaml"));
    },
  },
  { title: "a directory that is removed", drift: (it) => rmSync(it.at("volume/core/actions"), { recursive: true }) },
];

describe("published files that somebody else changed", () => {
  test.for(DRIFT)("are repaired: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: SOON });
    drift(it);
    await untilSynced(it);
    expectNothingLeft(it);
    expect(releasesOf(it, "deploy")).toBe(1);
    await running.stop();
  });

  test.for(DRIFT.slice(0, 3))("are reported, and stay so: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: { ...SOON, PACKSYNC_WATCH_DRIFT: "report" } });
    drift(it);
    const drifted = filesIn(it.at("volume"));
    await running.hear("pack unchanged");
    expect(running.said("pack unchanged")).toMatchObject([{ ref: "core", diagnostics: [{ code: "volume.drifted" }] }]);
    expect(filesIn(it.at("volume"))).toEqual(drifted);

    // Only a new state of the source ends it.
    appendFileSync(it.at("packs/core/actions/echo.yaml"), "# changed\n");
    await untilSynced(it);
    expectNothingLeft(it);
    await running.stop();
  });

  test.for(DRIFT.slice(0, 3))("are ignored: $title", async ({ drift }) => {
    using it = story({ packs: packs("core", "deploy") });
    await using running = await daemon(it, { env: { ...SOON, PACKSYNC_WATCH_DRIFT: "ignore" } });
    drift(it);
    const drifted = filesIn(it.at("volume"));
    expectNothingLeft(it);
    appendFileSync(it.at("packs/deploy/actions/echo.sh"), "echo more\n");
    await untilLive(it, { ...drifted, ...only(wantedOf(it, "packs"), "deploy/") });
    expect(running.said("pack unchanged")).toEqual([]);
    expect(releasesOf(it, "core")).toBe(1);
    await running.stop();
  });

  test("are found although size and times are as they were, by verifying", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: { PACKSYNC_WATCH_VERIFY: "5s" } });
    const path = it.at("volume/core/actions/echo.sh");
    execFileSync(
      "sh",
      ["-c", 'touch -r "$1" ref; printf "#!/bin/sh\\necho HELLO\\n" > "$1"; touch -r ref "$1"', "sh", path],
      {
        cwd: it.directory,
      },
    );
    await running.hear("verified");
    await untilSynced(it);
    await running.stop();
  });

  test("files of others are left alone, whatever is published around them", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it, { env: SOON });
    it.write("volume/core/.venv", { "pyvenv.cfg": "theirs" });
    writeFileSync(it.at("volume/core/theirs.txt"), "theirs");
    it.write("volume/installed", packs("installed")["installed"] as never);
    const isTheirs = (path: string) => /theirs|venv|installed/.test(path);
    const before = stampsOf(it.at("volume"), isTheirs);
    appendFileSync(it.at("packs/core/actions/echo.sh"), "echo more\n");
    await expect.poll(() => it.read("volume/core/actions/echo.sh"), PATIENCE).toContain("echo more");
    expectNothingLeft(it);
    expect(stampsOf(it.at("volume"), (path) => isTheirs(path) && !path.startsWith(".packsync"))).toEqual(before);
    await running.stop();
  });
});

function only(files: Readonly<Record<string, string>>, start: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(start)));
}
