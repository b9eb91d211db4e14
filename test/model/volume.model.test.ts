import fc from "fast-check";
import { test } from "vitest";
import { machine } from "./machine.ts";
import { emptyModel } from "./model.ts";
import { anyCommand, beginning, syncsAll } from "./operations.ts";

const sequences = Number(process.env["PACKSYNC_TEST_SEQUENCES"] ?? 1000);
const seed = Number(process.env["PACKSYNC_TEST_SEED"] ?? 20_260_101);
/** Many times what a sequence takes, for those who share their machine. */
const SEQUENCE_MS = 1000;

test(`whatever happens, a sync makes the volume what it has to be (seed ${seed})`, {
  timeout: 60_000 + sequences * SEQUENCE_MS,
}, async () => {
  const anySequence = fc.commands([...anyCommand], { maxCommands: 50, size: "max" });
  const property = fc.asyncProperty(anySequence, async (commands) => {
    using real = machine();
    real.setClock(1);
    const model = emptyModel();
    for (const begin of beginning) await begin.run(model, real);
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await syncsAll.run(model, real);
  });
  await fc.assert(property, { numRuns: sequences, seed });
});
