import { afterAll, beforeAll, expect } from "vitest";
import { testWith } from "../support/requires.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";
import type { Call } from "./support/calls.ts";
import { inParallel } from "./support/in-parallel.ts";
import { INSTALLATION, REGISTRATION } from "./support/install-operations.ts";
import { isSoak } from "./support/is-soak.ts";
import { disturb, refer } from "./support/trial.ts";

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

for (const operation of isSoak ? [INSTALLATION, REGISTRATION] : [INSTALLATION])
  testWith(
    { tools: ["strace"], timeout: 3_600_000 },
    `${operation.title}: killed at any call, and run again`,
    async () => {
      const reference = await refer(operation, bundle);
      const { before, after, calls } = reference;
      expect(after).not.toEqual(before);
      const points = isSoak ? calls : tellingOf(calls);
      const died = await inParallel(2, points, async (call) => {
        const { exitCode, text } = await disturb(operation, call, "signal=KILL", reference, bundle);
        expect(exitCode, text).toBeUndefined();
        return text;
      });
      expect(died).toEqual(points.map(({ text }) => text));
    },
  );

/** What belongs to the installation itself: what is kept of it, the names that packs get, and how it is settled. Publishing has kill points of its own. */
function tellingOf(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ text }) => /^(rename|syncfs)|^openat .*\/(before|live)$|^rmdir /.test(text));
}
