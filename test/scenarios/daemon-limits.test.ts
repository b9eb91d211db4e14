import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import { aboutOf, statusOf } from "./support/ask-daemon.ts";
import { daemon, PATIENCE, untilSynced } from "./support/daemon.ts";
import { pack, packs } from "./support/packs.ts";
import { story } from "./support/story.ts";

test("a source that announces nothing is looked at all the same, called polling once, and what it did not say is counted", async () => {
  using it = story({ packs: packs("core", "other") });
  await using running = await daemon(it, { env: { PACKSYNC_TEST_WATCH: "suppress", PACKSYNC_WATCH_RESCAN: "500ms" } });
  expect((await statusOf(it)).roots).toMatchObject([{ watching: "events", missedEvents: 0 }, { watching: "vanished" }]);
  for (const [index, ref] of ["core", "other", "core"].entries()) {
    it.write(`packs/${ref}/README.md`, `version ${index}\n`);
    await untilSynced(it);
    await running.hear("changes that no event announced", index + 1);
  }
  const { roots, missedEvents } = await statusOf(it);
  expect(roots).toMatchObject([{ name: "packs", watching: "polling", missedEvents: 3, events: 0 }, {}]);
  expect(missedEvents).toBe(3);
  expect(running.said("source polling")).toMatchObject([{ name: "packs" }]);
  await running.stop();
});

/** In a user namespace of its own, where this many watches are allowed, whatever the machine allows. */
function withWatches(allowed: number): readonly string[] {
  const limit = `echo ${allowed} > /proc/sys/user/max_inotify_watches && exec "$@"`;
  return ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"];
}

testWith(
  { userNamespaces: true },
  "when watches run out it says so, with what to set, and finds what it cannot watch",
  async () => {
    const refs = Array.from({ length: 12 }, (_, index) => `pack${index}`);
    using it = story({ packs: packs(...refs) });
    await using running = await daemon(it, { through: withWatches(10), env: { PACKSYNC_WATCH_RESCAN: "500ms" } });
    await running.hear("not all of a source can be watched");
    for (const ref of refs) it.write(`packs/${ref}`, { late: { "README.md": "late\n" } });
    await untilSynced(it);
    const [degraded, ...others] = running.said("not all of a source can be watched");
    expect(degraded).toMatchObject({
      source: "packs",
      code: "ENOSPC",
      allowed: 10,
      hint: expect.stringContaining("max_user_watches"),
    });
    expect(others).toEqual([]);
    const { roots, watches } = await statusOf(it);
    expect(roots).toMatchObject([{ watching: "degraded" }, {}]);
    expect(watches).toBeLessThanOrEqual(10);
    await running.stop();
  },
);

const HUGE = 20_000;

test(`while a pack of ${HUGE} files is staged the daemon answers at once, and ends soon when it is told to`, {
  timeout: 240_000,
}, async () => {
  using it = story({ packs: packs("core") });
  const files = Object.fromEntries(Array.from({ length: HUGE }, (_, index) => [`file${index}.txt`, `text ${index}\n`]));
  it.write(".huge", pack("huge", { lib: files }));
  {
    await using running = await daemon(it);
    it.move(".huge", "packs/huge");
    await expect.poll(() => readdirSync(it.at("volume/.packsync/staging")), PATIENCE).not.toEqual([]);
    const askedMs = performance.now();
    for (let times = 0; times < 20; times++) expect(await aboutOf(it)).toMatchObject({ pid: running.pid });
    expect((performance.now() - askedMs) / 20).toBeLessThan(1000);
    expect(it.exists("volume/huge"), "it is not live yet").toBe(false);
    const toldMs = performance.now();
    await running.stop();
    expect(performance.now() - toldMs).toBeLessThan(15_000); // the promise is 5 s, on a machine that has nothing else to do
  }
  await using next = await daemon(it);
  expect(next.said("pack published")).toMatchObject([{ ref: "huge", changes: { added: HUGE + 3 } }]);
  expect(it.once().outcomes).toEqual({ core: "unchanged", huge: "unchanged" });
});
