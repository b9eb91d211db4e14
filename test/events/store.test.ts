import { expect, test } from "vitest";
import { openEvents } from "../../src/events/database.ts";
import { eventPage, keptAfter, lastKept, series } from "../../src/events/history.ts";
import type { CountedSeries } from "../../src/events/series.ts";
import { type PageQuery, prune, type Written, write } from "../../src/events/store.ts";
import { scratch } from "../support/trees.ts";
import { row } from "./making.ts";

function stored() {
  const directory = scratch();
  const database = openEvents(directory.path, undefined, () => {});
  return {
    path: directory.path,
    database,
    [Symbol.dispose]() {
      database.close();
      directory[Symbol.dispose]();
    },
  };
}

const NOTHING = { samples: [], gone: 0 };

test.for<readonly [name: string, query: Partial<PageQuery>, ids: readonly number[]]>([
  ["everything, the newest first", {}, [5, 4, 3, 2, 1]],
  ["some", { limit: 2 }, [5, 4]],
  ["older than one", { before: 3 }, [2, 1]],
  ["newer than one", { after: 3 }, [5, 4]],
  ["not before a time", { sinceMs: 4 }, [5, 4]],
  ["about a pack, also among others", { pack: "core" }, [4, 1]],
  ["about no pack whose name only begins so", { pack: "cor" }, []],
  ["about a service", { service: "api" }, [4]],
  ["of some kinds", { kinds: ["pack.rejected", "service.told"] }, [4, 2]],
  ["of a severity", { severity: "error" }, [2]],
  ["of a pack and a kind", { pack: "core", kinds: ["service.told"] }, [4]],
  ["of a pack that is a piece of SQL", { pack: "' OR 1=1 --" }, []],
])("a page has %s", ([, query, ids]) => {
  using it = stored();
  const events = [
    row(1, { packs: ["core"] }),
    row(2, { packs: ["core_more"], kind: "pack.rejected", severity: "error" }),
    row(3, { packs: [] }),
    row(4, { packs: ["other", "core"], kind: "service.told", service: "api" }),
    row(5, { packs: ["other"] }),
  ];
  write(it.database, { ...NOTHING, events });
  expect(eventPage(it.path, { limit: 50, ...query }).map(({ id }) => id)).toEqual(ids);
});

test("what is kept is bounded by number and by age, and what is gone is remembered", () => {
  using it = stored();
  const events = Array.from({ length: 30 }, (_, index) => row(index + 1));
  write(it.database, { ...NOTHING, events, samples: [{ atMs: 1, rss: 1, delayMs: 1, lagMs: 1, watches: 1 }] });
  prune(it.database, 100, { events: 20, bytes: 1e9, eventsMs: 1000, samplesMs: 10 });
  expect(keptAfter(it.path, 0)).toMatchObject({ gone: 10, entries: { length: 20 } });
  prune(it.database, 100, { events: 20, bytes: 1e9, eventsMs: 85, samplesMs: 10 });
  expect(keptAfter(it.path, 0).gone).toBe(14);
  prune(it.database, 1000, { events: 20, bytes: 1e9, eventsMs: 85, samplesMs: 10 });
  expect([keptAfter(it.path, 0).entries, lastKept(it.path)], "numbers go on even so").toEqual([[], 30]);
});

test("events with much in them are fewer: the newest that fit", () => {
  using it = stored();
  const events = Array.from({ length: 100 }, (_, index) => row(index + 1, { data: { findings: "x".repeat(10_000) } }));
  write(it.database, { ...NOTHING, events });
  const keeping = { events: 1000, bytes: 500_000, eventsMs: 1000, samplesMs: 10 };
  prune(it.database, 100, keeping);
  const { entries, gone } = keptAfter(it.path, 0);
  expect(entries.length).toBeGreaterThan(20);
  expect(entries.length).toBeLessThan(50);
  expect([gone, entries[0]?.id, entries.at(-1)?.id]).toEqual([100 - entries.length, gone + 1, 100]);
  prune(it.database, 100, keeping);
  expect(keptAfter(it.path, 0).gone, "what fits stays").toBe(gone);
});

test("an event that is written twice is there once", () => {
  using it = stored();
  write(it.database, { ...NOTHING, events: [row(1)] });
  write(it.database, { ...NOTHING, events: [row(1), row(2)] });
  expect(keptAfter(it.path, 0).entries.map(({ id }) => id)).toEqual([1, 2]);
});

test("series count what happened lately; where nothing did, nobody knows", () => {
  using it = stored();
  const minute = 60_000;
  const now = 1000 * minute + 30_000;
  const at = (minutesAgo: number) => (1000 - minutesAgo) * minute + 1;
  const events = [
    row(1, { atMs: at(60), elapsedMs: 9 }), // before the hour
    ...[5, 1, 3, 40].map((elapsedMs, index) => row(2 + index, { atMs: at(2), elapsedMs })),
    row(6, { atMs: at(2) }), // found by looking
    row(7, { atMs: at(2), kind: "pack.rejected" }),
    row(8, { atMs: at(0), kind: "service.told", data: { how: "restart" }, elapsedMs: 7 }),
    row(9, { atMs: at(0), kind: "service.told", data: { how: "exec" } }),
    row(10, { atMs: at(-1) }), // by a clock that went back
  ];
  const samples = [70, 90, 80].map((rss, index) => ({ atMs: at(1) + index, rss, delayMs: 1, lagMs: 0, watches: 5 }));
  write(it.database, { ...NOTHING, events, samples });
  const { bucketMs, buckets } = series(it.path, "hour", now);
  expect({ bucketMs, count: buckets.length, first: buckets[0]?.atMs }).toEqual({
    bucketMs: minute,
    count: 60,
    first: 941 * minute,
  });
  const nothing = {
    published: 0,
    rejected: 0,
    restarts: 0,
    latencyP50Ms: undefined,
    latencyMaxMs: undefined,
    memoryBytes: undefined,
  };
  expect(buckets.slice(-4)).toEqual([
    { ...nothing, atMs: 997 * minute },
    { ...nothing, atMs: 998 * minute, published: 5, rejected: 1, latencyP50Ms: 3, latencyMaxMs: 40 },
    { ...nothing, atMs: 999 * minute, memoryBytes: 90 },
    { ...nothing, atMs: 1000 * minute, restarts: 1 },
  ]);
  expect(series(it.path, "day", now).buckets).toHaveLength(96);
});

test("series are counted anew only when something came, or time went on", () => {
  using it = stored();
  const counted: CountedSeries = new Map();
  const minute = 60_000;
  const look = (nowMs = 5 * minute) => series(it.path, "hour", nowMs, counted);
  const keep = (written: Partial<Written>) => write(it.database, { events: [], ...NOTHING, ...written });
  keep({ events: [row(1)] });
  const first = look();
  expect(look(5 * minute + 1)).toBe(first);
  keep({ events: [row(2)] });
  const second = look();
  expect([first, second].map(({ buckets }) => buckets.at(-6)?.published)).toEqual([1, 2]);
  keep({ samples: [{ atMs: minute, rss: 7, delayMs: 0, lagMs: 0, watches: 0 }] });
  expect(look().buckets.at(-5)?.memoryBytes).toBe(7);
  expect(look(6 * minute).buckets.at(-1)?.atMs).toBe(6 * minute);
  expect(series(it.path, "day", 6 * minute, counted).buckets).toHaveLength(96);
});

test("where nothing was ever kept there is nothing, and nothing is made", () => {
  using directory = scratch();
  expect(eventPage(directory.path, { limit: 5 })).toEqual([]);
  expect(keptAfter(directory.path, 7)).toEqual({ entries: [], gone: 0 });
  expect(series(`${directory.path}/none`, "day", 0).buckets.every(({ published }) => published === 0)).toBe(true);
});
