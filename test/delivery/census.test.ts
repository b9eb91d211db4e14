import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createCensus } from "../../src/delivery/census.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A census whose looks end when the test says so. */
function stand() {
  const looks: PromiseWithResolvers<void>[] = [];
  const troubles: unknown[] = [];
  const stopping = new AbortController();
  const look = () => {
    const next = Promise.withResolvers<void>();
    looks.push(next);
    return next.promise;
  };
  const census = createCensus(look, (error) => troubles.push(error), stopping.signal);
  return { census, looks, troubles, stopping };
}

/** Whether it has come about by now. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false;
  void waiting.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return over;
}

test("a look that was expected is the one that is waited for, and the next one is new again", async () => {
  const { census, looks } = stand();
  const first = census.fresh();
  looks[0]?.resolve();
  await first;
  census.expect();
  await vi.advanceTimersByTimeAsync(0);
  expect(looks).toHaveLength(2);
  const second = census.fresh();
  looks[1]?.resolve();
  expect(await isOver(second)).toBe(true);
  expect(looks).toHaveLength(2);
  void census.fresh();
  await vi.advanceTimersByTimeAsync(0);
  expect(looks).toHaveLength(3);
});

test("the first look is waited for however long it takes, later ones for a second", async () => {
  const { census, looks } = stand();
  const first = census.fresh();
  await vi.advanceTimersByTimeAsync(9000);
  expect(await isOver(first)).toBe(false);
  looks[0]?.resolve();
  expect(await isOver(first)).toBe(true);
  const second = census.fresh();
  await vi.advanceTimersByTimeAsync(900);
  expect(await isOver(second)).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(await isOver(second)).toBe(true);
});

test("a look that began before is not enough", async () => {
  const { census, looks } = stand();
  const first = census.fresh();
  const second = census.fresh();
  looks[0]?.resolve();
  await first;
  expect(await isOver(second)).toBe(false);
  looks[1]?.resolve();
  expect(await isOver(second)).toBe(true);
  expect(looks).toHaveLength(2);
});

test("what fails is said once, waited for by nobody, and tried again until it is well", async () => {
  const { census, looks, troubles } = stand();
  const first = census.fresh();
  looks[0]?.reject(new Error("gone"));
  await first;
  await vi.advanceTimersByTimeAsync(1000);
  looks[1]?.reject(new Error("gone"));
  await vi.advanceTimersByTimeAsync(2000);
  expect([looks.length, troubles.length]).toEqual([3, 1]);
  looks[2]?.resolve();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks).toHaveLength(3);
});

test("nothing is tried again after the end", async () => {
  const { census, looks, stopping } = stand();
  const first = census.fresh();
  looks[0]?.reject(new Error("gone"));
  await first;
  stopping.abort();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(looks).toHaveLength(1);
});
