import { expect, test } from "vitest";
import { due, NOTHING_DIRTY, noted, waitOnce } from "../../src/plan/settle.ts";
import { type Happening, hint, settle } from "../support/settling.ts";

const every = (stepMs: number, count: number, happening: (index: number) => Happening): Happening[] =>
  Array.from({ length: count }, (_, index) => {
    const [offsetMs, ...hints] = happening(index);
    return [offsetMs + index * stepMs, ...hints];
  });

/** `ref@when`, sorted by time. */
const brief = (happenings: readonly Happening[]): string[] =>
  settle(happenings)
    .map(({ directory, atMs }) => ({ directory, atMs }))
    .sort((a, b) => a.atMs - b.atMs || String(a.directory).localeCompare(String(b.directory)))
    .map(({ directory, atMs }) => `${directory ?? "the source"}@${atMs}`);

test.for<{ title: string; happenings: readonly Happening[]; expected: readonly string[] }>([
  { title: "a single save settles after 25 ms", happenings: [[0, hint("core")]], expected: ["core@25"] },
  {
    title: "a save in two steps settles 25 ms after the last",
    happenings: [
      [0, hint("core")],
      [3, hint("core")],
    ],
    expected: ["core@28"],
  },
  {
    title: "vim's dance of renames is one save",
    happenings: [
      [0, hint("core", "removed")],
      [1, hint("core")],
      [2, hint("core", "removed")],
    ],
    expected: ["core@27"],
  },
  {
    title: "a file that comes in pieces is waited for: twice the largest gap",
    happenings: [
      [0, hint("core")],
      [20, hint("core")],
      [55, hint("core")],
      [120, hint("core")],
    ],
    expected: ["core@250"],
  },
  {
    title: "but never longer than 250 ms",
    happenings: [
      ...every(24, 2, () => [0, hint("core")]),
      [70, hint("core")],
      [160, hint("core")],
      [330, hint("core")],
    ],
    expected: ["core@580"],
  },
  {
    title: "three packs saved at once settle each on its own",
    happenings: [
      [0, hint("a")],
      [10, hint("b")],
      [20, hint("c")],
    ],
    expected: ["a@25", "b@35", "c@45"],
  },
  {
    title: "a fourth within 250 ms makes all that is dirty one batch",
    happenings: [
      [0, hint("a"), hint("b"), hint("c")],
      [20, hint("d")],
    ],
    expected: ["a@1020", "b@1020", "c@1020", "d@1020"],
  },
  {
    title: "packs that settled a moment ago count for the burst",
    happenings: every(50, 5, (index) => [0, hint(`p${index}`)]),
    expected: ["p0@25", "p1@75", "p2@125", "p3@1200", "p4@1200"],
  },
  {
    title: "packs of other sources do not",
    happenings: [[0, hint("a"), hint("b"), hint("c", "changed", "packs.dev"), hint("d", "changed", "packs.dev")]],
    expected: ["a@25", "b@25", "c@25", "d@25"],
  },
  {
    title: "a removed file may be the beginning of more: it settles after 1 s",
    happenings: [[0, hint("core", "removed")]],
    expected: ["core@1000"],
  },
  {
    title: "`rm -rf` of a pack that takes a while settles 2 s after its directory is gone",
    happenings: [...every(100, 20, () => [0, hint("core", "removed")]), [2000, hint("core", "vanished")]],
    expected: ["core@4000"],
  },
  {
    title: "packs that vanish one after the other are judged together",
    happenings: every(900, 3, (index) => [0, hint(`p${index}`, "vanished")]),
    expected: ["p0@2800", "p1@2900", "p2@3800"],
  },
  {
    title: "what is edited meanwhile does not wait for them",
    happenings: [
      [0, hint("a", "vanished")],
      [10, hint("b")],
    ],
    expected: ["b@35", "a@2000"],
  },
  {
    title: "`mv` of a pack's directory: the new name at once, the old one's absence after 2 s",
    happenings: [[0, hint("old", "vanished"), hint("new")]],
    expected: ["new@25", "old@2000"],
  },
  {
    title: "a pack that vanishes and comes back is being replaced: it settles like a source",
    happenings: [
      [0, hint("core", "vanished")],
      [40, hint("core")],
      [700, hint("core")],
    ],
    expected: ["core@1700"],
  },
  {
    title: "a source that comes back settles as one",
    happenings: [
      [0, hint(undefined)],
      [30, hint("core")],
      [500, hint("other")],
    ],
    expected: ["core@1500", "other@1500", "the source@1500"],
  },
  {
    title: "one pack that is written for ever is looked at every 10 s",
    happenings: every(20, 1001, () => [0, hint("busy")]),
    expected: ["busy@10000", "busy@20020"],
  },
  {
    title: "and does not hold back others",
    happenings: [...every(20, 100, () => [0, hint("busy")]), [1990, hint("core")]],
    expected: ["core@2015", "busy@2020"],
  },
  {
    title: "nor does it hold back a batch",
    happenings: [
      ...every(20, 200, (): Happening => [0, hint("busy")]),
      [4001, hint("a"), hint("b"), hint("c"), hint("d")],
      ...every(20, 150, (): Happening => [4010, hint("busy")]),
    ],
    expected: ["a@5001", "b@5001", "c@5001", "d@5001", "busy@7990"],
  },
])("$title", ({ happenings, expected }) => {
  expect(brief(happenings)).toEqual(expected);
});

test("of a batch without end, what rests by itself goes after 10 s", () => {
  const four = (index: number): Happening => [0, ...[0, 1, 2, 3].map((each) => hint(`p${index}-${each}`))];
  const settled = settle(every(400, 40, four));
  expect(settled[0]).toMatchObject({ directory: "p0-0", atMs: 10_000 });
  expect(settled).toHaveLength(160);
});

test("a git checkout over 200 packs, each quiet for more than 250 ms on the way, is one batch", () => {
  const checkout = every(5, 400, (index) => [0, hint(`p${index % 200}`, index < 200 ? "removed" : "changed")]);
  const settled = settle(checkout);
  expect(new Set(settled.map(({ atMs }) => atMs))).toEqual(new Set([1995 + 1000]));
  expect(settled).toHaveLength(200);
});

test("what is found half-written waits 250 ms once, and is final then", () => {
  const { ready, rest } = due(noted(NOTHING_DIRTY, [hint("core")], 0), 25);
  expect(ready).toEqual([{ source: "packs", directory: "core", sinceMs: 0, isFinal: false }]);
  const [place] = ready;
  const waiting = waitOnce(rest, place ?? expect.fail("nothing is ready"), 30);
  expect(due(waiting, 279)).toMatchObject({ ready: [], nextAtMs: 280 });
  expect(due(waiting, 280).ready).toEqual([{ source: "packs", directory: "core", sinceMs: 0, isFinal: true }]);
});

test("what is written while it waits may wait again, but not for ever", () => {
  const place = { source: "packs", directory: "core", sinceMs: 0, isFinal: false };
  const written = noted(waitOnce(NOTHING_DIRTY, place, 30), [hint("core")], 40);
  expect(due(written, 279).ready).toEqual([]);
  expect(due(written, 280).ready).toEqual([place]);
  expect(due(noted(waitOnce(NOTHING_DIRTY, place, 9900), [hint("core")], 9950), 10_000).ready).toEqual([
    { ...place, isFinal: true },
  ]);
});

test("a pack that waits does not hold back the others", () => {
  const place = { source: "packs", directory: "core", sinceMs: 0, isFinal: false };
  const dirty = noted(waitOnce(NOTHING_DIRTY, place, 30), [hint("other")], 30);
  expect(due(dirty, 55).ready).toMatchObject([{ directory: "other" }]);
});

test("what was written before it was found half-written is no news", () => {
  const place = { source: "packs", directory: "core", sinceMs: 0, isFinal: false };
  const dirty = waitOnce(noted(NOTHING_DIRTY, [hint("core")], 28), place, 30);
  expect(due(dirty, 280).ready).toEqual([place]);
});
