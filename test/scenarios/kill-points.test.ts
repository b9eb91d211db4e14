import { afterAll, beforeAll, describe, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import { inParallel } from "./support/in-parallel.ts";
import { operationsOn, SMALL } from "./support/operations.ts";
import { disturb, refer } from "./support/trial.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

describe("killed at any call that changes the volume, a run leaves every pack whole and the next one puts all right", () => {
  for (const operation of operationsOn(SMALL))
    testWith({ tools: ["strace"], timeout: 120_000 }, operation.title, async () => {
      const reference = await refer(operation, bundle);
      const { before, after, calls } = reference;
      expect(after).not.toEqual(before);
      const t = performance.now();
      const died = await inParallel(2, calls, async (call) => {
        const { exitCode, text } = await disturb(operation, call, "signal=KILL", reference, bundle);
        expect(exitCode, text).toBeUndefined();
        return text;
      });
      process.stderr.write(`${operation.title}: ${calls.length} calls, ${Math.round(performance.now() - t)} ms\n`);
      expect(died).toEqual(calls.map(({ text }) => text));
    });
});
