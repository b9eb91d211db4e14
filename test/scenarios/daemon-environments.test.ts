import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { isRunning, needing } from "../install/building.ts";
import { writePack } from "../support/packages.ts";
import { daemon } from "./support/daemon.ts";
import { type Story, story } from "./support/story.ts";

vi.setConfig({ testTimeout: 300_000 });

const ENV = { NPM_CONFIG_OFFLINE: "true", RUNTIME_ENVS_DIR: "envs", PACKSYNC_ENVIRONMENTS: "auto" };
const PATIENCE = { timeout: 120_000, interval: 50 } as const;

const installed = (it: Story): string => {
  const path = it.at("envs/demo/nodejs/node_modules/left/index.js");
  return existsSync(path) ? (/"(.*)"/.exec(readFileSync(path, "utf8"))?.[1] ?? "") : "none";
};

test("the daemon builds what a published pack needs, again when it changes, and what fails is in the log and in the status", async () => {
  using it = story({ packs: {}, volume: {} });
  writePack(it.at("packs"), "demo", needing("1.0.0"));
  writePack(it.at("packs"), "quiet", {});
  await using running = await daemon(it, { env: ENV });
  await running.hear("environment built");
  expect(installed(it)).toBe("1.0.0");

  writePack(it.at("packs"), "demo", needing("2.0.0"));
  await expect.poll(() => installed(it), PATIENCE).toBe("2.0.0");
  const link = readlinkSync(it.at("envs/demo/nodejs"));

  writePack(it.at("packs"), "demo", needing("3.0.0", "echo not this one; exit 3"));
  await running.hear("environment failed");
  expect(running.said("environment failed")).toMatchObject([
    { level: 40, pack: "demo", runtime: "nodejs", error: expect.stringContaining("not this one") },
  ]);
  expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(link);
  expect(it.packsync(["status"], { env: ENV }).stdout).toMatch(
    /no new environment {2}demo nodejs since .*; v\d+\.\d+\.\d+ with 1 package is used: Expected `npm` to end well/,
  );
  const standings = (): unknown =>
    JSON.parse(it.packsync(["status", "--format", "json"], { env: ENV }).stdout).environments;
  expect(standings()).toMatchObject([{ pack: "demo", runtime: "nodejs", state: "failed", packageCount: 1 }]);

  writePack(it.at("packs"), "demo", needing("2.0.0"));
  const standing = [
    { pack: "demo", runtime: "nodejs", state: "built", packageCount: 1, runtimeVersion: expect.any(String) },
  ];
  await expect.poll(standings, { ...PATIENCE, interval: 500 }).toEqual(standing);
  expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(link);
  await running.stop();
});

test("a daemon that is stopped in the middle of a build ends with all that it started, and the next one builds", async () => {
  using it = story({ packs: {}, volume: {} });
  const [pid, mayEnd] = [it.at("pid"), it.at("may-end")];
  writePack(it.at("packs"), "demo", needing("1.0.0", `test -e ${mayEnd} || { echo $$ > ${pid}; exec sleep 600; }`));
  {
    await using running = await daemon(it, { env: ENV });
    await expect.poll(() => existsSync(pid) && readFileSync(pid, "utf8"), PATIENCE).toMatch(/\d\n$/);
    await running.stop();
  }
  const script = Number(readFileSync(pid, "utf8"));
  await expect.poll(() => isRunning(script), PATIENCE).toBe(false);
  expect(installed(it)).toBe("none");

  it.write("may-end", "");
  await using running = await daemon(it, { env: ENV });
  await running.hear("environment built");
  expect(installed(it)).toBe("1.0.0");
  await running.stop();
});

test("--once builds at its end, changes no exit code when that fails, and needs to be told where", () => {
  using it = story({ packs: {}, volume: {} });
  writePack(it.at("packs"), "demo", needing("1.0.0"));
  const nowhere = it.packsync(["--once"], { env: { PACKSYNC_ENVIRONMENTS: "auto" } });
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("runtimeEnvsDir") });
  const options = { env: ENV, timeoutMs: 120_000 };
  expect(it.packsync(["status"], options).code).toBe(0);
  expect(it.once([], options).outcomes).toEqual({ demo: "published" });
  expect(installed(it)).toBe("1.0.0");

  writePack(it.at("packs"), "demo", needing("2.0.0", "exit 3"));
  const failing = it.once([], options);
  expect(failing).toMatchObject({ code: 0, outcomes: { demo: "published" } });
  expect(failing.stderr).toContain("environment failed");
  expect(installed(it)).toBe("1.0.0");
});
