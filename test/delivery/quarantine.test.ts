import { expect, test } from "vitest";
import { culpritsOf, releasesOf } from "../../src/delivery/quarantine.ts";
import { afterwards, finishedOf } from "../../src/delivery/results.ts";
import type { Deliveries } from "../../src/signal/deliveries.ts";
import type { Ending } from "../../src/signal/queue.ts";
import { type Turn, withTurn } from "../../src/signal/turns.ts";
import { stateOf } from "../../src/signal/view.ts";

const NOTHING: Deliveries = {
  turns: new Map(),
  told: new Map(),
  ready: new Map(),
  quarantined: [],
  last: new Map(),
  labels: [],
};

let number = 0;

/** A pack's release goes live, and concerns the worker. */
function live(deliveries: Deliveries, pack: string, release: string): Deliveries {
  const turn: Turn = { number: ++number, pack, release, liveAtMs: 0, targets: ["worker"], changes: [] };
  return { ...deliveries, turns: withTurn(deliveries.turns, turn) };
}

/** The worker is told all that it does not know. */
function tell(deliveries: Deliveries, ending: Ending): Deliveries {
  const { wanted: told } = stateOf("worker", deliveries);
  const ended = { service: "worker", ending, why: undefined, evidence: [], told, tookMs: 1, failures: 0 };
  return afterwards(deliveries, finishedOf(ended, deliveries, new Date(0)));
}

const culprits = (deliveries: Deliveries) =>
  culpritsOf("worker", deliveries, stateOf("worker", deliveries)).map(({ pack, from, to }) => `${pack} ${from} ${to}`);
const released = (deliveries: Deliveries) => releasesOf(deliveries, (service) => stateOf(service, deliveries));

const ready = tell(live(live(NOTHING, "a", "1-aa"), "b", "1-bb"), "told");

test("the set that changed since the service was ready goes back, and nothing that is as it was then", () => {
  const unhealthy = tell(live(ready, "b", "2-bad"), "unhealthy");
  expect(culprits(unhealthy)).toEqual(["b 2-bad 1-bb"]);
  expect(culprits(tell(live(unhealthy, "a", "2-a2"), "unhealthy"))).toEqual(["a 2-a2 1-aa", "b 2-bad 1-bb"]);
});

test("what a service came back with after all is not thrown back later", () => {
  const mended = tell(live(tell(live(ready, "a", "2-a2"), "unhealthy"), "b", "2-b2"), "told");
  expect(culprits(tell(live(mended, "b", "3-bad"), "unhealthy"))).toEqual(["b 3-bad 2-b2"]);
});

test("nobody goes back for a service that was never ready, nor to what is live already", () => {
  expect(culprits(tell(live(NOTHING, "a", "1-aa"), "unhealthy"))).toEqual([]);
  const back = tell(live(tell(live(ready, "a", "2-bad"), "unhealthy"), "a", "3-aa"), "unhealthy");
  expect(culprits(back)).toEqual([]);
});

test("nobody goes back while something newer waits", () => {
  expect(culprits(live(tell(live(ready, "a", "2-bad"), "unhealthy"), "a", "3-good"))).toEqual([]);
});

const QUARANTINED: Deliveries = (() => {
  const unhealthy = tell(live(live(ready, "a", "2-a2"), "b", "2-bad"), "unhealthy");
  const back = tell(live(live(unhealthy, "a", "3-aa"), "b", "3-bb"), "told");
  const of = (pack: string, bad: string, release: string) => ({ service: "worker", pack, bad, release });
  return { ...back, quarantined: [of("a", "2-a2", "3-aa"), of("b", "2-bad", "3-bb")] };
})();

test("a set stays away until one of its packs is another and the service is ready with that: then the others are tried again", () => {
  expect(released(QUARANTINED)).toEqual([]);
  const edited = live(QUARANTINED, "a", "4-a4");
  expect(released(edited), "not told yet").toEqual([]);
  expect(released(tell(edited, "unhealthy"))).toEqual([]);
  expect(released(tell(edited, "told"))).toEqual([{ service: "worker", unpin: ["b"] }]);
});
