import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { pack } from "./support/packs.ts";
import { story } from "./support/story.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

test("the bundle does what the sources do, with its second thread", { timeout: 120_000 }, () => {
  execFileSync(process.execPath, ["scripts/build.ts"], { cwd: ROOT, stdio: "pipe" });
  const refs = Array.from({ length: 30 }, (_, index) => `pack_${index}`);
  using it = story({ packs: Object.fromEntries(refs.map((ref) => [ref, pack(ref)])) });
  const sync = () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [`${ROOT}dist/packsync.js`, "--once", "--format", "json"],
      { cwd: it.directory, encoding: "utf8" },
    );
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout).totals;
  };
  expect(sync()).toMatchObject({ published: refs.length });
  for (const ref of refs) expect(it.tree(`volume/${ref}`)).toEqual(it.tree(`packs/${ref}`));
  expect(sync()).toMatchObject({ unchanged: refs.length });
});
