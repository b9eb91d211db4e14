import { describe, expect, test } from "vitest";
import { retryAt } from "../../src/signal/backoff.ts";
import {
  due,
  type Ending,
  ended,
  GONE,
  nextDueAt,
  type Queue,
  type QueuePolicy,
  started,
  statusOf,
  unknownTo,
  want,
} from "../../src/signal/queue.ts";

const policy: QueuePolicy = {
  minIntervalMs: 2000,
  atOnce: 4,
  failedAfter: 10,
  pace: { firstMs: 1000, mostMs: 60_000 },
  after: new Map(),
};
const empty: Queue = new Map();
const releases = (about: Readonly<Record<string, string>>) => new Map(Object.entries(about));

function told(queue: Queue, service: string, at: number, ending: Ending = "told"): Queue {
  return ended(started(queue, service, at), service, ending, at, 0, policy);
}

function unknown(queue: Queue, service: string): Record<string, string> {
  const state = queue.get(service);
  return state === undefined ? {} : Object.fromEntries(unknownTo(state));
}

const status = (queue: Queue, service: string) => {
  const state = queue.get(service);
  return state && statusOf(state, policy);
};

test("the first change is told at once, and all that changed meanwhile in one go", () => {
  let queue = want(empty, "api", releases({ core: "1" }));
  queue = want(queue, "api", releases({ demo: "1", core: "2" }));
  expect(due(queue, 0, policy)).toEqual(["api"]);
  expect(unknown(queue, "api")).toEqual({ core: "2", demo: "1" });
  expect(due(told(queue, "api", 0), 99_999, policy)).toEqual([]);
});

test("while one is in flight the newest state waits, and is told after it, not before the interval is over", () => {
  let queue = started(want(empty, "api", releases({ core: "1" })), "api", 100);
  queue = want(want(queue, "api", releases({ core: "2" })), "api", releases({ core: "3" }));
  expect(due(queue, 50_000, policy)).toEqual([]);
  queue = ended(queue, "api", "told", 300, 0, policy);
  expect(unknown(queue, "api")).toEqual({ core: "3" });
  expect([due(queue, 2099, policy), due(queue, 2100, policy)]).toEqual([[], ["api"]]);
  expect(nextDueAt(queue, 300, policy)).toBe(2100);
});

test("a state that comes and goes while another is in flight is told no more", () => {
  let queue = told(want(empty, "api", releases({ core: "1" })), "api", 0);
  queue = want(want(queue, "api", releases({ core: "2" })), "api", releases({ core: "1" }));
  expect(due(queue, 99_999, policy)).toEqual([]);
  expect(nextDueAt(queue, 0, policy)).toBeUndefined();
});

test("a pack that is gone is a state like others", () => {
  const queue = told(want(empty, "api", releases({ core: "1" })), "api", 0);
  expect(unknown(want(queue, "api", releases({ core: GONE })), "api")).toEqual({ core: GONE });
});

test("a failure is tried again, later each time, and forgets nothing", () => {
  let queue = want(empty, "api", releases({ core: "1" }));
  const waits: number[] = [];
  let now = 0;
  for (let attempt = 0; attempt < 12; attempt++) {
    queue = told(queue, "api", now, "failed");
    const next = nextDueAt(queue, now, policy) ?? 0;
    waits.push(next - now);
    now = next;
  }
  // The interval between two starts is longer than the first wait.
  expect(waits).toEqual([2000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
  expect(status(queue, "api")).toBe("failed");
  expect(unknown(queue, "api")).toEqual({ core: "1" });
  queue = told(queue, "api", now);
  expect(status(queue, "api")).toBe("told");
});

test.for<[failures: number, chance: number, wait: number]>([
  [1, 0, 1000],
  [1, 1, 750],
  [4, 0, 8000],
  [7, 0, 60_000],
  [7, 1, 45_000],
  [10_000, 0, 60_000],
])("after %d failures, by chance %d, it waits %d ms", ([failures, chance, wait]) => {
  expect(retryAt(5, failures, chance, policy.pace) - 5).toBe(wait);
});

describe("a service is", () => {
  const wanting = want(empty, "api", releases({ core: "1" }));

  test.for<[status: string, queue: Queue]>([
    ["pending", wanting],
    ["pending", started(wanting, "api", 0)],
    ["told", told(wanting, "api", 0)],
    ["absent", told(wanting, "api", 0, "absent")],
    ["unhealthy", told(wanting, "api", 0, "unhealthy")],
    ["retrying", told(wanting, "api", 0, "failed")],
    ["pending", want(told(wanting, "api", 0, "absent"), "api", releases({ core: "2" }))],
  ])("%s", ([wanted, queue]) => {
    expect(status(queue, "api")).toBe(wanted);
  });
});

test("whoever is absent is not tried again, until there is something new", () => {
  const queue = told(want(empty, "api", releases({ core: "1" })), "api", 0, "absent");
  expect(due(queue, 1e9, policy)).toEqual([]);
  expect(due(want(queue, "api", releases({ core: "2" })), 1e9, policy)).toEqual(["api"]);
});

test("no more are told at once than may be, the longest waiting first", () => {
  let queue = empty;
  for (const service of ["a", "b", "c", "d", "e"]) queue = want(queue, service, releases({ core: "1" }));
  queue = want(told(queue, "a", 0), "a", releases({ core: "2" }));
  expect(due(queue, 1e6, policy)).toEqual(["b", "c", "d", "e"]);
  queue = started(started(started(queue, "b", 0), "c", 0), "d", 0);
  expect(due(queue, 1e6, policy)).toEqual(["e"]);
});

test("whoever comes after another waits for its turn, but not for its failures", () => {
  const ordered = { ...policy, after: new Map([["worker", ["register", "nobody"]]]) };
  let queue = want(want(empty, "worker", releases({ core: "1" })), "register", releases({ core: "1" }));
  expect(due(queue, 0, ordered)).toEqual(["register"]);
  queue = started(queue, "register", 0);
  expect(due(queue, 0, ordered)).toEqual([]);
  expect(due(ended(queue, "register", "told", 10, 0, ordered), 10, ordered)).toEqual(["worker"]);
  expect(due(ended(queue, "register", "failed", 10, 0, ordered), 10, ordered)).toEqual(["worker"]);
});
