import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openEvents } from "../../src/events/database.ts";
import type { Followed } from "../../src/events/follow.ts";
import { createRecorder, type Keeper, type News, type RecorderDeps } from "../../src/events/recorder.ts";
import { goneIn, lastIn, readAfter, write } from "../../src/events/store.ts";
import { scratch } from "../support/trees.ts";
import { idsOf } from "./making.ts";

const NEWS: News = { kind: "pack.published", severity: "info", text: "core is live.", pack: "core" };

/** The store itself, in this thread; `fails` is what every call of it is answered with. */
function keeperIn(directory: string) {
  const database = openEvents(directory, undefined, () => {});
  const state: { fails: string | undefined } = { fails: undefined };
  const unlessFails = <T>(work: () => T): Promise<T> =>
    state.fails === undefined ? Promise.resolve(work()) : Promise.reject(new Error(state.fails));
  const keeper: Keeper = {
    open: (first) => unlessFails(() => Math.max(lastIn(database), first)),
    write: (written) => unlessFails(() => write(database, written)),
    read: (after) => unlessFails(() => ({ entries: readAfter(database, after, 100), gone: goneIn(database) })),
  };
  return { state, keeper, database, [Symbol.dispose]: () => database.close() };
}

function recording(keeper: Keeper, about: Partial<RecorderDeps> = {}) {
  const said: string[] = [];
  const recorder = createRecorder({
    keeper,
    now: () => 1000,
    onTrouble: (why) => said.push(why),
    onRecovered: (lost) => said.push(`recovered, ${lost} lost`),
    retryMs: 5,
    ...about,
  });
  return { ...recorder, said };
}

/** So many events that a follower is told. */
async function take(events: AsyncIterable<Followed>, count: number): Promise<readonly Followed[]> {
  const had: Followed[] = [];
  for await (const followed of events) {
    had.push(followed);
    if (idsOf(had).length >= count) break;
  }
  return had;
}

const never = new AbortController().signal;
const PATIENCE = { timeout: 20_000, interval: 5 };

test("numbers grow over restarts, also when the clock goes back", async () => {
  using directory = scratch();
  using kept = keeperIn(directory.path);
  const ids: number[] = [];
  for (const now of [2_000_000, 1000, 3_000_000, 0]) {
    await using recorder = recording(kept.keeper, { now: () => now });
    recorder.record([NEWS]);
    recorder.open();
    recorder.record([NEWS, NEWS]);
    await expect.poll(() => readAfter(kept.database, 0, 100).length, PATIENCE).toBe(ids.length + 3);
    ids.splice(0, ids.length, ...readAfter(kept.database, 0, 100).map(({ id }) => id));
  }
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(ids).toHaveLength(12);
});

test("while nothing can be kept events go on to whoever follows; it is said once, and they are kept later", async () => {
  using directory = scratch();
  using kept = keeperIn(directory.path);
  kept.state.fails = "the disk is full";
  await using recorder = recording(kept.keeper);
  recorder.open();
  recorder.record([NEWS, NEWS]);
  const had = await take(recorder.follow(0, never), 2);
  recorder.record([NEWS]);
  await sleep(30); // several attempts
  expect(recorder.said).toEqual(["the disk is full"]);
  expect(readAfter(kept.database, 0, 10)).toEqual([]);
  kept.state.fails = undefined;
  await expect.poll(() => readAfter(kept.database, 0, 10).length, PATIENCE).toBe(3);
  expect(recorder.said).toEqual(["the disk is full", "recovered, 0 lost"]);
  expect(readAfter(kept.database, 0, 2).map(({ id }) => id)).toEqual(idsOf(had));
});

test("memory is bounded meanwhile: the oldest are lost, and who comes back for them is told", async () => {
  using directory = scratch();
  using kept = keeperIn(directory.path);
  await using recorder = recording(kept.keeper, { unkept: { events: 600, bytes: 1e6 } });
  recorder.open();
  recorder.record([NEWS]);
  const [first = 0] = idsOf(await take(recorder.follow(0, never), 1));
  await expect.poll(() => lastIn(kept.database), PATIENCE).toBe(first);
  kept.state.fails = "locked";
  recorder.record(Array.from({ length: 615 }, () => NEWS));
  await expect.poll(() => recorder.said, PATIENCE).toEqual(["locked"]);
  kept.state.fails = undefined;
  await expect.poll(() => recorder.said, PATIENCE).toEqual(["locked", "recovered, 15 lost"]);
  const had = await take(recorder.follow(first, never), 600);
  expect(had[0]).toEqual({ kind: "gap", after: first, gone: first + 15 });
  expect(idsOf(had)).toEqual(Array.from({ length: 600 }, (_, index) => first + 16 + index));
});

test("a disk that does not answer keeps nobody waiting for ever", { timeout: 20_000 }, async () => {
  const hangs: Keeper = {
    open: () => new Promise(() => {}),
    write: () => new Promise(() => {}),
    read: () => Promise.reject(new Error("no")),
  };
  await using recorder = recording(hangs);
  recorder.record([NEWS]);
  recorder.open();
  expect(idsOf(await take(recorder.follow(0, never), 1))).toEqual([1_000_001]);
});

test("what happened last is kept before it ends", async () => {
  using directory = scratch();
  using kept = keeperIn(directory.path);
  {
    await using recorder = recording(kept.keeper);
    recorder.open();
    recorder.record([NEWS, { kind: "daemon.stopped", severity: "info", text: "Stopped." }]);
    recorder.sample({ atMs: 5, rss: 1, delayMs: 2, lagMs: 3, watches: 4 });
  }
  expect(readAfter(kept.database, 0, 10).map(({ event }) => event.kind)).toEqual(["pack.published", "daemon.stopped"]);
  expect(kept.database.prepare("SELECT count(*) AS count FROM sample").get()).toEqual({ count: 1 });
});
