import { expect, test } from "vitest";
import { daemon, PATIENCE, startDaemon } from "./support/daemon.ts";
import { packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";

function health(it: Story, args: readonly string[] = []): { code: number | null; said: string } {
  const { code, stdout } = it.packsync(["healthcheck", ...args]);
  return { code, said: stdout };
}

test("healthy while the daemon keeps the volume in sync, by its age when it is paused, and when it is gone", async () => {
  using it = story({ packs: packs("core") });
  expect(health(it)).toEqual({ code: 1, said: "unhealthy: no daemon answers\n" });
  await using running = await daemon(it);
  expect(health(it)).toEqual({ code: 0, said: expect.stringMatching(/^healthy: 1 pack in sync, lag \d+ ms\n$/) });
  expect(health(it, ["--require", "ops"])).toEqual({
    code: 1,
    said: "unhealthy: required, but not live in the volume: ops\n",
  });
  const { healthy, stages } = JSON.parse(health(it, ["--format", "json"]).said);
  expect(healthy).toBe(true);
  expect(stages.map(({ name }: { name: string }) => name)).toEqual(["watch", "settle", "publish", "register", "tell"]);

  running.signal("SIGSTOP");
  expect(health(it)).toEqual({ code: 1, said: "unhealthy: no daemon answers\n" });
  running.signal("SIGCONT");
  await expect.poll(() => health(it).code, PATIENCE).toBe(0);

  it.move("packs", "elsewhere");
  await expect.poll(() => health(it).said, PATIENCE).toContain("the source packs is not there");
  it.move("elsewhere", "packs");
  await expect.poll(() => health(it).code, PATIENCE).toBe(0);
  await running.stop();
  expect(health(it).code).toBe(1);
});

test("a configuration that nobody can run with is unhealthy, not wrong usage", () => {
  using it = story({});
  it.write("packsync.yaml", "volum: ./v\n");
  const { code, stderr } = it.packsync(["healthcheck"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("volum")]);
});

test("unhealthy while the volume cannot be used, and healthy when it can", async () => {
  using it = story({ packs: packs("core") });
  await using running = startDaemon(it, { env: { PACKSYNC_WATCH_RESCAN: "200ms" } });
  await running.hear("watching");
  it.move("volume", "gone");
  it.write("volume", "a file\n");
  await expect.poll(() => health(it).code, PATIENCE).toBe(1);
  it.remove("volume");
  it.move("gone", "volume");
  await expect.poll(() => health(it).code, PATIENCE).toBe(0);
  await running.stop();
});
