import { chownSync, lstatSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { daemon, untilSynced } from "./support/daemon.ts";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

const SOMEBODY = 1000;
const withoutCapabilities = (...names: readonly string[]) => [
  "setpriv",
  `--bounding-set=${names.map((name) => `-${name}`).join(",")}`,
];

function ownerOf(it: Story, path: string): string {
  const { uid, gid } = lstatSync(it.at(path));
  return `${uid}:${gid}`;
}

/** Fresh mounts, as the engine makes them: root's. */
function mounts(): Story {
  return story({ packs: packs("core"), volume: { theirs: { "note.txt": "theirs\n" } } });
}

testWith({ root: true }, "the roots of mounts are given to the owner, and nothing that others have below them", () => {
  using it = mounts();
  it.write("envs", { core: { "python.txt": "theirs\n" } });
  const env = { RUNTIME_ENVS_DIR: it.at("envs"), ARTIFACTS_DIR: it.at("not-mounted"), PACKSYNC_OWNER: "1000:1000" };
  expect(it.once([], { env }).code).toBe(0);
  const owned = ["volume", "volume/core", "volume/core/pack.yaml", "volume/.packsync", "envs"];
  expect(owned.map((path) => ownerOf(it, path))).toEqual(owned.map(() => "1000:1000"));
  expect(["volume/theirs", "volume/theirs/note.txt", "envs/core"].map((path) => ownerOf(it, path))).toEqual([
    ...["0:0", "0:0", "0:0"],
  ]);
  expect(it.exists("not-mounted")).toBe(false);
});

testWith({ root: true }, "root becomes the user that is wanted, and works on as that one", async () => {
  using it = mounts();
  await using running = await daemon(it, { args: ["--user", "1000:1000"] });
  const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
  expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000$/m);
  expect(status).toMatch(/^Groups:\t1000 *$/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  it.write("packs/core/actions/echo.sh", "#!/bin/sh\necho more\n");
  it.remove("volume/theirs");
  await untilSynced(it);
  expect([ownerOf(it, "volume"), ownerOf(it, "volume/core/actions/echo.sh")]).toEqual(["1000:1000", "1000:1000"]);
  await running.stop();
});

testWith({ root: true, tools: ["setpriv"] }, "root that may not do what it takes says what it lacks", () => {
  using it = mounts();
  const once = (without: readonly string[], ...args: readonly string[]) => {
    const { code, stderr } = it.packsync(["--once", ...args], { through: withoutCapabilities(...without) });
    return { code, stderr };
  };
  const lacks = once(["chown", "fowner"], "--owner", "1000");
  expect(lacks.stderr).toContain(
    "Expected root to be allowed to work for user 1000:1000, got one without CHOWN, FOWNER.",
  );
  expect(lacks.stderr).toContain('`user: "1000:1000"`');
  const stays = once(["setuid"], "--user", "1000");
  expect(stays.stderr).toContain("Give the container the capabilities SETUID and SETGID");
  expect([lacks.code, stays.code]).toEqual([3, 3]);
  expect(it.exists("volume/core")).toBe(false);
});

testWith({ root: true, tools: ["setpriv"] }, "root needs no capability for what is its own", () => {
  using it = mounts();
  const through = withoutCapabilities("chown", "fowner", "dac_override", "setuid", "setgid");
  expect(it.once([], { through }).outcomes).toEqual({ core: "published" });
});

testWith({ root: true }, "any other user is told whose the volume is, and that only root becomes somebody else", () => {
  using it = mounts();
  chownSync(it.at("volume"), SOMEBODY, SOMEBODY);
  const other = it.packsync(["--once"], { uid: SOMEBODY + 1 });
  expect(other.code).toBe(3);
  expect(other.stderr).toContain("which belongs to user 1000:1000, as user 1001:1001");
  expect(other.stderr).toContain("Run packsync as root or as the one user who owns the volume");
  const wanting = it.packsync(["--once", "--user", "1000"], { uid: SOMEBODY + 1 });
  expect(wanting.code).toBe(3);
  expect(wanting.stderr).toContain("Expected to be root, to become user 1000:1000, got user 1001:1001.");
  expect(it.packsync(["--once", "--user", "1000"], { uid: SOMEBODY }).code, "who is that one already").toBe(0);
});
