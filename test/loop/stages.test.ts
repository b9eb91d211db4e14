import { expect, test } from "vitest";
import { createStage } from "../../src/loop/stages.ts";

test("a stage is as old as the last that came of what is under way, and has no age while there is nothing", async () => {
  let now = 1000;
  const stage = createStage("publish", () => now);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ages: number[] = [];
  const look = (at: number) => {
    now = at;
    ages.push(stage.status().ageMs);
  };
  look(1500);
  let progressed = () => {};
  const running = stage.run((say) => {
    progressed = say;
    return first.promise;
  });
  const beside = stage.run(() => second.promise);
  look(3500);
  progressed();
  look(3600);
  first.resolve();
  await running;
  look(4000);
  second.reject(new Error("it failed"));
  await expect(beside).rejects.toThrow("it failed");
  look(9000);
  expect(ages).toEqual([0, 2000, 100, 400, 0]);
});

test("what somebody else sees of it counts, too; and all the time that it had something to do is summed up", async () => {
  let [now, seen] = [1000, 0];
  const stage = createStage(
    "publish",
    () => now,
    () => seen,
  );
  const work = Promise.withResolvers<void>();
  const running = stage.run(() => work.promise);
  [now, seen] = [90_000, 89_000];
  expect([stage.status().ageMs, stage.busyMs()]).toEqual([1000, 89_000]);
  now = 100_000;
  work.resolve();
  await running;
  now = 200_000;
  expect([stage.status().ageMs, stage.busyMs()]).toEqual([0, 99_000]);
});
