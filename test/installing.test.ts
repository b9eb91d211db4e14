import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { expect, test } from "vitest";
import type { PackRef } from "../src/pack/ref.ts";
import { fromFailure } from "../src/platform/failures.ts";
import { beginInstall, dropInstalled, noteBefore, placeInstalled } from "../src/publish/installed.ts";
import { volumeLayout } from "../src/publish/layout.ts";
import { type CyclesMachine, cyclesMachine } from "./support/cycles.ts";
import { type Content, scratch, writeTree } from "./support/trees.ts";

const ALL = { only: [], allowRemovals: false } as const;

function packTree(version: string, ref = "demo"): Record<string, Content> {
  return {
    "pack.yaml": `ref: ${ref}\nlabel: Demo\nversion: "${version}"\n`,
    "actions/echo.yaml": `ref: ${ref}.echo\nlabel: Echo\nrunner_type: shell\nentry_point: echo.sh\n`,
    "actions/echo.sh": { script: `#!/bin/sh\necho ${version}\n` },
  };
}

/** A pack that stands outside of every source. */
function elsewhere(version: string, ref = "demo") {
  const directory = scratch();
  writeTree(`${directory.path}/${ref}`, packTree(version, ref));
  return { path: `${directory.path}/${ref}`, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

/** Installs one pack; what is refused is thrown. */
async function install(
  machine: CyclesMachine,
  path: string,
  { pack = "demo", ...about }: { force?: boolean; unchecked?: boolean; pack?: string } = {},
) {
  const request = { packs: [{ pack, path }], force: false, unchecked: false, ...about };
  const { packs } = await machine.ask("install", request);
  const [installed] = packs;
  if (installed === undefined || packs.length > 1) throw new Error(`Expected one pack, got ${packs.length}`);
  if (installed.how === "refused") throw fromFailure(installed.why);
  return installed;
}

function settle(machine: CyclesMachine, keep: boolean, release = releasesOf(machine).at(-1) ?? "") {
  return machine.ask("settle", { packs: [{ pack: "demo", release }], keep });
}

function liveVersion({ volume }: CyclesMachine, ref = "demo"): string | undefined {
  const path = `${volume}/${ref}/pack.yaml`;
  return existsSync(path) ? /version: "(.*)"/.exec(readFileSync(path, "utf8"))?.[1] : undefined;
}

function own(machine: CyclesMachine, folder: string): string[] {
  const path = `${machine.volume}/.packsync/${folder}`;
  return existsSync(path) ? readdirSync(path).sort() : [];
}

test("an installed pack goes live whole, from packsync's own source, and stays when everything is synced", async () => {
  using machine = cyclesMachine();
  mkdirSync(machine.packs, { recursive: true });
  using pack = elsewhere("1.0.0");
  const installed = await install(machine, pack.path);
  expect(installed).toMatchObject({
    how: "installed",
    ref: "demo",
    report: { source: "installed", outcome: "published", version: "1.0.0", diagnostics: [] },
  });
  expect(liveVersion(machine)).toBe("1.0.0");
  await settle(machine, true);
  expect(own(machine, "installing")).toEqual([]);
  const manifest = readFileSync(`${machine.volume}/.packsync/releases/demo/${installed.release}.json`, "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ origin: "install", source: { name: "installed", directory: "demo" } });

  rmSync(pack.path, { recursive: true });
  const { packs } = await machine.ask("sync", ALL);
  expect(packs).toMatchObject([{ ref: "demo", outcome: "unchanged", release: installed.release }]);
});

test("what is installed already is replaced only if that is meant", async () => {
  using machine = cyclesMachine();
  using one = elsewhere("1.0.0");
  using two = elsewhere("2.0.0");
  await install(machine, one.path);
  await settle(machine, true);
  await expect(install(machine, two.path)).rejects.toMatchObject({ code: "CONFLICT", message: /already exists/ });
  expect(liveVersion(machine)).toBe("1.0.0");
  expect(await install(machine, two.path, { force: true })).toMatchObject({ report: { outcome: "published" } });
  expect(liveVersion(machine)).toBe("2.0.0");
});

test.for([{ force: false }, { force: true }])("a ref that a source carries is never installed: %o", async (about) => {
  using machine = cyclesMachine();
  writeTree(`${machine.packs}/demo`, packTree("1.0.0"));
  await machine.ask("sync", ALL);
  const before = machine.state();
  using pack = elsewhere("2.0.0");
  await expect(install(machine, pack.path, about)).rejects.toMatchObject({ code: "CONFLICT", message: /`packs`/ });
  expect(machine.state()).toEqual(before);
});

test("a source that nobody has synced yet carries its packs, too", async () => {
  using machine = cyclesMachine();
  writeTree(`${machine.packs}/demo`, packTree("1.0.0"));
  using pack = elsewhere("2.0.0");
  await expect(install(machine, pack.path)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(own(machine, "installed")).toEqual([]);
  expect(own(machine, "installing")).toEqual([]);
});

test.for([undefined, "1.0.0"])(
  "a pack that is rejected leaves volume and ledger as they were: before it %s",
  async (version) => {
    using machine = cyclesMachine();
    await machine.ask("sync", ALL);
    if (version !== undefined) {
      using good = elsewhere(version);
      await install(machine, good.path);
      await settle(machine, true);
    }
    const before = stateOf(machine);
    using bad = elsewhere("2.0.0");
    writeTree(bad.path, { "actions/echo.yaml": "ref: demo.echo\nrunner_type: [" });
    const answer = await install(machine, bad.path, { force: true });
    expect(answer).toMatchObject({ report: { outcome: "rejected" } });
    expect(answer.report?.diagnostics).toMatchObject([{ severity: "error" }]);
    expect(liveVersion(machine)).toBe(version);
    expect(stateOf(machine)).toEqual(before);
    expect(own(machine, "installing")).toEqual([]);
    const { packs } = await machine.ask("sync", ALL);
    expect(packs.map(({ outcome }) => outcome)).toEqual(version === undefined ? [] : ["unchanged"]);
  },
);

test("a pack with errors is published if somebody says that they do not matter, and so it stays", async () => {
  using machine = cyclesMachine();
  using bad = elsewhere("1.0.0");
  writeTree(bad.path, { "actions/echo.yaml": "ref: demo.echo\nrunner_type: [" });
  expect(await install(machine, bad.path, { unchecked: true })).toMatchObject({ report: { outcome: "published" } });
  await settle(machine, true);
  const { packs } = await machine.ask("sync", ALL);
  expect(packs).toMatchObject([{ outcome: "unchanged", diagnostics: [{ severity: "error" }] }]);
  using good = elsewhere("1.1.0");
  await install(machine, good.path, { force: true });
  expect(own(machine, "installed")).toEqual(["demo"]);
});

test("an installation that is not kept is as if it had never been", async () => {
  using machine = cyclesMachine();
  using one = elsewhere("1.0.0");
  await install(machine, one.path);
  await settle(machine, false);
  expect(liveVersion(machine)).toBeUndefined();
  expect(own(machine, "installed")).toEqual([]);

  await install(machine, one.path);
  await settle(machine, true);
  using two = elsewhere("2.0.0");
  await install(machine, two.path, { force: true });
  expect(liveVersion(machine)).toBe("2.0.0");
  await settle(machine, false);
  expect(liveVersion(machine)).toBe("1.0.0");
  expect(own(machine, "installing")).toEqual([]);
  expect((await machine.ask("sync", ALL)).packs).toMatchObject([{ outcome: "unchanged" }]);
});

test("whoever settles late settles nothing of what somebody else has installed since", async () => {
  using machine = cyclesMachine();
  using one = elsewhere("1.0.0");
  using two = elsewhere("2.0.0");
  const first = await install(machine, one.path);
  await install(machine, two.path, { force: true });
  await settle(machine, false, first.release);
  expect(liveVersion(machine)).toBe("2.0.0");
  await settle(machine, false);
  expect(liveVersion(machine)).toBe("1.0.0");
});

test("a source that begins to carry an installed pack shadows it, and brings it back when it leaves", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  writeTree(`${machine.packs}/other`, packTree("1.0.0", "other"));
  await install(machine, pack.path);
  await settle(machine, true);
  writeTree(`${machine.packs}/demo`, packTree("2.0.0"));
  const shadowing = await machine.ask("sync", ALL);
  expect(shadowing.shadowed).toEqual([{ ref: "demo", source: "installed", by: "packs" }]);
  expect(liveVersion(machine)).toBe("2.0.0");
  rmSync(`${machine.packs}/demo`, { recursive: true });
  await machine.ask("sync", ALL);
  expect(liveVersion(machine)).toBe("1.0.0");
});

test("equal content that another source has now is no release of its own, but its origin is told", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  const { release } = await install(machine, pack.path);
  await settle(machine, true);
  writeTree(`${machine.packs}/demo`, packTree("1.0.0"));
  writeTree(`${machine.packs}/other`, packTree("1.0.0", "other"));
  await machine.ask("sync", ALL);
  const origin = () =>
    JSON.parse(readFileSync(`${machine.volume}/.packsync/releases/demo/${release}.json`, "utf8")).origin;
  expect(origin()).toBe("sync");
  rmSync(`${machine.packs}/demo`, { recursive: true });
  await machine.ask("sync", ALL);
  expect(origin()).toBe("install");
});

test("an installed pack leaves by uninstall only", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  await settle(machine, true);
  rmSync(`${machine.volume}/.packsync/installed/demo`, { recursive: true });
  const { packs } = await machine.ask("sync", ALL);
  expect(packs).toMatchObject([{ ref: "demo", outcome: "held" }]);
  expect(liveVersion(machine)).toBe("1.0.0");
  expect(await machine.ask("uninstall", { pack: "demo" })).toMatchObject({ ref: "demo" });
  expect(liveVersion(machine)).toBeUndefined();
  await expect(machine.ask("uninstall", { pack: "demo" })).rejects.toMatchObject({ code: "USAGE" });
});

test("uninstalling takes what packsync published, and not what others have there", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  await settle(machine, true);
  writeTree(machine.volume, { "demo/cache/theirs.txt": "theirs" });
  expect(await machine.ask("uninstall", { pack: "demo" })).toMatchObject({ report: { outcome: "retired" } });
  expect(readdirSync(`${machine.volume}/demo`, { recursive: true }).sort()).toEqual(["cache", "cache/theirs.txt"]);
  expect(own(machine, "installed")).toEqual([]);
  expect(own(machine, "installing")).toEqual([]);
  expect((await machine.ask("sync", ALL)).packs).toEqual([]);
});

test("uninstalling what a source shadows leaves what is live", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  await settle(machine, true);
  writeTree(`${machine.packs}/demo`, packTree("2.0.0"));
  await machine.ask("sync", ALL);
  await machine.ask("uninstall", { pack: "demo" });
  expect(liveVersion(machine)).toBe("2.0.0");
  await expect(machine.ask("uninstall", { pack: "demo" })).rejects.toMatchObject({ message: /source `packs`/ });
});

test("a pack that stands in the volume is adopted as it is", async () => {
  using machine = cyclesMachine();
  writeTree(`${machine.volume}/demo`, packTree("1.0.0"));
  const before = readdirSync(`${machine.volume}/demo`, { recursive: true }).sort();
  expect(await install(machine, `${machine.volume}/demo`)).toMatchObject({
    how: "installed",
    report: { outcome: "published" },
  });
  await settle(machine, true);
  expect(readdirSync(`${machine.volume}/demo`, { recursive: true }).sort()).toEqual(before);
  expect(liveVersion(machine)).toBe("1.0.0");
  expect(await install(machine, `${machine.volume}/demo`)).toMatchObject({ how: "live" });
});

test("an adoption that is not kept leaves what stood there", async () => {
  using machine = cyclesMachine();
  writeTree(`${machine.volume}/demo`, { ...packTree("1.0.0"), "theirs.txt": "theirs" });
  const before = readdirSync(`${machine.volume}/demo`, { recursive: true }).sort();
  await install(machine, `${machine.volume}/demo`);
  await settle(machine, false);
  expect(readdirSync(`${machine.volume}/demo`, { recursive: true }).sort()).toEqual(before);
  expect(liveVersion(machine)).toBe("1.0.0");
});

test("a pack of a source is published from there", async () => {
  using machine = cyclesMachine();
  writeTree(`${machine.packs}/demo`, packTree("1.0.0"));
  writeTree(`${machine.packs}/other`, packTree("1.0.0", "other"));
  expect(await install(machine, `${machine.packs}/demo`)).toMatchObject({
    how: "synced",
    report: { outcome: "published" },
  });
  expect(liveVersion(machine, "other")).toBeUndefined();
  expect(own(machine, "installed")).toEqual([]);
});

test.for([
  ["a directory that is not there", "/nonexistent/demo"],
  ["the volume itself", ""],
  ["what packsync keeps there", ".packsync"],
  ["a part of a pack", "demo/actions"],
])("%s is no pack", async ([, path]) => {
  using machine = cyclesMachine();
  writeTree(`${machine.volume}/demo`, packTree("1.0.0"));
  await machine.ask("sync", ALL);
  const at = path?.startsWith("/") ? path : `${machine.volume}/${path}`;
  await expect(install(machine, at)).rejects.toMatchObject({ name: "PacksyncError" });
});

test("a pack that turns out to be another one is not installed", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0", "other");
  await expect(install(machine, pack.path)).rejects.toMatchObject({ code: "USAGE", message: /`demo`.*`other`/ });
});

test("of many packs each is by itself, in one cycle", async () => {
  using machine = cyclesMachine();
  writeTree(`${machine.packs}/carried`, packTree("1.0.0", "carried"));
  mkdirSync(machine.dev, { recursive: true });
  await machine.ask("sync", ALL);
  using directory = scratch();
  for (const ref of ["one", "two", "bad", "carried"]) writeTree(`${directory.path}/${ref}`, packTree("1.0.0", ref));
  writeTree(directory.path, { "bad/actions/echo.yaml": "ref: [" });
  const at = (pack: string) => ({ pack, path: `${directory.path}/${pack}` });
  const asked = [
    at("one"),
    at("bad"),
    at("carried"),
    at("none"),
    at("two"),
    at("one"),
    { ...at("carried"), path: `${machine.packs}/carried` },
  ];
  const { packs } = await machine.ask("install", { packs: asked, force: false, unchecked: false });
  expect(packs.map(({ how, ref }) => [ref, how])).toEqual([
    ["one", "installed"],
    ["bad", "rejected"],
    ["carried", "refused"],
    ["none", "refused"],
    ["two", "installed"],
    ["one", "refused"],
    ["carried", "synced"],
  ]);
  expect(own(machine, "installed")).toEqual(["one", "two"]);
  expect(own(machine, "installing")).toEqual(["one", "two"]);
  const releases = packs.flatMap((pack) =>
    pack.how === "installed" ? [{ pack: pack.ref, release: pack.release ?? "" }] : [],
  );
  await machine.ask("settle", { packs: releases, keep: false });
  expect(own(machine, "installed")).toEqual([]);
  expect([liveVersion(machine, "one"), liveVersion(machine, "two"), liveVersion(machine, "carried")]).toEqual([
    undefined,
    undefined,
    "1.0.0",
  ]);
});

/** Where a run can die: what it had done by then. */
const DEATHS = ["copying", "before it took its place", "before it was published"] as const;

test.for(DEATHS.flatMap((death) => [undefined, "1.0.0"].map((version) => [death, version] as const)))(
  "a run that died while %s leaves everything as it was, with %s installed before",
  async ([death, version]) => {
    using machine = cyclesMachine();
    await machine.ask("sync", ALL);
    if (version !== undefined) {
      using good = elsewhere(version);
      await install(machine, good.path);
      await settle(machine, true);
    }
    const layout = volumeLayout(machine.volume);
    const ref = "demo" as PackRef;
    const next = beginInstall(layout, ref, undefined);
    writeTree(next, death === "copying" ? { "pack.yaml": "ref: de" } : packTree("2.0.0"));
    if (death === "before it was published") {
      const placing = { ref, live: releasesOf(machine).at(-1), isUnchecked: false };
      noteBefore(layout, placing, undefined);
      placeInstalled(layout, placing, undefined);
    }
    using restarted = machine.again();
    const { packs } = await restarted.ask("sync", ALL);
    expect(packs.map(({ outcome }) => outcome)).toEqual(version === undefined ? [] : ["unchanged"]);
    expect(liveVersion(restarted)).toBe(version);
    expect(own(restarted, "installing")).toEqual([]);
  },
);

test("an installation is settled by another process, too", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  const { release = "" } = await install(machine, pack.path);
  using restarted = machine.again();
  await settle(restarted, false, release);
  expect(liveVersion(restarted)).toBeUndefined();
});

test("a run that died while a pack was leaving leaves it installed", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  await settle(machine, true);
  dropInstalled(volumeLayout(machine.volume), "demo" as PackRef, undefined);
  using restarted = machine.again();
  expect((await restarted.ask("sync", ALL)).packs).toMatchObject([{ ref: "demo", outcome: "unchanged" }]);
  expect([own(restarted, "installed"), own(restarted, "installing")]).toEqual([["demo"], []]);
  await restarted.ask("uninstall", { pack: "demo" });
  expect([liveVersion(restarted), own(restarted, "installed"), own(restarted, "installing")]).toEqual([
    undefined,
    [],
    [],
  ]);
});

test("a pack that cannot be taken out of the volume stays installed", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  await settle(machine, true);
  const history = `${machine.volume}/.packsync/releases/demo`;
  renameSync(history, `${history}.aside`);
  writeFileSync(history, "");
  expect(await machine.ask("uninstall", { pack: "demo" })).toMatchObject({ report: { outcome: "failed" } });
  rmSync(history);
  renameSync(`${history}.aside`, history);
  expect([liveVersion(machine), own(machine, "installed"), own(machine, "installing")]).toEqual([
    "1.0.0",
    ["demo"],
    [],
  ]);
  expect((await machine.ask("sync", ALL)).packs).toMatchObject([{ ref: "demo", outcome: "unchanged" }]);
});

test("a run that died once it was live has installed it", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  rmSync(`${machine.volume}/.packsync/installing/demo/live`);
  using restarted = machine.again();
  expect((await restarted.ask("sync", ALL)).packs).toMatchObject([{ ref: "demo", outcome: "unchanged" }]);
  expect(own(restarted, "installing")).toEqual([]);
});

test("an installation that nobody settles stays, and an hour later cannot be taken back any more", async () => {
  using machine = cyclesMachine();
  using pack = elsewhere("1.0.0");
  await install(machine, pack.path);
  const anHourAgo = Date.now() / 1000 - 3601;
  utimesSync(`${machine.volume}/.packsync/installing/demo/live`, anHourAgo, anHourAgo);
  using restarted = machine.again();
  expect((await restarted.ask("sync", ALL)).packs).toMatchObject([{ ref: "demo", outcome: "unchanged" }]);
  expect(own(restarted, "installing")).toEqual([]);
});

/** But for the scan that the live release is equal to (it was looked at again), and the empty directories of installations. */
function stateOf(machine: CyclesMachine): string {
  const text = JSON.stringify(machine.state());
  return text.replaceAll(/"applied":"[^"]*"|,"\.packsync\/install(ed|ing)"/g, "");
}

/** Of the pack, oldest first. */
function releasesOf({ volume }: CyclesMachine): string[] {
  const path = `${volume}/.packsync/releases/demo`;
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".json")) : [];
  const releases = names.map((name) => name.slice(0, -".json".length));
  return releases.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}
