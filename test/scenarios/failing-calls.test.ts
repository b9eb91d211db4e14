import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import { stepsOf } from "./support/calls.ts";
import { inParallel } from "./support/in-parallel.ts";
import { isSoak } from "./support/is-soak.ts";
import { operationsOn, SMALL } from "./support/operations.ts";
import { disturb, refer } from "./support/trial.ts";

const HOURS = 3_600_000;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

describe.for(isSoak ? ["ENOSPC", "EIO", "EROFS", "EINTR"] : ["EIO"])(
  "whichever call fails with %s, the run ends with a sentence, every pack is whole, and the next run puts all right",
  (errno) => {
    for (const operation of operationsOn(SMALL))
      testWith({ tools: ["strace"], timeout: HOURS }, operation.title, async () => {
        const reference = await refer(operation, bundle);
        const calls = isSoak ? reference.calls : stepsOf(reference.calls);
        const failures = await inParallel(2, calls, async (call) => {
          try {
            const { exitCode, stdout, stderr } = await disturb(operation, call, `error=${errno}`, reference, bundle);
            expectSentence({ exitCode, stdout, stderr }, `${errno} at ${call.text} (${call.nth})`);
            return [];
          } catch (error) {
            return [error];
          }
        });
        expect(failures.flat()).toEqual([]);
      });
  },
);

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** An exit code of docs/cli.md, and what is wrong in words: a pack's finding, or on stderr. */
function expectSentence({ exitCode, stdout, stderr }: Ended, where: string): void {
  expect(stderr, where).not.toMatch(/\n\s+at /);
  expect([0, 1, 3], `${where}: ${stderr}`).toContain(exitCode);
  if (exitCode === 0) return;
  const words = stdout === "" ? stderr : JSON.stringify(JSON.parse(stdout).packs);
  expect(words, where).toMatch(stdout === "" ? /^packsync: .+/m : /"severity":"error"/);
}
