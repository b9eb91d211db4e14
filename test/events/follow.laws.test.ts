import fc from "fast-check";
import { expect, test } from "vitest";
import { type Followed, follow } from "../../src/events/follow.ts";
import { createRing, type Entry } from "../../src/events/ring.ts";
import { entry } from "./making.ts";

type Step =
  | { readonly kind: "happens"; readonly count: number }
  | { readonly kind: "kept" }
  | { readonly kind: "pruned"; readonly share: number }
  | { readonly kind: "reads"; readonly times: number }
  | { readonly kind: "cut" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("happens" as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant("kept" as const) }),
  fc.record({ kind: fc.constant("pruned" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("reads" as const), times: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("cut" as const) }),
);

/** A short memory before what is kept, and a reader who may be cut off after anything that he was given. */
function world(memory: number, page: number) {
  const happened: number[] = [];
  let kept: readonly Entry[] = [];
  let [gone, next, lost] = [0, 100, 0];
  const unkept: Entry[] = [];
  const ring = createRing(99, { events: memory, bytes: 1e9 }, ({ id }) => {
    const isUnkept = unkept[0]?.id === id;
    if (isUnkept) lost = unkept.shift()?.id ?? lost;
  });
  const read = async (after: number) => ({
    entries: kept.filter(({ id }) => id > after).slice(0, page),
    gone: Math.max(gone, lost),
  });
  return {
    happened,
    following: { ring, kept: read },
    happen() {
      const one = entry(next);
      next += 1 + (next % 3);
      happened.push(one.id);
      unkept.push(one);
      ring.push(one);
    },
    keep: () => {
      kept = [...kept, ...unkept.splice(0)];
    },
    prune(share: number) {
      const count = Math.floor(kept.length * share);
      gone = kept[count - 1]?.id ?? gone;
      kept = kept.slice(count);
    },
  };
}

test("however often the connection is cut, each event comes once and in order, and what is gone is announced", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 7 }),
      async (steps, memory, page) => {
        const it = world(memory, page);
        const had: number[] = [];
        const gaps: { after: number; gone: number }[] = [];
        let last = 99;
        let abort = new AbortController();
        let reader = follow(last, it.following, abort.signal);
        const take = (followed: Followed): void => {
          if (followed.kind === "gap") gaps.push(followed);
          else had.push(...followed.entries.map(({ id }) => id));
          last = had.at(-1) ?? last;
        };
        const cut = (): void => {
          abort = new AbortController();
          reader = follow(last, it.following, abort.signal);
        };
        for (const each of steps) {
          if (each.kind === "happens") for (let count = 0; count < each.count; count++) it.happen();
          else if (each.kind === "kept") it.keep();
          else if (each.kind === "pruned") it.prune(each.share);
          else if (each.kind === "cut") cut();
          else
            for (let times = 0; times < each.times && (it.happened.at(-1) ?? 0) > last; times++) {
              const { value } = await reader.next();
              if (value) take(value);
            }
        }
        it.happen(); // there is an end that everybody comes to
        while (last < (it.happened.at(-1) ?? 0)) {
          const { value } = await reader.next();
          if (value) take(value);
        }
        expect(had, "in order, none twice").toEqual([...new Set(had)].sort((a, b) => a - b));
        const missing = it.happened.filter((id) => !had.includes(id));
        const isAnnounced = (id: number) => gaps.some(({ after, gone }) => id > after && id <= gone);
        expect(
          missing.filter((id) => !isAnnounced(id)),
          "missing, and nobody said so",
        ).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

test("who waits is told at once, and when it ends he is told the rest", async () => {
  const it = world(10, 5);
  const abort = new AbortController();
  const had: Followed[] = [];
  const reading = (async () => {
    for await (const followed of follow(0, it.following, abort.signal)) had.push(followed);
  })();
  it.happen();
  it.happen();
  abort.abort();
  await reading;
  expect(had.flatMap((each) => (each.kind === "events" ? each.entries.map(({ id }) => id) : []))).toEqual(it.happened);
});
