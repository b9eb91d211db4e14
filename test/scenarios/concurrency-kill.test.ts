import { cpSync, readdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scratch } from "../support/trees.ts";
import { seededRandom, write, writeSource } from "./programs/generation.ts";
import { type Run, startCommand } from "./programs/start.ts";
import { disorderIn, wholeGeneration } from "./programs/volume.ts";
import { type Bundle, buildBundle } from "./support/bundle.ts";

const SEED = Number(process.env["PACKSYNC_TEST_SEED"] ?? 20_261_121);
const RUNS = 180;
const FIRST_RUNS = 20;
/** The last one comes and goes. */
const REFS = ["alpha", "beta", "gamma", "sometimes"];

let bundle: Bundle;
beforeAll(async () => {
  bundle = await buildBundle();
});
afterAll(() => bundle[Symbol.dispose]());

function sync(root: string): Run {
  return startCommand(root, bundle.command("--once"));
}

type Foreign = Readonly<Record<string, string>>;
const FOREIGN: Readonly<Record<string, Foreign>> = {
  alpha: {},
  beta: { ".venv/lib/module.py": "theirs\n", "bin/tool": "\x7fELF theirs" },
  gamma: { "lib/left-by-cp.txt": "theirs\n" },
  sometimes: { "var/state.json": "{}\n" },
};

function hasSometimes(generation: number): boolean {
  return generation % 4 >= 2;
}

function writeSources(root: string, generation: number): void {
  for (const ref of REFS) {
    if (ref !== "sometimes" || hasSometimes(generation)) writeSource(`${root}/packs/${ref}`, ref, generation);
    else rmSync(`${root}/packs/${ref}`, { recursive: true, force: true });
  }
}

/** Which generation of each pack is live, each of them whole, with everything that others have there. */
function liveGenerations(root: string): readonly number[] {
  return REFS.map((ref) => wholeGeneration(`${root}/volume/${ref}`, ref, FOREIGN[ref] ?? {}));
}

/** When a run is killed: so many milliseconds after its start, or after something stands in a directory of `.packsync`. */
interface Kill {
  readonly after: "start" | "staging" | "releases";
  readonly milliseconds: number;
}

async function runAndKill(root: string, { after, milliseconds }: Kill): Promise<void> {
  await using run = sync(root);
  const directory = `${root}/volume/.packsync/${after}`;
  while (after !== "start" && run.child.exitCode === null && namesIn(directory).length === 0) await sleep(0);
  await Promise.race([sleep(milliseconds), run.ended]);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

async function runToItsEnd(root: string): Promise<number> {
  const started = performance.now();
  await using run = sync(root);
  const { exitCode, stderr } = await run.ended;
  expect(exitCode, stderr).toBe(0);
  return performance.now() - started;
}

test(`whenever a run is killed, each pack is the old one or the new one, and the next run puts all right (seed ${SEED})`, {
  timeout: 240_000,
}, async () => {
  using directory = scratch();
  const root = directory.path;
  const random = seededRandom(SEED);
  leaveByCopying(root);
  let before: readonly number[] = REFS.map((ref) => (ref === "sometimes" ? 0 : 1));
  let durationMs = 200;
  const disorder: string[] = [];

  for (let run = 0; run < RUNS; run++) {
    const generation = run + 2;
    writeSources(root, generation);
    const wanted = REFS.map((ref) => (ref === "sometimes" && !hasSometimes(generation) ? 0 : generation));
    const after = random() < 0.3 ? "start" : "staging";
    const kill: Kill = { after, milliseconds: random() * (after === "start" ? durationMs : durationMs / 6) };
    const about = `run ${run}, killed ${kill.milliseconds} ms after ${after}`;

    await runAndKill(root, kill);
    const found = liveGenerations(root);
    const neither = found.filter((each, index) => each !== before[index] && each !== wanted[index]);
    expect(neither, about).toEqual([]);
    before = found;
    if (random() < 0.3) continue; // the next run meets what two left

    durationMs = await runToItsEnd(root);
    expect(liveGenerations(root), about).toEqual(wanted);
    const live = REFS.filter((_, index) => wanted[index] !== 0);
    if (disorder.length === 0) disorder.push(...disorderIn(`${root}/volume`, live).map((what) => `${about}: ${what}`));
    before = wanted;
  }
  expect(disorder).toEqual([]);
});

test(`when the first run on a volume that others filled is killed, the next one still knows what is theirs (seed ${SEED})`, {
  timeout: 240_000,
}, async () => {
  const random = seededRandom(SEED);
  for (let run = 0; run < FIRST_RUNS; run++) {
    using directory = scratch();
    const root = directory.path;
    leaveByCopying(root);
    writeSources(root, 2);
    const kill: Kill = { after: run % 2 === 0 ? "staging" : "releases", milliseconds: random() * 30 };
    await runAndKill(root, kill);
    await runToItsEnd(root);
    expect(liveGenerations(root), `run ${run}, killed ${kill.milliseconds} ms after ${kill.after}`).toEqual(
      REFS.map(() => 2),
    );
  }
});

/** The volume as the old way of `cp -rf` left it, and as others use it. */
function leaveByCopying(root: string): void {
  writeSources(root, 1);
  cpSync(`${root}/packs`, `${root}/volume`, { recursive: true });
  for (const [ref, files] of Object.entries(FOREIGN)) {
    for (const [path, content] of Object.entries(files)) write(`${root}/volume/${ref}/${path}`, content);
  }
}
