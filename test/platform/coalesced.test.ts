import fc from "fast-check";
import { expect, test } from "vitest";
import { coalesced } from "../../src/platform/coalesced.ts";

test("many who ask at once are answered by one piece of work, those who ask meanwhile by the next", async () => {
  let count = 0;
  const ask = coalesced(async () => ++count);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 2, 2]);
  expect(await ask()).toBe(3);
});

test("a failure is theirs who asked for it", async () => {
  let count = 0;
  const ask = coalesced(async () => {
    if (++count === 1) throw new Error("once");
    return count;
  });
  const asked = [ask(), ask()] as const;
  await expect(asked[0]).rejects.toThrow("once");
  expect(await asked[1]).toBe(2);
  expect(await ask()).toBe(3);
});

test("no answer is older than its question, and no two pieces of work run at once", async () => {
  const steps = fc.array(fc.constantFrom("ask", "change", "turn"), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      let state = 0;
      let atOnce = 0;
      const ask = coalesced(async () => {
        expect(++atOnce).toBe(1);
        const seen = state;
        await turn();
        atOnce--;
        return seen;
      });
      const answers: Promise<void>[] = [];
      for (const step of all) {
        if (step === "change") state++;
        else if (step === "turn") await turn();
        else {
          const before = state;
          answers.push(ask().then((seen) => expect(seen).toBeGreaterThanOrEqual(before)));
        }
      }
      await Promise.all(answers);
    }),
  );
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
