import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import { inParallel } from "./support/in-parallel.ts";
import { isSoak } from "./support/is-soak.ts";
import { operationsOn, SHAPES, SMALL } from "./support/operations.ts";
import { disturb, refer } from "./support/trial.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

describe.for(isSoak ? SHAPES : [SMALL])(
  "$title: killed at any call that changes the volume, a run leaves every pack whole, and the next one puts all right",
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
