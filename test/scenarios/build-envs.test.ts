import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { needing } from "../install/building.ts";
import { writePack } from "../support/packages.ts";
import { testWith } from "../support/requires.ts";
import { COMPILE_CACHE, MAIN } from "./programs/start.ts";
import { type Story, story } from "./support/story.ts";

vi.setConfig({ testTimeout: 180_000 });

const ENV = { NPM_CONFIG_OFFLINE: "true", RUNTIME_ENVS_DIR: "envs" };
const OPTIONS = { env: ENV, timeoutMs: 120_000 } as const;

function modulesOf(it: Story): string {
  return readFileSync(it.at("envs/demo/nodejs/node_modules/left/index.js"), "utf8");
}

test("packsync build-envs builds, says where and what, and ends with 1 when one failed", () => {
  using it = story();
  writePack(it.at("packs"), "demo", needing("1.0.0"));
  writePack(it.at("packs"), "quiet", {});
  const good = it.packsync(["build-envs", "packs/demo", "packs/quiet"], OPTIONS);
  expect(good).toMatchObject({ code: 0, stderr: "" });
  expect(good.stdout).toMatch(
    /^demo {2}envs\/demo\/nodejs {2}v\d+\.\d+\.\d+, 1 package, built\nquiet {2}needs no environment\n1 environment, 0 failed\n$/,
  );
  expect(modulesOf(it)).toContain("1.0.0");

  const bad = it.packsync(
    ["build-envs", "packs/demo", "packs/none", "--envs", "other", "--format", "json", "-v", "--force-rebuild"],
    OPTIONS,
  );
  expect(bad.code).toBe(1);
  expect(bad.stderr).toMatch(/^demo {2}added 1 package/m);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    exitCode: 1,
    built_environments: [
      {
        pack_ref: "demo",
        pack_path: it.at("packs/demo"),
        environments: {
          python: null,
          nodejs: {
            node_modules_path: it.at("other/demo/nodejs/node_modules"),
            dependencies_installed: true,
            package_count: 1,
          },
        },
      },
    ],
    failed_environments: [
      { pack_ref: "unknown", pack_path: it.at("packs/none"), runtime: "unknown", error: "pack.yaml not found" },
    ],
    summary: { total_packs: 2, success_count: 1, failure_count: 1, python_envs_built: 0, nodejs_envs_built: 1 },
  });
});

test.for([["--timeout", "0"], ["--timeout", "soon"], ["-n"]])("packsync build-envs %s is wrong usage", (args) => {
  using it = story();
  writePack(it.at("packs"), "demo", needing("1.0.0"));
  expect(it.packsync(["build-envs", "packs/demo", ...args], OPTIONS).code).toBe(2);
  expect(it.exists("envs")).toBe(false);
});

test("who says nowhere where environments are is told how to", () => {
  using it = story();
  const { code, stderr } = it.packsync(["build-envs", "packs"]);
  expect(code).toBe(2);
  expect(stderr).toContain("RUNTIME_ENVS_DIR");
});

testWith(
  { tools: ["setpriv"], timeout: 180_000 },
  "killed in the middle of a build, the old environment stays, and the next run leaves nothing of it",
  async () => {
    using it = story();
    const pack = writePack(it.at("packs"), "demo", needing("1.0.0"));
    expect(it.packsync(["build-envs", "packs/demo"], OPTIONS).code).toBe(0);
    const link = readlinkSync(it.at("envs/demo/nodejs"));
    const [pid, mayEnd] = [it.at("pid"), it.at("may-end")];
    writePack(it.at("packs"), "demo", needing("2.0.0", `test -e ${mayEnd} || { echo $$ > ${pid}; exec sleep 600; }`));
    const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: COMPILE_CACHE, ...ENV };
    const child = spawn(process.execPath, [MAIN, "build-envs", pack], { cwd: it.directory, env, stdio: "ignore" });
    await vi.waitUntil(() => existsSync(pid) && readFileSync(pid, "utf8") !== "", { timeout: 120_000 });
    child.kill("SIGKILL");
    await once(child, "exit");
    it.defer(() => endProcess(Number(readFileSync(pid, "utf8"))));
    expect(readlinkSync(it.at("envs/demo/nodejs"))).toBe(link);
    expect(modulesOf(it)).toContain("1.0.0");

    it.write("may-end", "");
    expect(it.packsync(["build-envs", "packs/demo"], OPTIONS)).toMatchObject({ code: 0 });
    expect(modulesOf(it)).toContain("2.0.0");
    const names = readdirSync(it.at("envs/demo")).filter((name) => !name.endsWith(".lock"));
    expect(names.sort()).toEqual(["nodejs", link, readlinkSync(it.at("envs/demo/nodejs"))].sort());
    expect(realpathSync(it.at("envs/demo/nodejs"))).not.toContain(link);
  },
);

/** The script's own process: what started it was killed, and nobody else knows it. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {} // it has ended
}
