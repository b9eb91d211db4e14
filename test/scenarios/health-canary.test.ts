import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { disorderIn } from "./programs/volume.ts";
import { statusOf } from "./support/ask-daemon.ts";
import { daemon, PATIENCE, startDaemon, untilSynced } from "./support/daemon.ts";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

const BUSY = { PACKSYNC_HEALTH_CANARY: "50ms" };

async function untilRounds(it: Story, rounds: number): Promise<void> {
  await expect.poll(async () => (await statusOf(it)).canary.rounds, PATIENCE).toBeGreaterThanOrEqual(rounds);
}

/** What the canary, or a publish beside it, left in the volume. */
function litterOf(it: Story): readonly string[] {
  return disorderIn(it.at("volume"), ["core"]).filter((name) => !/^(control\.sock|events\.db.*)$/.test(name));
}

test("a hundred saves beside a busy canary are all live, and nobody but the health hears of it", {
  timeout: 240_000,
}, async () => {
  using it = story({ packs: packs("core") });
  await using running = await daemon(it, { env: { ...BUSY, PACKSYNC_LOG_LEVEL: "debug" } });
  await untilRounds(it, 2);
  for (let save = 0; save < 100; save++) {
    it.write("packs/core/save.txt", `save ${save}\n`);
    if (save % 10 === 0) await untilSynced(it);
  }
  await untilSynced(it);
  const before = (await statusOf(it)).canary.rounds;
  await untilRounds(it, before + 3); // and it goes on

  const { canary, roots, packs: count, missedEvents, ...rest } = await statusOf(it);
  expect(canary).toMatchObject({ state: "well", legs: { watch: expect.any(Number), read: expect.any(Number) } });
  expect({ count, missedEvents, roots: roots.map(({ name }) => name) }).toEqual({
    ...{ count: 1, missedEvents: 0 },
    roots: ["packs", "packs.dev"],
  });
  const { version: _, ...others } = rest;
  expect(JSON.stringify(others)).not.toContain("canary");
  for (const args of [["status"], ["plan"], ["verify"], ["list"], ["history"], ["services"], ["doctor"]]) {
    const { code, stdout, stderr } = it.packsync(args);
    expect({ args, said: `${stdout}${stderr}` }).toEqual({ args, said: expect.not.stringContaining("canary") });
    expect({ args, code }).toEqual({ args, code: 0 });
  }
  expect(readdirSync(it.at("volume")).sort()).toEqual([".packsync", "core"]);
  expect(readdirSync(it.at("volume/.packsync/releases"))).toEqual(["core"]);
  expect(JSON.stringify(running.said())).not.toContain("canary");
  expect(it.once().code).toBe(0); // beside it, the daemon does it
  await running.stop();
  expect(litterOf(it)).toEqual([]);
});

test("one that is killed in the middle of it leaves nothing that the next run does not clear", {
  timeout: 240_000,
}, async () => {
  using it = story({ packs: packs("core") });
  for (let kill = 0; kill < 3; kill++) {
    // More often than what is written comes to rest (25 ms).
    await using running = await daemon(it, { env: { PACKSYNC_HEALTH_CANARY: "20ms" } });
    await untilRounds(it, 2 * kill + 1);
    running.signal("SIGKILL");
    await running.ended;
    expect(it.exists("volume/.packsync/canary")).toBe(true);
    if (kill % 2 === 0) it.once();
    else await (await daemon(it, { env: { PACKSYNC_HEALTH_CANARY: "0" } })).stop();
    expect(litterOf(it)).toEqual([]);
  }
});

test("it lives in the state directory, wherever that is; without it, nothing is there", {
  timeout: 240_000,
}, async () => {
  using it = story({ packs: packs("core") });
  const args = ["--state-dir", it.at("state")];
  await using running = startDaemon(it, { args, env: BUSY });
  await running.hear("watching");
  await expect.poll(() => it.exists("state/canary/target/canary/song.txt"), PATIENCE).toBe(true);
  expect(it.exists("volume/.packsync/canary")).toBe(false);
  await running.stop();
  expect(it.exists("state/canary")).toBe(false);

  await using off = await daemon(it, { env: { PACKSYNC_HEALTH_CANARY: "0" } });
  expect((await statusOf(it)).canary).toEqual(expect.objectContaining({ state: "off", rounds: 0 }));
  expect(it.packsync(["healthcheck"]).code).toBe(0);
  expect(it.exists("volume/.packsync/canary")).toBe(false);
  await off.stop();
});
