import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import { inParallel } from "./support/in-parallel.ts";
import { operationsOn, SHAPES, SMALL } from "./support/operations.ts";
import { disturb, refer } from "./support/trial.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

describe.for(process.env["PACKSYNC_TEST_SOAK"] === "1" ? SHAPES : [SMALL])(
  "killed at any call that changes the volume, a run leaves every pack of $title whole, and the next run puts all right",
  (shape) => {
    for (const operation of operationsOn(shape))
      testWith({ tools: ["strace"], timeout: 600_000 }, operation.title, async () => {
        const reference = await refer(operation, bundle);
        const { before, after, calls } = reference;
        expect(after).not.toEqual(before);
        const died = await inParallel(2, calls, async (call) => {
          const { exitCode, text } = await disturb(operation, call, "signal=KILL", reference, bundle);
          expect(exitCode, text).toBeUndefined();
          return text;
        });
        expect(died).toEqual(calls.map(({ text }) => text));
      });
  },
);
