import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { pack } from "./support/packs.ts";
import { story } from "./support/story.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

test("the bundle does what the sources do, with its second thread", { timeout: 120_000 }, () => {
  const refs = Array.from({ length: 30 }, (_, index) => `pack_${index}`);
  using it = story({ packs: Object.fromEntries(refs.map((ref) => [ref, pack(ref)])) });
  execFileSync(process.execPath, ["scripts/build.ts", it.at("dist")], { cwd: ROOT, stdio: "pipe" });
  const sync = (main: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--once", "--format", "json"], {
      cwd: it.directory,
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout).totals;
  };
  expect(sync(it.at("dist/packsync.js"))).toMatchObject({ published: refs.length });
  for (const ref of refs) expect(it.tree(`volume/${ref}`)).toEqual(it.tree(`packs/${ref}`));
  expect(sync(`${ROOT}src/main.ts`)).toMatchObject({ unchanged: refs.length });
});
