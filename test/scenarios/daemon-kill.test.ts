import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRandom } from "./programs/generation.ts";
import { disorderIn } from "./programs/volume.ts";
import {
  CHURNED_REFS,
  type Churn,
  churnedPacks,
  churnedSources,
  expectWholeReleases,
  startChurn,
  untilVolumeIs,
} from "./support/churn.ts";
import { type Daemon, daemon, startDaemon } from "./support/daemon.ts";
import { isSoak } from "./support/is-soak.ts";
import { type Story, story } from "./support/story.ts";

const SEED = Number(process.env["PACKSYNC_TEST_SEED"] ?? 20_261_121);
const KILLS = isSoak ? 200 : 30;
/** So many kills in a row, then one daemon may do its work. */
const IN_A_ROW = 5;
/** Starting takes half of it. */
const LIFE_MS = 1200;

test(`a daemon that is killed ${KILLS} times leaves whole packs, and the next one brings all into order (seed ${SEED})`, {
  timeout: KILLS * 6000 + 60_000,
}, async () => {
  using it = story({ packs: churnedPacks(), "packs.dev": {} });
  await using churn = startChurn(it, SEED);
  const random = seededRandom(SEED);
  for (let kills = 0; kills < KILLS; kills += IN_A_ROW) {
    const churning = churn.order({ kind: "churn", operations: 400, restMs: 12 });
    for (let kill = 0; kill < IN_A_ROW; kill++) {
      await using running = startDaemon(it);
      await untilItsTime(it, running, random);
      running.signal("SIGKILL");
      await running.ended;
      expectWholeReleases(it);
    }
    await churning;
    await expectOrder(it, churn);
  }
});

/** Whenever it is; or a moment after something stands in staging. */
async function untilItsTime(it: Story, running: Daemon, random: () => number): Promise<void> {
  const isPublishing = random() < 0.6;
  let isOver = false;
  void running.ended.then(() => {
    isOver = true;
  });
  const latest = performance.now() + 5 * LIFE_MS;
  while (isPublishing && !isOver && performance.now() < latest && stagedIn(it).length === 0) await sleep(1);
  await sleep(random() * (isPublishing ? 40 : LIFE_MS));
  expect(isOver, "it ended by itself").toBe(false);
}

function stagedIn(it: Story): readonly string[] {
  const staging = it.at("volume/.packsync/staging");
  return it.exists("volume/.packsync/staging") ? readdirSync(staging) : [];
}

async function expectOrder(it: Story, churn: Churn): Promise<void> {
  await using running = await daemon(it);
  await churn.order({ kind: "mend" });
  await untilVolumeIs(it, churnedSources(it));
  await running.stop();
  expect(new Set(Object.values(it.once().outcomes))).toEqual(new Set(["unchanged"])); // and catalogs are what they should be
  expect(disorderIn(it.at("volume"), CHURNED_REFS)).toEqual([]);
  expect(it.packsync(["verify"])).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing drifted") });
}
