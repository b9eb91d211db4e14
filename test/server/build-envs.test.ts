import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { needing } from "../install/building.ts";
import { writePack } from "../support/packages.ts";
import { served } from "./serving.ts";

vi.setConfig({ testTimeout: 180_000 });

const PATH = "/api/v1/packs/build-envs";

test("build-envs answers as it is documented, and the environment is where it says", async () => {
  await using it = await served({
    env: { RUNTIME_ENVS_DIR: "envs", PATH: process.env["PATH"] ?? "", NPM_CONFIG_OFFLINE: "true" },
  });
  writePack(it.at("packs"), "demo", needing("1.0.0"));
  writePack(it.at("packs"), "odd", { "requirements.txt": "-r ../demo/pack.yaml\n" });
  const paths = [it.at("packs/demo"), it.at("packs/odd"), "/etc"];
  const { status, json } = await it.send("POST", PATH, { pack_paths: paths, python_version: "3", timeout: 300 });
  expect({ status, errors: it.errors }).toEqual({ status: 200, errors: [] });
  const modules = it.at("envs/demo/nodejs/node_modules");
  expect(json).toEqual({
    data: {
      built_environments: [
        {
          pack_ref: "demo",
          pack_path: it.at("packs/demo"),
          environments: {
            python: null,
            nodejs: {
              node_modules_path: modules,
              dependencies_installed: true,
              package_count: 1,
              nodejs_version: expect.stringMatching(/^v\d+\.\d+\.\d+$/),
            },
          },
          duration_ms: expect.any(Number),
        },
      ],
      failed_environments: [
        {
          pack_ref: "unknown",
          pack_path: "/etc",
          runtime: "unknown",
          error: expect.any(String),
          hint: expect.any(String),
        },
        {
          pack_ref: "odd",
          pack_path: it.at("packs/odd"),
          runtime: "python",
          error: expect.stringContaining("to be in the pack"),
        },
      ],
      summary: {
        ...{ total_packs: 3, success_count: 1, failure_count: 2, python_envs_built: 0, nodejs_envs_built: 1 },
        total_duration_ms: expect.any(Number),
      },
    },
  });
  expect(readFileSync(`${modules}/left/index.js`, "utf8")).toContain("1.0.0");
  const nothing = await it.send("POST", PATH, {
    pack_paths: [],
    packs_base_dir: "/opt/attune/packs",
    skip_python: null,
  });
  expect(nothing).toMatchObject({ status: 200, json: { data: { summary: { total_packs: 0 } } } });
});

test.for([
  [{}, "Expected `pack_paths` to be a list of directories of packs, got nothing."],
  [{ pack_paths: "x" }, "Expected `pack_paths` to be a list of directories of packs"],
  [{ pack_paths: [], timeout: 5 }, "Expected `timeout` to be whole seconds from 10 to 3600"],
  [{ pack_paths: [], force_rebuild: "yes" }, "Expected `force_rebuild` to be `true` or `false`"],
  [{ pack_paths: [], packs_base_dir: "/etc" }, "`packs_base_dir`"],
] as const)("build-envs refuses %j", async ([body, error]) => {
  await using it = await served();
  const { status, json } = await it.send("POST", PATH, body);
  expect(status).toBe(400);
  expect(json.error).toContain(error);
});
