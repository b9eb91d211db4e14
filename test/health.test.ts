import { expect, test } from "vitest";
import { faultsOf, type HealthQuestion } from "../src/health.ts";
import type { RootStatus } from "../src/loop/status.ts";

type Answer = NonNullable<HealthQuestion["daemon"]>;

const root: RootStatus = {
  ...{ name: "packs", path: "/source/packs", watching: "events", held: undefined },
  ...{ events: 0, missedEvents: 0, rescanIntervalMs: 5000 },
  ...{ lastRescanAt: "2026-11-21T12:00:00.000Z", rescanLateMs: 60_000 },
};
const well: Answer = {
  lastCycle: { at: "2026-11-21T12:00:00.000Z", durationMs: 12 },
  trouble: undefined,
  stages: [{ name: "publish", ageMs: 60_000 }],
  roots: [root, { ...root, name: "packs.dev", watching: "vanished", held: "vanished" }],
  sources: [
    { name: "packs", path: "/source/packs", kind: "production" },
    { name: "packs.dev", path: "/source/packs.dev", kind: "development" },
  ],
};

test.for<{ title: string; daemon?: Partial<Answer>; require?: string[]; live?: string[]; faults: string[] }>([
  { title: "all is well, whatever becomes of development packs", faults: [] },
  {
    title: "not before the first sync is over",
    daemon: { lastCycle: undefined },
    faults: ["the first sync is not over"],
  },
  { title: "what keeps the volume from being used", daemon: { trouble: "No disk." }, faults: ["No disk."] },
  {
    title: "a stage that does not get on",
    daemon: { stages: [{ name: "publish", ageMs: 75_400 }] },
    faults: ["publish: nothing came of it for 75 s"],
  },
  {
    title: "a source that is not looked at any more, whatever is announced",
    daemon: { roots: [root, { ...root, name: "packs.dev", rescanLateMs: 61_000 }] },
    require: ["core"],
    live: ["core"],
    faults: [
      "rescan: the look at everything in the source packs.dev is 61 s overdue (the last one was over at 2026-11-21T12:00:00.000Z): restart the daemon, and look at its log for why",
    ],
  },
  {
    title: "a production source that is gone",
    daemon: { roots: [{ ...root, watching: "vanished", held: "vanished" }] },
    faults: ["the source packs is not there: /source/packs"],
  },
  {
    title: "a production source that is held",
    daemon: { roots: [{ ...root, held: "emptied" }] },
    faults: ["the source packs is held (emptied)"],
  },
  {
    title: "a production source that is held is no fault as long as what is required is live",
    daemon: { roots: [{ ...root, held: "emptied" }] },
    require: ["core"],
    live: ["core"],
    faults: [],
  },
  {
    title: "what is required and not live",
    require: ["core", "ops"],
    live: ["ops"],
    faults: ["required, but not live in the volume: core"],
  },
])("$title", ({ daemon, require = [], live = [], faults }) => {
  const isLive = (ref: string) => live.includes(ref);
  expect(faultsOf({ daemon: { ...well, ...daemon }, require, isLive })).toEqual(faults);
});

test("nobody who answers", () => {
  expect(faultsOf({ daemon: undefined, require: [], isLive: () => true })).toEqual(["no daemon answers"]);
});
