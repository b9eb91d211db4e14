import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { PacksyncEvent } from "../../src/events/event.ts";
import { testWith } from "../support/requires.ts";
import { daemon, PATIENCE, startDaemon } from "./support/daemon.ts";
import { followEvents, keptEvents } from "./support/events.ts";
import { fill, mount } from "./support/machine.ts";
import { type Story, story } from "./support/story.ts";

const PACK = {
  "pack.yaml": 'ref: demo\nversion: "1.0.0"\nlabel: Demo\n',
  actions: {
    "fetch.yaml": "ref: demo.fetch\nlabel: Fetch\nrunner_type: python\nentry_point: fetch.py\n",
    "fetch.py": "#!/usr/bin/env python3\nprint(0)\n",
  },
};

const SETTINGS = `preset: none
routes: [{ when: { meaning: script }, do: agent }]
services: { agent: { exec: [sh, -c, "cat >> told"] } }
`;

function world(): Story {
  const it = story({ packs: { demo: PACK }, "packs.dev": {} });
  it.write("packsync.yaml", SETTINGS);
  return it;
}

let saves = 0;

function save(it: Story): void {
  it.write("packs/demo/actions/fetch.py", `#!/usr/bin/env python3\nprint(${++saves})\n`);
}

const database = "volume/.packsync/events.db";
const about = (events: readonly PacksyncEvent[], kind: PacksyncEvent["kind"]) =>
  events.filter((each) => each.kind === kind);

/** Waits until so many publishes happened, as far as `events` knows. */
async function untilPublished(events: () => readonly PacksyncEvent[], count: number): Promise<void> {
  await expect.poll(() => about(events(), "pack.published").length, PATIENCE).toBeGreaterThanOrEqual(count);
}

/** What it says of the first thing that a poll waits for it to have. */
function expectGrowing(events: readonly PacksyncEvent[]): void {
  const ids = events.map(({ id }) => id);
  expect(ids, "numbers grow, none comes twice").toEqual([...new Set(ids)].sort((a, b) => a - b));
}

test("one save leads by one release from the publish over the registration to the service that was told", async () => {
  using it = world();
  await using running = await daemon(it);
  await expect.poll(() => about(keptEvents(it), "service.told").length, PATIENCE).toBe(1);
  save(it);
  await expect.poll(() => about(keptEvents(it), "service.told").length, PATIENCE).toBe(2);
  const [published] = about(keptEvents(it), "pack.published").slice(-1);
  const release = published?.release;
  expect(published).toMatchObject({
    pack: "demo",
    source: "packs",
    version: "1.0.0",
    release: expect.stringMatching(/^2-/),
  });
  expect(published?.elapsed_ms).toBeGreaterThan(0);
  const its = keptEvents(it, ["--pack", "demo"]).filter((each) => each.release === release);
  expect(its.map(({ kind }) => kind).sort()).toEqual([
    "pack.published",
    "pack.registered",
    "service.pending",
    "service.told",
  ]);
  expect([its[0]?.kind, its.at(-1)?.kind]).toEqual(["pack.published", "service.told"]);
  expect(its.at(-1)).toMatchObject({ service: "agent", data: { how: "exec", packs: [{ pack: "demo", release }] } });
  expect(its.at(-1)?.elapsed_ms).toBeGreaterThan(0);

  it.packsync(["rollback", "demo"]);
  it.packsync(["unpin", "demo"]);
  await expect.poll(() => about(keptEvents(it), "pack.unpinned").length, PATIENCE).toBe(1);
  expect(about(keptEvents(it), "pack.pinned")).toMatchObject([{ pack: "demo", release: expect.stringMatching(/^3-/) }]);

  const { stdout } = it.packsync(["events", "--kind", "pack.published", "service.told", "--last", "3"], {
    env: { NO_COLOR: "1" },
  });
  expect(stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}(pack|service)\./);
  await running.stop();
  expect(keptEvents(it).at(-1)).toMatchObject({ kind: "daemon.stopped", severity: "info" });
});

test("who follows misses nothing and hears nothing twice, however often the daemon is killed", {
  timeout: 180_000,
}, async () => {
  using it = world();
  await using follower = followEvents(it);
  let published = 0;
  for (let lives = 0; lives < 4; lives++) {
    await using running = lives % 2 === 0 ? await daemon(it) : startDaemon(it);
    save(it);
    await untilPublished(follower.events, ++published);
    save(it);
    running.signal("SIGKILL");
    await running.ended;
  }
  {
    await using running = await daemon(it);
    save(it);
    await untilPublished(follower.events, published + 1);
    await running.stop(); // what is registered then is heard of from the next one
  }
  await using running = await daemon(it);
  const since = Date.now();
  save(it);
  const isNew = ({ kind, at }: PacksyncEvent) => kind === "pack.published" && Date.parse(at) >= since;
  await expect.poll(() => follower.events().some(isNew), PATIENCE).toBe(true); // it has come back, and hears of the end
  await running.stop();
  await expect.poll(() => about(follower.events(), "daemon.stopped").length, PATIENCE).toBe(2);
  const kept = keptEvents(it);
  expectGrowing(follower.events());
  // What was told just before a kill may not be kept; what is kept was told.
  expect(kept.filter(({ id }) => !follower.events().some((each) => each.id === id))).toEqual([]);
  expectGrowing(kept);
  follower.signal("SIGINT");
  expect(await follower.ended).toEqual({ code: 0 });
});

test("a database that cannot be read is set aside, and begins anew with greater numbers", async () => {
  using it = world();
  {
    await using running = await daemon(it);
    await running.stop();
  }
  const before = keptEvents(it).at(-1)?.id ?? 0;
  writeFileSync(it.at(database), "This is no database, and never was one. ".repeat(500));
  await using running = await daemon(it);
  save(it);
  await untilPublished(() => keptEvents(it), 1);
  expect(keptEvents(it)[0]?.id).toBeGreaterThan(before);
  expect(readdirSync(it.at("volume/.packsync")).filter((name) => name.startsWith("events.db.corrupt-"))).toHaveLength(
    1,
  );
  await running.stop();
});

test("while somebody else holds the database, packs are published and told of; afterwards it has everything", async () => {
  using it = world();
  await using running = await daemon(it);
  await using follower = followEvents(it);
  await untilPublished(follower.events, 1);
  const before = keptEvents(it).length;
  {
    using other = new DatabaseSync(it.at(database), { timeout: 10_000 });
    other.exec("BEGIN IMMEDIATE");
    for (let count = 2; count <= 3; count++) {
      save(it);
      await untilPublished(follower.events, count);
    }
    await expect.poll(running.stderr, PATIENCE).toContain("what happens is not kept");
    other.exec("COMMIT");
  }
  await untilPublished(() => keptEvents(it), 3);
  expect(keptEvents(it).length).toBeGreaterThan(before);
  expectGrowing(keptEvents(it));
  await expect.poll(running.stderr, PATIENCE).toContain("what happens is kept again");
  await running.stop();
});

testWith(
  { root: true, tools: ["mount"], timeout: 180_000 },
  "while its disk is full, packs are published and told of; afterwards it has everything",
  async () => {
    using it = world();
    {
      await using running = await daemon(it);
      await running.stop();
    }
    mount(it, "small", "-t", "tmpfs", "-o", "size=2m", "none");
    it.move(database, "volume/.packsync/old.db"); // on the same disk
    writeFileSync(it.at("small/events.db"), "");
    symlinkSync(it.at("small/events.db"), it.at(database));
    fill(it.at("small/filler"));
    await using running = await daemon(it);
    await using follower = followEvents(it);
    save(it);
    await untilPublished(follower.events, 1);
    expect(keptEvents(it)).toEqual([]);
    it.remove("small/filler");
    await untilPublished(() => keptEvents(it), 1);
    expectGrowing(keptEvents(it));
    await running.stop();
  },
);

test("a reader that has enough ends it without a word, and hostile names speak to no terminal", async () => {
  using it = world();
  it.write("packs/\u001b[2Jevil\r\n", { "pack.yaml": "ref: [\n" });
  await using running = await daemon(it);
  await expect.poll(() => about(keptEvents(it), "pack.rejected").length, PATIENCE).toBe(1);
  const { stdout } = it.packsync(["events"]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(stdout).toContain("\\u001b[2Jevil\\r\\n");
  const piped = it.packsync(["events", "--follow", "--last", "1"], {
    through: ["sh", "-c", '"$@" | head -n 1', "sh"], // and nothing more happens
  });
  expect({ lines: piped.stdout.trim().split("\n").length, stderr: piped.stderr }).toEqual({ lines: 1, stderr: "" });
  await running.stop();
});
