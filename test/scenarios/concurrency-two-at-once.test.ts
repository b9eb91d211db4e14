import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { scratch } from "../support/trees.ts";
import { writeSource } from "./programs/generation.ts";
import { type Ended, packsync, startProgram } from "./programs/start.ts";
import { disorderIn, wholeGeneration } from "./programs/volume.ts";

const HOLDER = new URL("./programs/lock-holder.ts", import.meta.url);
const REFS = ["one", "two", "three", "four", "five"];

function writeSources(root: string, generation: number): void {
  for (const ref of REFS) writeSource(`${root}/packs/${ref}`, ref, generation);
}

/** Starts so many at the same moment. */
async function syncTogether(root: string, count: number): Promise<readonly Ended[]> {
  await using stack = new AsyncDisposableStack();
  const runs = Array.from({ length: count }, () => stack.use(packsync(root, "--once", "--format", "json")));
  return await Promise.all(runs.map(({ ended }) => ended));
}

interface Outcome {
  readonly ref: string;
  readonly outcome: string;
  readonly release: string;
}

function outcomesOf({ stdout }: Ended): readonly Outcome[] {
  return JSON.parse(stdout).packs;
}

test.for([2, 10])(
  "%i runs at once: each pack is published by exactly one, and all are content",
  { timeout: 120_000 },
  async (count) => {
    using directory = scratch();
    const root = directory.path;
    for (let generation = 1; generation <= 2; generation++) {
      writeSources(root, generation);
      const ended = await syncTogether(root, count);

      expect(ended.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual(ended.map(() => 0));
      const outcomes = ended.flatMap(outcomesOf);
      expect(
        outcomes
          .filter(({ outcome }) => outcome === "published")
          .map(({ ref }) => ref)
          .sort(),
      ).toEqual([...REFS].sort());
      expect(outcomes.filter(({ outcome }) => outcome === "unchanged")).toHaveLength((count - 1) * REFS.length);
      expect(REFS.map((ref) => wholeGeneration(`${root}/volume/${ref}`, ref, {}))).toEqual(REFS.map(() => generation));
      for (const ref of REFS) {
        const releases = outcomes
          .filter((each) => each.ref === ref && each.outcome === "unchanged")
          .map(({ release }) => release);
        expect(new Set(releases).size, `releases of ${ref} that the others saw`).toBe(1);
        expect(releases[0]).toMatch(new RegExp(`^${generation}-[0-9a-f]{8}$`));
      }
      expect(disorderIn(`${root}/volume`, REFS)).toEqual([]);
    }
  },
);

/** A volume that was synced once, and whose lock another process holds now. */
async function heldVolume() {
  const directory = scratch();
  const root = directory.path;
  writeSources(root, 1);
  const [first] = await syncTogether(root, 1);
  expect(first?.exitCode).toBe(0);
  const holder = startProgram(HOLDER, `${root}/volume/.packsync/lock`);
  await holder.ask("hold");
  writeSources(root, 2);
  return {
    root,
    holder,
    async [Symbol.asyncDispose]() {
      await holder.kill();
      directory[Symbol.dispose]();
    },
  };
}

test("a run that does not get the lock says who holds it, and ends with 3", { timeout: 60_000 }, async () => {
  await using held = await heldVolume();
  await using run = packsync(held.root, "--once", "--lock-timeout", "1");
  const { exitCode, stderr } = await run.ended;
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`packsync 0.0.1 on ${hostname()} (process ${held.holder.pid}, holding on, since `);
  expect(stderr).toContain("waited 1 s");
  expect(stderr).toContain("--lock-timeout");
  expect(REFS.map((ref) => wholeGeneration(`${held.root}/volume/${ref}`, ref, {}))).toEqual(REFS.map(() => 1));
});

test("a run that keeps its state elsewhere waits for the same volume", { timeout: 60_000 }, async () => {
  await using held = await heldVolume();
  await using run = packsync(held.root, "--once", "--lock-timeout", "0", "--state-dir", `${held.root}/elsewhere`);
  expect(await run.ended).toMatchObject({ exitCode: 3 });
});

test("a holder that was killed blocks nobody, although the lock file still names it", { timeout: 60_000 }, async () => {
  await using held = await heldVolume();
  await held.holder.kill();
  expect(readFileSync(`${held.root}/volume/.packsync/lock`, "utf8")).toContain(`"pid":${held.holder.pid}`);
  await using run = packsync(held.root, "--once", "--lock-timeout", "0");
  const { exitCode, stderr } = await run.ended;
  expect(exitCode, stderr).toBe(0);
  expect(REFS.map((ref) => wholeGeneration(`${held.root}/volume/${ref}`, ref, {}))).toEqual(REFS.map(() => 2));
});

test("a run that waits goes on as soon as the holder is killed", { timeout: 60_000 }, async () => {
  await using held = await heldVolume();
  await using run = packsync(held.root, "--once", "--lock-timeout", "50");
  await run.said(`waiting for packsync 0.0.1 on ${hostname()}`);
  await held.holder.kill();
  const { exitCode, stderr } = await run.ended;
  expect(exitCode, stderr).toBe(0);
  expect(REFS.map((ref) => wholeGeneration(`${held.root}/volume/${ref}`, ref, {}))).toEqual(REFS.map(() => 2));
});
