import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { expect, test } from "vitest";
import { boardOf } from "../../src/board.ts";
import type { Config } from "../../src/config/config.ts";
import { PacksyncError } from "../../src/errors.ts";
import { performOnce, status, syncOnce } from "../../src/once.ts";
import { brokenYaml, manifest, pack } from "../scenarios/support/packs.ts";
import { makeTree } from "../scenarios/support/tree.ts";
import { silent, testConfig } from "../support/sync.ts";

const NAMES = ["alpha", "beta", "gamma", "delta"] as const;
const anyName = fc.constantFrom(...NAMES);
const anySource = fc.constantFrom("packs", "packs.dev");

const anyStep = fc.oneof(
  fc.record({ does: fc.constant("write" as const), source: anySource, name: anyName, ref: anyName, says: fc.nat(3) }),
  fc.record({ does: fc.constant("break" as const), source: anySource, name: anyName }),
  fc.record({ does: fc.constant("remove" as const), source: anySource, name: anyName }),
  fc.record({ does: fc.constant("vanish" as const), source: anySource }),
  fc.record({ does: fc.constant("theirs" as const), name: fc.constantFrom(...NAMES, "theirs", "others") }),
  fc.record({ does: fc.constant("wipe" as const), name: anyName }),
  fc.record({ does: fc.constantFrom("rollback" as const, "pin" as const, "unpin" as const), name: anyName }),
  fc.record({ does: fc.constant("sync" as const), allowRemovals: fc.boolean() }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

test("whatever happened, the overview has the packs of `packsync status` in their states, and foreign ones beside them", async () => {
  const steps = fc.array(anyStep, { minLength: 3, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const root = mkdtempSync(`${existsSync("/dev/shm") ? "/dev/shm" : tmpdir()}/packsync-board-`);
      try {
        const config = testConfig(root);
        for (const { path } of config.sources) mkdirSync(path, { recursive: true });
        mkdirSync(config.volume);
        for (const step of all) await take(step, root, config);
        await take({ does: "sync", allowRemovals: false }, root, config);
        await expectEqual(config);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);

async function expectEqual(config: Config): Promise<void> {
  const { packs } = await boardOf({ config, faults: async () => [] }).overview();
  const known = (await status(config))?.packs ?? [];
  const ours = packs.filter(({ state }) => state !== "foreign");
  expect(ours.map(({ ref, source, state, release }) => [ref, source, state, release])).toEqual(
    known.map(({ ref, source = null, state, release = null }) => [ref, source, state, release]),
  );
  const names = readdirSync(config.volume).filter((name) => existsSync(`${config.volume}/${name}/pack.yaml`));
  const refs = new Set(known.filter(({ state }) => state !== "rejected" && state !== "shadowed").map(({ ref }) => ref));
  expect(packs.filter(({ state }) => state === "foreign").map(({ ref }) => ref)).toEqual(
    names.filter((name) => !refs.has(name)).sort(),
  );
}

async function take(step: Step, root: string, config: Config): Promise<void> {
  const abort = new AbortController().signal;
  const options = { config, log: silent, doing: "test", onProgress() {} };
  switch (step.does) {
    case "write":
      return makeTree(`${root}/${step.source}/${step.name}`, pack(step.ref, { "says.txt": `${step.says}` }));
    case "break":
      return makeTree(`${root}/${step.source}/${step.name}`, { "pack.yaml": brokenYaml });
    case "remove":
      return rmSync(`${root}/${step.source}/${step.name}`, { recursive: true, force: true });
    case "vanish":
      return vanishOrReturn(`${root}/${step.source}`, `${root}/gone-${step.source}`);
    case "theirs":
      return makeTree(`${config.volume}/${step.name}`, { "pack.yaml": manifest(step.name) });
    case "wipe":
      return rmSync(`${config.volume}/${step.name}`, { recursive: true, force: true });
    case "rollback":
      return await unlessRefused(performOnce("rollback", { pack: step.name, to: undefined }, options, abort));
    case "pin":
    case "unpin":
      return await unlessRefused(performOnce(step.does, { pack: step.name }, options, abort));
    case "sync":
      await syncOnce({ ...options, config: { ...config, allowRemovals: step.allowRemovals } }, abort);
      return;
    default:
      return step satisfies never;
  }
}

function vanishOrReturn(here: string, away: string): void {
  if (!existsSync(away) && existsSync(here)) renameSync(here, away);
  else if (existsSync(away) && !existsSync(here)) renameSync(away, here);
}

async function unlessRefused(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof PacksyncError)) throw error;
  });
}
