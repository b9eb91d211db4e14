import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratch } from "../support/trees.ts";
import { createEngine } from "./programs/engine.ts";
import { liveGeneration, writeSource } from "./programs/generation.ts";
import type { Published } from "./programs/publisher.ts";
import { scratchInMemory, startProgram } from "./programs/start.ts";
import type { WriterRole, Written } from "./programs/writer.ts";

const PUBLISHER = new URL("./programs/publisher.ts", import.meta.url);
const INSIDER = new URL("./programs/insider.ts", import.meta.url);
const WRITER = new URL("./programs/writer.ts", import.meta.url);
const ROLES: readonly WriterRole[] = ["files", "hammer", "deleter", "inside"];
const GENERATIONS = 1000;

test("every foreign file is there with its last content after 1,000 publishes, and what was deleted is gone", {
  timeout: 180_000,
}, async () => {
  using directory = scratchInMemory();
  const root = directory.path;
  const pack = `${root}/volume/busy`;
  await using publisher = startProgram(PUBLISHER, root, "busy");
  await publisher.ask({ generations: 1 });

  await using writers = new AsyncDisposableStack();
  const writing = ROLES.map((role, index) => writers.use(startProgram(WRITER, role, pack, `${index + 1}`)));
  await Promise.all(writing.map((writer) => writer.ask("start")));
  await publisher.ask({ generations: GENERATIONS - 3 });
  const written = await Promise.all(writing.map((writer) => writer.ask<Written>("stop")));
  await publisher.ask({ generations: 1 });
  const { publishes } = await publisher.ask<Published>({ generations: 1, prune: true });

  expect(publishes).toBe(GENERATIONS);
  const lost = written.flatMap(({ present }) => missing(pack, present));
  const resurrected = written.flatMap(({ absent }) => absent.filter((path) => existsSync(`${pack}/${path}`)));
  expect({ violations: written.flatMap(({ violations }) => violations), lost, resurrected }).toEqual({
    violations: [],
    lost: [],
    resurrected: [],
  });
  expect(liveGeneration(pack)).toBe(GENERATIONS);
});

/** A pack whose generations are published one by one, while somebody's working directory is in the first one's tree. */
async function packWithInsider() {
  const directory = scratch();
  const root = directory.path;
  const pack = `${root}/volume/busy`;
  const engine = await createEngine(root);
  const publish = async (generation: number): Promise<void> => {
    writeSource(`${root}/packs/busy`, "busy", generation);
    await engine.sync();
  };
  await publish(1);
  const insider = startProgram(INSIDER, pack);
  await insider.ask({ path: "notes/first.txt", content: "first" });
  return {
    pack,
    engine,
    publish,
    insider,
    async [Symbol.asyncDispose]() {
      await insider.kill();
      directory[Symbol.dispose]();
    },
  };
}

test("what a program creates in its working directory after that was displaced is live with the next publish", async () => {
  await using stage = await packWithInsider();
  await stage.publish(2);
  await stage.insider.ask({ path: "notes/late.txt", content: "late" });
  await stage.insider.ask({ path: "new/directory/late.txt", content: "late, too" });
  await stage.publish(3);
  const written = { "notes/first.txt": "first", "notes/late.txt": "late", "new/directory/late.txt": "late, too" };
  expect(missing(stage.pack, written)).toEqual([]);
});

test("what it creates there still later is live when that tree goes", async () => {
  await using stage = await packWithInsider();
  for (const generation of [2, 3, 4]) await stage.publish(generation);
  await stage.insider.ask({ path: "notes/late.txt", content: "late" });
  await stage.publish(5);
  writeSource(`${stage.pack}/../../packs/busy`, "busy", 6);
  await stage.engine.sync({ keep: 0, minAgeSeconds: 0 });
  expect(missing(stage.pack, { "notes/first.txt": "first", "notes/late.txt": "late" })).toEqual([]);
  expect(liveGeneration(stage.pack)).toBe(6);
});

/** Files that are not there, or hold something else. */
function missing(pack: string, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([path, content]) => {
    const there = existsSync(`${pack}/${path}`) ? readFileSync(`${pack}/${path}`, "utf8") : undefined;
    return there === content ? [] : [`${path}: expected ${content.slice(0, 30)}…, got ${there?.slice(0, 30)}`];
  });
}
