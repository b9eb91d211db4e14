import { expect, test } from "vitest";
import { type CanaryStatus, NO_CANARY } from "../src/canary/status.ts";
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
  canary: { ...NO_CANARY, state: "well" },
  healthLimitMs: 60_000,
};
const lost: CanaryStatus = { ...NO_CANARY, state: "stalled", ageMs: 61_000, legMs: 52_000 };

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
    faults: ["publish: nothing came of it for 75 s: look whether the disks of the sources and the volume answer"],
  },
  {
    title: "a stage that does not get on within what is configured",
    daemon: { stages: [{ name: "settle", ageMs: 5400 }], roots: [], healthLimitMs: 5000 },
    faults: ["settle: what was saved waits to be looked at for 5 s: `packsync status` says what is done meanwhile"],
  },
  {
    title: "a canary that the watcher does not see",
    daemon: { canary: { ...lost, leg: "watch" } },
    faults: [
      "watch: the canary was not seen by the watcher for 52 s: the kernel announces no changes any more, which rescans alone find now; restart the daemon",
    ],
  },
  {
    title: "a canary that cannot be written, and why",
    daemon: { canary: { ...lost, leg: "write", why: "ENOSPC: no space left on device." } },
    faults: [
      "write: the canary could not be written for 52 s (ENOSPC: no space left on device): look whether the disk of the state directory is full, read-only or hangs",
    ],
  },
  {
    title: "a source that is not looked at any more, whatever is announced",
    daemon: { roots: [root, { ...root, name: "packs.dev", rescanLateMs: 61_000 }] },
    require: ["core"],
    live: ["core"],
    faults: [
      "rescan: the look at everything in the source packs.dev is 61 s overdue (the last one was over at 2026-11-21T12:00:00.000Z): restart the daemon if that does not end",
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
