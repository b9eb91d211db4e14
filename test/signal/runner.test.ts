import { expect, test } from "vitest";
import { createRunner, type Result } from "../../src/signal/runner.ts";

const POLICY = {
  minIntervalMs: 0,
  atOnce: 4,
  failedAfter: 10,
  pace: { firstMs: 1000, mostMs: 60_000 },
  after: new Map(),
} as const;
const TOLD: Result = { ending: "told", why: undefined, evidence: [] };

test("who asks while a service is being told gets the end of the attempt that begins after that", async () => {
  const attempts: PromiseWithResolvers<Result>[] = [];
  await using runner = createRunner(new Map(), {
    tell: () => {
      const attempt = Promise.withResolvers<Result>();
      attempts.push(attempt);
      return attempt.promise;
    },
    onEnded() {},
    policy: () => POLICY,
    now: () => performance.now(),
    chance: () => 0,
  });
  runner.want(new Map([["api", new Map([["core", "1"]])]]));
  const asked = runner.tellNow("api", new Map([["asked", "1"]]));
  attempts[0]?.resolve({ ...TOLD, evidence: ["first"] });
  await expect.poll(() => attempts.length).toBe(2);
  attempts[1]?.resolve({ ...TOLD, evidence: ["second"] });
  expect(await asked).toMatchObject({ evidence: ["second"], told: new Map([["asked", "1"]]) });
});
