import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type Daemon,
  daemon,
  expectNothingLeft,
  filesIn,
  PATIENCE,
  startDaemon,
  untilSynced,
  wantedOf,
} from "./support/daemon.ts";
import { pack, packs } from "./support/packs.ts";
import { type Story, story } from "./support/story.ts";
import type { Tree } from "./support/tree.ts";

/** The promise: what is under way is finished or left alone, and all is over. */
const END_MS = 2000;

async function endsInTime(running: Daemon, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  const started = performance.now();
  running.signal(signal);
  expect(await running.ended).toMatchObject({ code: 0, signal: undefined });
  expect(performance.now() - started).toBeLessThan(END_MS);
}

function manyPacks(state: number): Tree {
  const refs = Array.from({ length: 40 }, (_, index) => `pack_${index}`);
  const data = Object.fromEntries(Array.from({ length: 25 }, (_, file) => [`${file}.txt`, `${file} in ${state}\n`]));
  return Object.fromEntries(refs.map((ref) => [ref, pack(ref, { data }, `1.0.${state}`)]));
}

describe.for(["SIGTERM", "SIGINT"] as const)("%s ends the daemon with 0, within two seconds", (signal) => {
  test("when nothing is to be done", async () => {
    using it = story({ packs: packs("core") });
    await using running = await daemon(it);
    await endsInTime(running, signal);
    expect(it.exists("volume/.packsync/control.sock")).toBe(false);
    expectNothingLeft(it);
  });

  test("while it publishes: each pack is whole, the old release or the new one, and the next run goes on", async () => {
    using it = story({ packs: manyPacks(0) });
    await using running = await daemon(it);
    const old = wantedOf(it, "packs");
    running.signal("SIGSTOP"); // on a busy machine it takes a pack that is half written, and still for long, for one at rest
    it.write("packs", manyPacks(1));
    running.signal("SIGCONT");
    const next = wantedOf(it, "packs");
    await expect.poll(() => staged(it) + live(it), { ...PATIENCE, interval: 1 }).toBeGreaterThan(0); // it is at work
    await endsInTime(running, signal);
    const found = filesIn(it.at("volume"));
    for (const ref of Object.keys(manyPacks(0)))
      expect([only(old, ref), only(next, ref)], `the whole of ${ref}`).toContainEqual(only(found, ref));
    it.once();
    expect(filesIn(it.at("volume"))).toEqual(next);
  });

  test("while it starts", async () => {
    using it = story({ packs: manyPacks(0) });
    await using running = startDaemon(it);
    await expect.poll(() => it.exists("volume/.packsync/control.sock"), { ...PATIENCE, interval: 1 }).toBe(true);
    await endsInTime(running, signal);
    it.once();
    await untilSynced(it);
  });
});

function staged(it: Story): number {
  return Object.keys(filesIn(it.at("volume/.packsync/staging"))).length;
}

/** Packs whose new release is live. */
function live(it: Story): number {
  return Object.keys(manyPacks(0)).filter((ref) => it.read(`volume/${ref}/pack.yaml`).includes("1.0.1")).length;
}

function only(files: Readonly<Record<string, string>>, ref: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(`${ref}/`)));
}

test("a second signal ends it at once, and the next run puts all in order", async () => {
  using it = story({ packs: manyPacks(0) });
  await using running = startDaemon(it);
  await expect.poll(() => it.exists("volume/.packsync/control.sock"), { ...PATIENCE, interval: 1 }).toBe(true);
  running.signal("SIGTERM");
  running.signal("SIGINT");
  const { code, signal } = await running.ended;
  expect(code === 0 || signal !== undefined, `it ended with ${code} or by ${signal}`).toBe(true);
  it.once();
  expect(filesIn(it.at("volume"))).toEqual(wantedOf(it, "packs"));
  expectNothingLeft(it);
});

describe("SIGHUP", () => {
  const ONE = "sources: { packs: ./packs }\n";
  const TWO = "sources: { packs: ./packs, more: ./more }\n";

  test("a good configuration takes effect: a new source is published, and watched", async () => {
    using it = story({ packs: packs("core") });
    it.write("more", packs("extra"));
    it.write("packsync.yaml", ONE);
    await using running = await daemon(it);
    it.write("packsync.yaml", TWO);
    running.signal("SIGHUP");
    await untilSynced(it, "packs", "more");
    await running.hear("watching", 2);
    writeFileSync(it.at("more/extra/README.md"), "watched");
    await untilSynced(it, "packs", "more");
    expectNothingLeft(it);
    await running.stop();
  });

  test.for([
    { title: "that is no YAML", text: "sources: [", said: "packsync.yaml" },
    { title: "with an unknown setting", text: `${TWO}colour: blue\n`, said: "colour" },
    { title: "with a wrong value", text: `${TWO}watch: { rescan: soon }\n`, said: "watch.rescan" },
  ])("a bad one, $title, is refused with its message, and the old one stays", async ({ text, said }) => {
    using it = story({ packs: packs("core") });
    it.write("more", packs("extra"));
    it.write("packsync.yaml", ONE);
    await using running = await daemon(it);
    it.write("packsync.yaml", text);
    running.signal("SIGHUP");
    await expect.poll(() => running.stderr(), PATIENCE).toContain("The configuration stays as it was.");
    expect(running.stderr()).toContain(said);
    writeFileSync(it.at("packs/core/README.md"), "still watched");
    await untilSynced(it);
    expect(running.said("watching")).toHaveLength(1);
    await running.stop();
  });

  test("again and again never ends it, and the last configuration counts", async () => {
    using it = story({ packs: packs("core") });
    it.write("more", packs("extra"));
    it.write("packsync.yaml", ONE);
    await using running = await daemon(it);
    for (let time = 0; time < 30; time++) {
      it.write("packsync.yaml", time % 2 === 0 ? ONE : TWO);
      running.signal("SIGHUP");
      await new Promise((resolve) => setTimeout(resolve, 7 * time));
    }
    await untilSynced(it, "packs", "more");
    writeFileSync(it.at("packs/core/README.md"), "still watched");
    await untilSynced(it, "packs", "more");
    await running.stop();
  });
});
