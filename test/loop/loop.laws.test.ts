import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PacksyncError } from "../../src/errors.ts";
import type { CycleRequest } from "../../src/requests.ts";
import { type Asked, cycleNews, hasHappened, looping } from "../support/looping.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const PACKS = ["a", "b", "c", "d", "e"];

/** What happens to the loop, each so many milliseconds after the one before. */
const anyHappening = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 4000 })),
  what: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        hint: fc.constantFrom(...PACKS),
        kind: fc.constantFrom("changed", "removed", "vanished"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ hintOfSource: fc.constant(true) }) },
    { weight: 1, arbitrary: fc.record({ doubt: fc.constant(true) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        request: fc.constant(true),
        takenBackAfterMs: fc.option(fc.nat(500), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ breaks: fc.boolean() }) },
  ),
});

const anyRun = fc.record({
  happenings: fc.array(anyHappening, { maxLength: 40 }),
  /** How long the volume takes for each thing that it is asked, in turn. */
  takesMs: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 5 }),
  halfWritten: fc.subarray(PACKS),
});

function looksAt({ kind, request, atMs }: Asked, pack: string, sinceMs: number): boolean {
  if (kind !== "cycle" || atMs < sinceMs) return false;
  const about: CycleRequest = request;
  if (!hasHappened(about)) return false;
  if (about.look === "everything") return true;
  if (about.look === "slice") return !about.unsettled.includes(`packs/${pack}`);
  return about.sources.includes("packs") || about.places.includes(`packs/${pack}`);
}

test("whatever happens: every hint is followed by a look, every request is answered, one thing at a time, and it ends", async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ happenings, takesMs, halfWritten }) => {
      let [isBroken, count] = [false, 0];
      const it = looping(
        ({ kind, request }) => {
          const afterMs = takesMs[count++ % takesMs.length] ?? 0;
          if (isBroken && count > 1) throw new PacksyncError("VOLUME_UNUSABLE", "broken");
          if (kind !== "cycle" || request.look !== "places") return { afterMs };
          const waiting = request.patient.filter((key) => halfWritten.some((pack) => key === `packs/${pack}`));
          return { afterMs, answer: cycleNews({ waiting }) };
        },
        { rescanMs: 1_000_000 },
      );
      const hints: { pack: string; atMs: number }[] = [];
      const requests: Promise<unknown>[] = [];
      for (const { afterMs, what } of happenings) {
        await it.wait(afterMs);
        if ("hint" in what) {
          it.loop.hint([{ source: "packs", directory: what.hint, kind: what.kind as "changed" }]);
          hints.push({ pack: what.hint, atMs: Date.now() });
        } else if ("hintOfSource" in what) {
          it.loop.hint([{ source: "packs", directory: undefined, kind: "changed" }]);
          hints.push(...PACKS.map((pack) => ({ pack, atMs: Date.now() })));
        } else if ("doubt" in what) it.loop.doubt("packs");
        else if ("request" in what) {
          const gone = new AbortController();
          const { takenBackAfterMs } = what;
          if (takenBackAfterMs !== undefined) setTimeout(() => gone.abort(new Error("gone")), takenBackAfterMs);
          requests.push(
            it.loop.request("sync", { only: [], allowRemovals: false }, () => {}, gone.signal).catch(() => {}),
          );
        } else if (it.asked.length > 1) isBroken = what.breaks;
      }
      isBroken = false;
      await it.wait(90_000); // the longest rest after trouble, what never comes to rest, and what is half-written
      const unseen = hints.filter(({ pack, atMs }) => !it.asked.some((asked) => looksAt(asked, pack, atMs)));
      expect(unseen).toEqual([]);
      expect(it.loop.status()).toMatchObject({ lagMs: 0, trouble: undefined });
      await Promise.all(requests);
      expect(it.mostAtOnce()).toBeLessThanOrEqual(1);
      it.stop();
      await it.wait(1000);
      await it.ended;
    }),
    { numRuns: 300 },
  );
});
