import { expect, test } from "vitest";
import { scratch } from "../support/trees.ts";
import { FOREIGN, liveGeneration, write } from "./programs/generation.ts";
import type { Published } from "./programs/publisher.ts";
import type { ReaderMode, Seen } from "./programs/reader.ts";
import { scratchInMemory, startProgram } from "./programs/start.ts";

const PUBLISHER = new URL("./programs/publisher.ts", import.meta.url);
const READER = new URL("./programs/reader.ts", import.meta.url);
const REFS = ["torn_a", "torn_b", "torn_c"];
const MODES: readonly ReaderMode[] = ["chdir", "handle", "path"];

/** Publishes generations of three packs while one process of each kind reads them. */
async function publishUnderReaders(root: string, generations: number) {
  await using publisher = startProgram(PUBLISHER, root, ...REFS);
  await publisher.ask({ generations: 1 });
  for (const ref of REFS) write(`${root}/volume/${ref}/${FOREIGN}`, "home = /usr/bin\n");

  await using readers = new AsyncDisposableStack();
  const reading = MODES.map((mode) => readers.use(startProgram(READER, mode, `${root}/volume`, ...REFS)));
  await Promise.all(reading.map((reader) => reader.ask("start")));
  const published = await publisher.ask<Published>({ generations: generations - 1 });
  const seen = await Promise.all(reading.map((reader) => reader.ask<Seen>("stop")));
  return { published, seen: MODES.map((mode, index) => ({ mode, ...seen[index] })) };
}

const cases = [
  { title: "nobody sees a torn pack during 3,000 publishes", where: scratchInMemory, generations: 1000 },
  { title: "nobody sees a torn pack on a disk either", where: scratch, generations: 60 },
];

test.for(cases)("$title", { timeout: 180_000 }, async ({ where, generations }) => {
  using directory = where();
  const root = directory.path;

  const { published, seen } = await publishUnderReaders(root, generations);

  expect(seen.filter(({ violations }) => violations?.length !== 0)).toEqual([]);
  expect(published).toEqual({ generation: generations, publishes: generations * REFS.length });
  expect(REFS.map((ref) => liveGeneration(`${root}/volume/${ref}`))).toEqual(REFS.map(() => generations));
  for (const { reads = 0, generations: met = 0 } of seen) {
    expect(reads).toBeGreaterThan(10 * generations);
    expect(met).toBeGreaterThan(generations / 10);
  }
});
