import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { createEngine } from "./programs/engine.ts";
import { filesOf, liveGeneration, writeSource } from "./programs/generation.ts";
import type { Published } from "./programs/publisher.ts";
import { scratch, scratchInMemory, startProgram } from "./programs/start.ts";
import type { WriterRole, Written } from "./programs/writer.ts";

const PUBLISHER = new URL("./programs/publisher.ts", import.meta.url);
const WRITER = new URL("./programs/writer.ts", import.meta.url);
const ROLES: readonly WriterRole[] = ["files", "hammer", "deleter", "inside"];
const GENERATIONS = 1000;

test("every foreign file is there with its last content after 1,000 publishes, and what was deleted is gone", { timeout: 180_000 }, async () => {
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
  process.stderr.write(`${JSON.stringify(written.map(({operations, present, absent, violations}) => ({operations, n: Object.keys(present).length, m: absent.length, violations})))}\n`);
  const lost = written.flatMap(({ present }) => missing(pack, present));
  const resurrected = written.flatMap(({ absent }) => absent.filter((path) => existsSync(`${pack}/${path}`)));
  expect({ violations: written.flatMap(({ violations }) => violations), lost, resurrected }).toEqual({ violations: [], lost: [], resurrected: [] });
  expect(liveGeneration(pack)).toBe(GENERATIONS);
});

/** Files that are not there, or hold something else. */
function missing(pack: string, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([path, content]) => {
    const there = existsSync(`${pack}/${path}`) ? readFileSync(`${pack}/${path}`, "utf8") : undefined;
    return there === content ? [] : [`${path}: expected ${content.slice(0, 30)}…, got ${there?.slice(0, 30)}`];
  });
}
