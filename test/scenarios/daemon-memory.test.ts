import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { SOURCES } from "./programs/churned.ts";
import { statusOf } from "./support/ask-daemon.ts";
import { churnedPacks, churnedSources, startChurn, untilVolumeIs } from "./support/churn.ts";
import { type Daemon, daemon, PATIENCE } from "./support/daemon.ts";
import { isSoak, SOAK_MS } from "./support/is-soak.ts";
import { type Kept, keptFor } from "./support/kernel.ts";
import { type Story, story } from "./support/story.ts";

const SEED = Number(process.env["PACKSYNC_TEST_SEED"] ?? 20_261_121);
const MEGABYTE = 2 ** 20;

/**
 * What the heap happens to hold at one moment says little: the least of the last quarter of the run is compared with the
 * least of the one before. In the soak there is time for V8 to come to rest until then.
 */
const GROWTH = (isSoak ? 10 : 40) * MEGABYTE;
const ROUNDS = 8;

test("however much is changed, memory stays flat, and neither watches nor descriptors grow", {
  timeout: 240_000 + (isSoak ? SOAK_MS : 0),
}, async () => {
  using it = story({ packs: churnedPacks(), "packs.dev": {} });
  await using running = await daemon(it, { env: { PACKSYNC_WATCH_RESCAN: "1s" } });
  await using churn = startChurn(it, SEED);
  const rests: Kept[] = [];
  const endsAt = performance.now() + SOAK_MS;
  for (let round = 0; round < ROUNDS || (isSoak && performance.now() < endsAt); round++) {
    await churn.order({ kind: "churn", operations: 150, restMs: 4 });
    await churn.order({ kind: "mend" });
    await untilVolumeIs(it, churnedSources(it));
    rests.push(await atRest(it, running, rests[0]?.descriptors ?? Number.POSITIVE_INFINITY));
  }
  const quarter = Math.floor(rests.length / 4);
  const [before, last] = [rests.slice(-2 * quarter, -quarter), rests.slice(-quarter)].map(leastOf);
  const all = rests.map(({ memory }) => Math.round(memory / MEGABYTE)).join(" ");
  expect((last ?? Number.NaN) - (before ?? 0), `bytes more; megabytes at rest: ${all}`).toBeLessThan(GROWTH);
  await running.stop();
});

function leastOf(rests: readonly Kept[]): number {
  return Math.min(...rests.map(({ memory }) => memory));
}

/** What the canary's takes. */
const CANARYS = 2;

/** Each directory is watched, and nothing else but the canary's; there are no more descriptors than after the first round. */
async function atRest(it: Story, { pid }: Daemon, most: number): Promise<Kept> {
  const wanted = SOURCES.reduce((sum, source) => sum + 1 + directoriesIn(it.at(source)), CANARYS);
  await expect
    .poll(() => keptFor(pid), PATIENCE)
    .toMatchObject({
      watches: wanted,
      descriptors: expect.toSatisfy((descriptors: number) => descriptors <= most),
    });
  expect(await statusOf(it)).toMatchObject({ watches: wanted });
  return keptFor(pid);
}

function directoriesIn(source: string): number {
  return readdirSync(source, { withFileTypes: true, recursive: true }).filter((each) => each.isDirectory()).length;
}
