import { expect, test } from "vitest";
import { dockerDriver } from "../../src/signal/docker.ts";
import { type Engine, SERVICE_LABEL } from "../../src/signal/engine.ts";
import { engineClock } from "../../src/signal/engine-clock.ts";
import { createListing } from "../../src/signal/listing.ts";

/** packsync's clock stands still here, and the engine's is so many milliseconds ahead: a real engine has no ties to order. */
const NOW = Date.parse("2026-01-01T12:00:00Z");
const never = new AbortController().signal;

/** Whether a container that started then is restarted for what was live at `liveAtMs`, by packsync's clock. */
async function isTold(about: {
  readonly startedAt: string;
  readonly aheadMs?: number;
  readonly known?: boolean;
  readonly liveAtMs?: number;
}) {
  const { startedAt, aheadMs = 0, known = false, liveAtMs = NOW } = about;
  let [restarts, asked] = [0, 0];
  const inspected = { id: "c", startedAt, status: "running", exitCode: 0, health: undefined, labels: {} };
  const engine: Engine = {
    containers: async () => [{ id: "c", name: "c", state: "running", labels: { [SERVICE_LABEL]: "api" } }],
    inspect: async () => inspected,
    restart: async () => void restarts++,
    kill: async () => {},
    lastLines: async () => [],
    now: async () => {
      asked++;
      return new Date(NOW + aheadMs).toISOString();
    },
    guardedProject: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
  const clock = engineClock(engine, () => NOW);
  if (known) await clock.at(0, never);
  const ready = async () => ({ kind: "ready", evidence: "" }) as const;
  const driver = dockerDriver({
    engine,
    listing: createListing(engine, "p", () => NOW),
    how: { by: "restart" },
    timeoutSeconds: 1,
    clock,
    ready,
  });
  await driver.tell({ service: "api", packs: [], liveAtMs }, never);
  return { told: restarts === 1, asked: asked - Number(known) };
}

test.for([
  { title: "before: it is told", startedAt: "2026-01-01T11:59:59.999Z", told: true },
  {
    title: "in the same millisecond, whatever its nanoseconds: a tie shows nothing",
    startedAt: "2026-01-01T12:00:00.000999999Z",
    told: true,
  },
  { title: "a millisecond later: it knows", startedAt: "2026-01-01T12:00:00.001Z", told: false },
  {
    title: "later by a clock that is an hour ahead, but before it by that clock",
    startedAt: "2026-01-01T12:59:59Z",
    aheadMs: 3_600_000,
    told: true,
  },
  {
    title: "earlier by a clock that is an hour behind, but since by that clock",
    startedAt: "2026-01-01T11:00:01Z",
    aheadMs: -3_600_000,
    told: false,
  },
  { title: "never", startedAt: "0001-01-01T00:00:00Z", told: true },
])("a container that started $title", async ({ told, ...about }) => {
  expect(await isTold(about)).toEqual({ told, asked: 1 });
  expect((await isTold({ ...about, known: true })).told).toBe(told);
});

test("whoever has run for long is told without asking for the time once more", async () => {
  const startedAt = "2026-01-01T11:59:58Z";
  expect(await isTold({ startedAt, known: true })).toEqual({ told: true, asked: 0 });
  expect(await isTold({ startedAt: "2026-01-01T11:59:59.500Z", known: true })).toEqual({ told: true, asked: 1 });
  expect(await isTold({ startedAt: "2026-01-01T12:30:00Z", aheadMs: 3_600_000, known: true })).toEqual({
    told: true,
    asked: 0,
  });
});

test("a list that was begun while a container was restarted makes nobody absent afterwards", async () => {
  const time = { now: NOW };
  let [restarts, state] = [0, "running"];
  const engine: Engine = {
    containers: async () => [{ id: "c", name: "c", state, labels: { [SERVICE_LABEL]: "api" } }],
    inspect: async () => ({
      id: "c",
      startedAt: "2026-01-01T11:00:00Z",
      status: "running",
      exitCode: 0,
      health: undefined,
      labels: {},
    }),
    async restart() {
      restarts++;
      state = "exited";
      time.now += 10;
      await listing.all(never); // something else went live, and somebody looks who there is
      time.now += 10;
      state = "running";
    },
    kill: async () => {},
    lastLines: async () => [],
    now: async () => new Date(time.now).toISOString(),
    guardedProject: async () => undefined,
    async [Symbol.asyncDispose]() {},
  };
  const listing = createListing(engine, "p", () => time.now);
  const clock = engineClock(engine, () => time.now);
  const ready = async () => ({ kind: "ready", evidence: "" }) as const;
  const driver = dockerDriver({ engine, listing, how: { by: "restart" }, timeoutSeconds: 1, clock, ready });
  await driver.tell({ service: "api", packs: [], liveAtMs: NOW - 1 }, never);
  time.now += 10;
  expect(await driver.tell({ service: "api", packs: [], liveAtMs: NOW + 5 }, never)).toMatchObject({ kind: "told" });
  expect(restarts).toBe(2);
});
