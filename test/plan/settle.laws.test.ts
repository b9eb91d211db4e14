import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ahead,
  type Dirty,
  due,
  type Hint,
  isUntouched,
  NOTHING_DIRTY,
  noted,
  waitOnce,
  without,
} from "../../src/plan/settle.ts";
import { SETTLE } from "../../src/plan/settle-windows.ts";
import { type Happening, settle } from "../support/settling.ts";

const anyHint: fc.Arbitrary<Hint> = fc.record({
  source: fc.constantFrom("packs", "packs.dev"),
  directory: fc.constantFrom("a", "b", "c", "d", "e", "f", undefined),
  kind: fc.constantFrom("changed", "changed", "removed", "vanished"),
});
const anyGapMs = fc.oneof(
  fc.integer({ min: 0, max: 30 }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 3000 }),
);
const happenings: fc.Arbitrary<Happening[]> = fc
  .array(fc.tuple(anyGapMs, fc.array(anyHint, { minLength: 1, maxLength: 5 })), { maxLength: 60 })
  .map((list) => {
    let atMs = 0;
    return list.map(([gapMs, hints]): Happening => {
      atMs += gapMs;
      return [atMs, ...hints];
    });
  });

const keyOf = ({ source, directory }: Pick<Hint, "source" | "directory">) => `${source}/${directory ?? ""}`;
const dirtyKeys = (dirty: Dirty): string[] =>
  [...dirty].flatMap(([source, { places }]) => [...places.keys()].map((directory) => keyOf({ source, directory })));

test("nothing is lost: every hinted place becomes ready afterwards, and within 10 s of its first hint", () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const settled = settle(list);
      for (const [atMs, ...hints] of list) {
        for (const hint of hints) {
          const isAnswer = (each: (typeof settled)[number]) =>
            keyOf(each) === keyOf(hint) && each.atMs >= atMs && each.sinceMs <= atMs;
          expect(settled.filter(isAnswer)).toMatchObject([
            { atMs: expect.toSatisfy((ms) => ms <= atMs + SETTLE.maxMs) },
          ]);
        }
      }
    }),
  );
});

test("what is prepared ahead of time comes to rest just then, unless it is touched before", () => {
  fc.assert(
    fc.property(happenings, fc.nat(12_000), (list, waitMs) => {
      let dirty: Dirty = NOTHING_DIRTY;
      for (const [atMs, ...hints] of list) dirty = noted(due(dirty, atMs).rest, hints, atMs);
      const now = (list.at(-1)?.[0] ?? 0) + waitMs;
      dirty = due(dirty, now).rest;
      const { next, nextAtMs } = ahead(dirty, now);
      expect(nextAtMs).toBeGreaterThan(now);
      if (next === undefined) return;
      expect(isUntouched(dirty, next)).toBe(true);
      expect(
        due(dirty, next.atMs - 0.01).ready.filter((place) => next.places.some((each) => keyOf(each) === keyOf(place))),
      ).toEqual([]);
      const { ready, rest } = due(dirty, next.atMs);
      expect(ready).toEqual(expect.arrayContaining([...next.places]));
      const others = ready.filter((place) => !next.places.some((each) => keyOf(each) === keyOf(place)));
      expect(without(without(dirty, next.places), others)).toEqual(rest);
      for (const { source, directory } of next.places)
        expect(isUntouched(noted(dirty, [{ source, directory, kind: "changed" }], now), next)).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test("nothing is ready while it is not quiet, unless it has been dirty for 10 s", () => {
  fc.assert(
    fc.property(happenings, (list) => {
      for (const place of settle(list)) {
        const touched = list.filter(
          ([atMs, ...hints]) => atMs <= place.atMs && hints.some((hint) => keyOf(hint) === keyOf(place)),
        );
        const lastMs = touched.at(-1)?.[0] ?? expect.fail("nobody touched it");
        expect(place.atMs - lastMs >= SETTLE.quietMs || place.atMs - place.sinceMs >= SETTLE.maxMs).toBe(true);
      }
    }),
  );
});

test("what is ready and what is left are together what was dirty, and nothing is both", () => {
  fc.assert(
    fc.property(happenings, fc.nat(12_000), (list, laterMs) => {
      const dirty = list.reduce((before, [atMs, ...hints]) => noted(before, hints, atMs), NOTHING_DIRTY);
      const { ready, rest } = due(dirty, (list.at(-1)?.[0] ?? 0) + laterMs);
      expect([...ready.map(keyOf), ...dirtyKeys(rest)].sort()).toEqual(dirtyKeys(dirty).sort());
    }),
  );
});

test("asked when it said, something is ready; a moment before, nothing is", () => {
  fc.assert(
    fc.property(happenings, (list) => {
      settle(list, (dirty, now) => {
        expect(due(dirty, now).ready).not.toEqual([]);
        expect(due(dirty, now - 0.001).ready).toEqual([]);
      });
    }),
  );
});

test("the order of hints that come at once does not matter", () => {
  fc.assert(
    fc.property(happenings, fc.array(anyHint), fc.nat(3000), (list, hints, laterMs) => {
      const before = list.reduce((dirty, [atMs, ...hints]) => noted(dirty, hints, atMs), NOTHING_DIRTY);
      const now = (list.at(-1)?.[0] ?? 0) + laterMs;
      const one = due(noted(before, hints, now), now + laterMs);
      const other = due(noted(before, hints.toReversed(), now), now + laterMs);
      const inAll = due(
        hints.reduce((dirty, hint) => noted(dirty, [hint], now), before),
        now + laterMs,
      );
      for (const each of [other, inAll]) {
        expect(each.nextAtMs).toBe(one.nextAtMs);
        expect(each.ready.map(keyOf).sort()).toEqual(one.ready.map(keyOf).sort());
      }
    }),
  );
});

test("what waits once more is ready again within 250 ms, or 10 s after its first hint if it is written meanwhile", () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const dirty = list.reduce((before, [atMs, ...hints]) => noted(before, hints, atMs), NOTHING_DIRTY);
      const now = (list.at(-1)?.[0] ?? 0) + SETTLE.maxMs;
      const { ready, rest } = due(dirty, now);
      for (const place of ready) {
        const again = due(waitOnce(rest, place, now), now + SETTLE.halfWrittenMs);
        expect(again.ready).toEqual([{ ...place, isFinal: true }]);
      }
    }),
  );
});
