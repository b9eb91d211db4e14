import { expect, test } from "vitest";
import {
  createFlight,
  type Flight,
  hasArrived,
  pass,
  standstillOf,
  stuckAt,
  written,
} from "../../src/canary/flight.ts";
import { LEGS } from "../../src/canary/status.ts";

function flown(...legs: ("settle" | "scan" | "publish" | "read" | undefined)[]): Flight {
  const flight = createFlight(7, 1000);
  for (const [index, leg] of legs.entries()) pass(flight, leg, 1010 + 10 * index);
  return flight;
}

test("it has arrived once readers and the disk have it, whichever comes first", () => {
  const flight = flown("settle", "scan", "publish", "read", undefined);
  expect([hasArrived(flight), standstillOf(flight, undefined)]).toMatchObject([false, { leg: "write", sinceMs: 1000 }]);
  written(flight, 1070);
  expect(hasArrived(flight)).toBe(true);
  expect(flight.legs).toEqual({ write: 70, watch: 10, settle: 10, scan: 10, publish: 10, read: 10 });
  expect(Object.keys(flight.legs).sort()).toEqual([...LEGS].sort());
});

test.for([
  { title: "it is not written yet", flight: flown(), leg: "write", sinceMs: 1000 },
  { title: "it is seen before it is on the disk", flight: flown("settle"), leg: "settle", sinceMs: 1010 },
  {
    title: "it is published before it is on the disk",
    flight: flown("settle", "scan", "publish"),
    leg: "publish",
    sinceMs: 1030,
  },
])("stands still where $title", ({ flight, leg, sinceMs }) => {
  expect(standstillOf(flight, undefined)).toEqual({ leg, sinceMs, why: undefined });
});

test("one that is sent anew stands where the one before it did, since then, until it gets further", () => {
  const first = flown("settle", "scan");
  first.why = "locked";
  const stuck = stuckAt(first, undefined);
  expect(stuck).toEqual({ leg: "scan", sinceMs: 1020, why: "locked" });

  const second = createFlight(7, 2000);
  expect(standstillOf(second, stuck)).toEqual(stuck);
  pass(second, "settle", 2010);
  pass(second, "scan", 2020);
  second.why = "still locked";
  expect(standstillOf(second, stuck)).toEqual({ leg: "scan", sinceMs: 1020, why: "still locked" });
  expect(stuckAt(second, stuck)).toEqual({ leg: "scan", sinceMs: 1020, why: "still locked" });

  pass(second, "publish", 2030);
  expect(standstillOf(second, stuck)).toEqual({ leg: "publish", sinceMs: 2030, why: undefined });
});

test("one that does not even get as far as the one before it stands there", () => {
  const stuck = stuckAt(flown("settle", "scan"), undefined);
  const next = createFlight(7, 2000);
  written(next, 2001);
  expect(stuckAt(next, stuck)).toEqual({ leg: "watch", sinceMs: 2000, why: undefined });
});
