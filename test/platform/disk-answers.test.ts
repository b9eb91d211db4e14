import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createDiskAnswers, disksAnswer } from "../../src/platform/disk-answers.ts";
import { scratch } from "../support/trees.ts";

test("a disk that is there answers, also that there is no such directory", async () => {
  using directory = scratch();
  expect(await createDiskAnswers(directory.path)()).toBe(true);
  expect(await createDiskAnswers(`${directory.path}/nothing`)()).toBe(true);
});

test("one that hangs is asked once, said at once from then on, and asked again when it has answered", async () => {
  const asked: PromiseWithResolvers<void>[] = [];
  const ask = (): Promise<void> => {
    const answer = Promise.withResolvers<void>();
    asked.push(answer);
    return answer.promise;
  };
  const answers = createDiskAnswers("/", ask, 20);
  expect(await Promise.all([answers(), answers(), answers()])).toEqual([false, false, false]);
  expect(await answers()).toBe(false);
  expect(asked).toHaveLength(1);
  asked[0]?.reject(new Error("EIO"));
  await turn();
  const next = answers();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve();
  expect(await next).toBe(true);
});

test("a volume on another disk, which hangs, counts as well", async () => {
  using directory = scratch();
  const looked: string[] = [];
  const hangs = (path: string): Promise<never> => {
    looked.push(path);
    return new Promise(() => {});
  };
  expect(await disksAnswer(directory.path, "/volume", hangs)()).toBe(false);
  expect(looked).toEqual(["/volume"]);
  expect(await disksAnswer(directory.path, directory.path)()).toBe(true);
});
