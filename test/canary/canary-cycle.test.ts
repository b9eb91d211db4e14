import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { createFlight } from "../../src/canary/flight.ts";
import { canaryPlace } from "../../src/canary/paths.ts";
import { hear, prepareSource, sing } from "../../src/canary/place.ts";
import { createCanaryCycle } from "../../src/canary-cycle.ts";
import { silent, testConfig } from "../support/sync.ts";
import { scratch } from "../support/trees.ts";

const NEVER = new AbortController().signal;
const MEGABYTE = 2 ** 20;

/** A canary's cycles without a daemon: written, published, read. */
async function flying(path: string) {
  const config = { ...testConfig(path), stateDir: path, health: { canarySeconds: 1, limitSeconds: 60 } };
  const database = new DatabaseSync(`${path}/state.db`);
  const place = canaryPlace(path);
  const cycle = createCanaryCycle(config, silent);
  await prepareSource(place, undefined);
  let number = 0;
  return {
    ...{ place, cycle, database },
    async fly(): Promise<readonly [wanted: string, found: string]> {
      const { song } = createFlight(number++, 0);
      await sing(place, song);
      await cycle.fly({ database, owner: undefined }, () => {}, NEVER);
      return [song, await hear(place)];
    },
  };
}

test("a thousand of them leave as much on the disk and in memory as a hundred", { timeout: 240_000 }, async () => {
  using directory = scratch();
  const it = await flying(directory.path);
  const kept: { readonly paths: number; readonly rss: number }[] = [];
  for (let round = 1; round <= 1000; round++) {
    const [wanted, found] = await it.fly();
    expect(found).toBe(wanted);
    if (round % 100 === 0)
      kept.push({
        paths: readdirSync(it.place.root, { recursive: true }).length,
        rss: process.memoryUsage().rss / MEGABYTE,
      });
  }
  expect(new Set(kept.map(({ paths }) => paths)).size, "paths").toBe(1);
  const [third = 0, last = 0] = [kept[2]?.rss, kept.at(-1)?.rss];
  expect(last - third, `megabytes: ${kept.map(({ rss }) => Math.round(rss)).join(" ")}`).toBeLessThan(40);
  it.cycle[Symbol.dispose]();
  expect(existsSync(it.place.root)).toBe(false);
});

test("whatever is removed or written there by others, the next one but one gets through", async () => {
  using directory = scratch();
  const it = await flying(directory.path);
  await it.fly();
  for (const spoil of [
    () => rmSync(it.place.target, { recursive: true }),
    () => rmSync(`${it.place.target}/.packsync`, { recursive: true }),
    () => writeFileSync(`${it.place.target}/canary/song.txt`, "another song\n"),
  ]) {
    spoil();
    await it.fly().catch(() => {});
    const [wanted, found] = await it.fly();
    expect(found).toBe(wanted);
  }
});

test("it does not get through while somebody else holds the database, and does afterwards", async () => {
  using directory = scratch();
  const it = await flying(directory.path);
  const holder = new DatabaseSync(`${directory.path}/state.db`);
  holder.exec("BEGIN EXCLUSIVE");
  await expect(it.fly()).rejects.toThrow(/Cannot use the database .*locked/);
  holder.exec("ROLLBACK");
  const [wanted, found] = await it.fly();
  expect(found).toBe(wanted);
});
