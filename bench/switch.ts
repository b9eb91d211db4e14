import type { Bench } from "./cases.ts";
import { cp, fill, type Participant, packsync, packsyncDaemon, volumeOf } from "./contenders.ts";
import { answerOf, programOf, startDaemon } from "./daemon.ts";
import { timeAlternately } from "./measure.ts";
import { type Measurement, SUBJECT } from "./targets.ts";
import { expectSameTree } from "./verify.ts";

/** Every file of every pack is another one, as after a branch switch: from the last write until all are in the volume; and a copy of the same files. */
export async function branchSwitch(bench: Bench): Promise<Measurement["samples"]> {
  const volume = volumeOf(bench, SUBJECT);
  let generation = 0;
  const switching: Participant = {
    name: SUBJECT,
    command: packsyncDaemon(bench),
    measure: async () => {
      generation += 1;
      return Number(await answerOf(programOf(bench, "checkout", [bench.source, volume, String(generation)]), bench));
    },
    after: async () => expectSameTree(bench.source, volume),
  };
  const copying = { ...cp(bench), after: async () => expectSameTree(bench.source, volumeOf(bench, "cp -rf")) };
  await fill(bench, packsync(bench));
  await fill(bench, cp(bench));
  await using _daemon = await startDaemon(bench);
  return await timeAlternately([switching, copying], bench);
}
