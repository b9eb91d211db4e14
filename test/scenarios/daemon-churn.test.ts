import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testWith } from "../support/requires.ts";
import type { ReleasesSeen } from "./programs/release-reader.ts";
import {
  type Churn,
  churnedPacks,
  churnedSources,
  churnedVolume,
  startChurn,
  startReader,
  untilVolumeIs,
} from "./support/churn.ts";
import { type Daemon, daemon, PATIENCE } from "./support/daemon.ts";
import { isSoak, SOAK_MS } from "./support/is-soak.ts";
import { stutter, whileStopped, withQueueOf } from "./support/kernel.ts";
import { type Story, story } from "./support/story.ts";

const SEED = Number(process.env["PACKSYNC_TEST_SEED"] ?? 20_261_121);
const ROUNDS = 1;

interface Trouble {
  readonly title: string;
  readonly root?: true;
  readonly start: (it: Story) => Promise<Daemon>;
  /** What happens to the daemon while packs are changed. */
  readonly during: (running: Daemon, it: Story) => AsyncDisposable;
  /** What its log says of it. */
  readonly says: RegExp;
}

const LOUD = { PACKSYNC_LOG_LEVEL: "info" };
const OVERFLOW = /events at once: the kernel may have dropped some/;

const TROUBLES: readonly Trouble[] = [
  {
    title: "the kernel's queue takes only 64 events, and nobody empties it for moments",
    root: true,
    start: (it) => withQueueOf(64, () => daemon(it, { env: LOUD })),
    during: (running) => stutter(running.pid, { stopMs: 150, runMs: 150 }),
    says: OVERFLOW,
  },
  {
    title: "its event loop stands still while more happens than the kernel's queue takes",
    start: (it) => daemon(it, { env: LOUD }),
    during: floodWhileStopped,
    says: OVERFLOW,
  },
  {
    title: "hints are dropped, come twice, and come late",
    start: (it) => daemon(it, { env: { PACKSYNC_TEST_WATCH: `drop=0.3,duplicate=0.2,delay=50,seed=${SEED}` } }),
    during: () => ({ [Symbol.asyncDispose]: () => Promise.resolve() }),
    says: /^/,
  },
];

describe(`several processes change a dozen packs (seed ${SEED}): nothing is lost and no reader sees a torn pack when`, () => {
  for (const trouble of TROUBLES) {
    const needs = { ...(trouble.root && { root: trouble.root }), timeout: 180_000 + (isSoak ? SOAK_MS : 0) };
    testWith(needs, trouble.title, () => churnUnder(trouble));
  }
});

test("what is expected of churned packs is what one sync makes of them, also of a script that its source forgot to make executable", () => {
  using it = story({ packs: churnedPacks() });
  chmodSync(it.at("packs/churn_2a/actions/echo.sh"), 0o644);
  chmodSync(it.at("packs/churn_2a/README.md"), 0o755);
  it.once();
  expect(churnedVolume(it)).toEqual(churnedSources(it));
  expect(churnedVolume(it)["churn_2a"]).toMatchObject({
    "actions/echo.sh": expect.stringMatching(/^755 /),
    "README.md": expect.stringMatching(/^755 /),
  });
});

async function churnUnder({ start, during, says }: Trouble): Promise<void> {
  using it = story({ packs: { ...churnedPacks(), flood: {} }, "packs.dev": {} });
  await using running = await start(it);
  await using churn = startChurn(it, SEED);
  await using reader = startReader(it);
  await reader.ask("start");
  const endsAt = performance.now() + SOAK_MS;
  for (let round = 0; isSoak ? performance.now() < endsAt : round < ROUNDS; round++) {
    await churnOnce(churn, during(running, it));
    await untilVolumeIs(it, churnedSources(it));
  }
  await expectLastGoodOnes(it, churn, running);
  const { reads, violations } = await reader.ask<ReleasesSeen>("stop");
  expect(violations).toEqual([]);
  expect(reads).toBeGreaterThan(100);
  await running.stop();
  expect((await running.ended).stderr).toMatch(says);
}

async function churnOnce(churn: Churn, trouble: AsyncDisposable): Promise<void> {
  await using _ = trouble;
  await churn.order({ kind: "churn", operations: 250, restMs: 10 });
  await churn.order({ kind: "mend" });
}

/** Each pack is saved once more, one after the other: some are refused now, and stay as they were in the volume. */
async function expectLastGoodOnes(it: Story, churn: Churn, running: Daemon): Promise<void> {
  const before = churnedVolume(it);
  const { broken } = await churn.order({ kind: "end", restMs: 300 });
  expect(broken).toHaveLength(3);
  const stay = Object.fromEntries(broken.map((ref) => [ref, before[ref] ?? {}]));
  await untilVolumeIs(it, { ...churnedSources(it), ...stay });
  const refused = () => new Set(running.said("pack rejected").map(({ ref }) => ref));
  await expect.poll(refused, PATIENCE).toEqual(expect.toSatisfy((refs) => broken.every((ref) => refs.has(ref))));
  expect(churnedVolume(it)).toMatchObject(stay);
}

/** Each of these files is two events; a queue holds 16,384 where nobody changed it. */
const FLOOD = 'n=$(cat /proc/sys/fs/inotify/max_queued_events); seq "$n" | xargs touch';

/** The directory is watched, though it is no pack. What is changed after the flood, and before the daemon runs again, is never announced. */
function floodWhileStopped({ pid }: Daemon, it: Story): AsyncDisposable {
  const flooding = whileStopped(pid, async () => {
    await once(spawn("sh", ["-c", FLOOD], { cwd: it.at("packs/flood"), stdio: "ignore" }), "exit");
    for (const name of readdirSync(it.at("packs/flood"))) rmSync(it.at(`packs/flood/${name}`));
  });
  return { [Symbol.asyncDispose]: () => flooding };
}
