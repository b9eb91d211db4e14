import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tarGzOf } from "../support/archives.ts";
import { story } from "./support/story.ts";

const MANIFEST = 'ref: demo\nlabel: Demo\nversion: "1.2.3"\n';

test("packsync download fetches packs into a directory, says what failed, and ends with 1 then", () => {
  using it = story();
  writeFileSync(it.at("demo.tgz"), tarGzOf([{ name: "demo/pack.yaml", content: MANIFEST }]));
  const good = it.packsync(["download", "./demo.tgz", "--no-cache"]);
  expect(good).toMatchObject({ code: 0, stderr: "" });
  expect(good.stdout).toBe("demo 1.2.3  pack-downloads/demo  from ./demo.tgz\n1 pack downloaded, 0 failed\n");
  expect(it.read("pack-downloads/demo/pack.yaml")).toBe(MANIFEST);

  const bad = it.packsync([
    "download",
    "./demo.tgz",
    "http://169.254.169.254/x.tgz",
    "--to",
    "other",
    "--no-cache",
    "--format",
    "json",
  ]);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    downloaded_packs: [
      {
        source_type: "local_archive",
        pack_path: it.at("other/demo"),
        pack_ref: "demo",
        pack_version: "1.2.3",
        git_commit: null,
      },
    ],
    failed_packs: [
      {
        source: "http://169.254.169.254/x.tgz",
        error: "Expected `169.254.169.254` to have public addresses, got a private one",
      },
    ],
    total_count: 2,
    success_count: 1,
    failure_count: 1,
  });
});

test("where a program that it needs is missing, packsync download says which, and which image has it", () => {
  using it = story();
  const { code, stdout, stderr } = it.packsync(["download", `file://${it.at("demo.git")}`, "--no-cache"], {
    env: { PATH: "/nonexistent" },
  });
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/runtime not available: git[\s\S]*packsync-install/);
});

test.for([["--timeout", "0"], ["--timeout", "soon"], ["-n"]])("packsync download %s is wrong usage", (args) => {
  using it = story();
  expect(it.packsync(["download", "./demo", ...args]).code).toBe(2);
  expect(it.exists("pack-downloads")).toBe(false);
});
