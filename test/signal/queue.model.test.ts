import fc from "fast-check";
import { expect, test } from "vitest";
import {
  due,
  type Ending,
  ended,
  nextDueAt,
  type Queue,
  type QueuePolicy,
  started,
  unknownTo,
  want,
} from "../../src/signal/queue.ts";

const SERVICES = ["register", "api", "executor", "worker-a", "worker-b", "sensor"];
const PACKS = ["core", "demo", "ops"];
const policy: QueuePolicy = {
  minIntervalMs: 2000,
  atOnce: 3,
  failedAfter: 10,
  pace: { firstMs: 1000, mostMs: 60_000 },
  after: new Map([
    ["api", ["register"]],
    ["worker-a", ["api", "register"]],
    ["worker-b", ["api"]],
  ]),
};

/** A publish: at what time which pack gets which release, and whom that concerns. */
interface Publish {
  readonly at: number;
  readonly pack: string;
  readonly release: string;
  readonly services: readonly string[];
}

/** How the attempts of a service go, in turn; when there is no more, all go well and quickly. */
type Script = readonly { readonly takesMs: number; readonly ending: Ending }[];

interface Attempt {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly ending: Ending;
  readonly tells: ReadonlyMap<string, string>;
  readonly knew: ReadonlyMap<string, string>;
}

const anyPublish = fc.record({
  at: fc.nat({ max: 60_000 }),
  pack: fc.constantFrom(...PACKS),
  release: fc.nat({ max: 5 }).map(String),
  services: fc.subarray(SERVICES),
});
const anyPublishes = fc.array(anyPublish, { maxLength: 60 }).map((all) => all.sort((a, b) => a.at - b.at));
const anyAttempt = fc.record({
  takesMs: fc.nat({ max: 30_000 }),
  ending: fc.constantFrom<Ending>("told", "told", "failed", "failed", "absent", "unhealthy"),
});
const anyScripts = fc.record(
  Object.fromEntries(SERVICES.map((service) => [service, fc.array(anyAttempt, { maxLength: 15 })])),
);

/** Runs it all on a clock that jumps from one event to the next, until nothing is left to do. */
function simulate(publishes: readonly Publish[], scripts: Readonly<Record<string, Script>>, chance: number) {
  const left = [...publishes];
  const scripted = new Map(SERVICES.map((service) => [service, [...(scripts[service] ?? [])]]));
  const attempts: Attempt[] = [];
  let running: Attempt[] = [];
  let queue: Queue = new Map();
  let now = 0;
  for (let steps = 0; ; steps++) {
    if (steps > 10_000) throw new Error("Expected an end, got none");
    for (let next = left[0]; next !== undefined && next.at <= now; next = left[0]) {
      left.shift();
      for (const service of next.services) queue = want(queue, service, new Map([[next.pack, next.release]]));
    }
    for (const { service, ending } of running.filter(({ to }) => to <= now))
      queue = ended(queue, service, ending, now, chance, policy);
    running = running.filter(({ to }) => to > now);
    for (const service of due(queue, now, policy)) {
      const state = queue.get(service);
      if (state === undefined) throw new Error(`Expected ${service} in the queue`);
      const { takesMs, ending } = scripted.get(service)?.shift() ?? { takesMs: 10, ending: "told" as const };
      const tells = unknownTo(state);
      const attempt = { service, from: now, to: now + takesMs + 1, ending, tells, knew: state.acknowledged };
      attempts.push(attempt);
      running.push(attempt);
      queue = started(queue, service, now);
    }
    const times = [left[0]?.at, ...running.map(({ to }) => to), nextDueAt(queue, now, policy)].flatMap(
      (at) => at ?? [],
    );
    if (times.length === 0) return { attempts, queue };
    expect(Math.min(...times), "time goes on").toBeGreaterThan(now);
    now = Math.min(...times);
  }
}

const anyRun = fc.tuple(anyPublishes, anyScripts, fc.double({ min: 0, max: 1, noNaN: true }));

function law(title: string, holds: (run: ReturnType<typeof simulate>, publishes: readonly Publish[]) => void): void {
  test(title, () => {
    fc.assert(
      fc.property(anyRun, ([publishes, scripts, chance]) => holds(simulate(publishes, scripts, chance), publishes)),
      { numRuns: 500, endOnFailure: true },
    );
  });
}

law("nobody waits for ever: in the end everybody knows the latest of what concerns them", ({ queue }, publishes) => {
  for (const service of SERVICES) {
    const latest = new Map(
      publishes.filter(({ services }) => services.includes(service)).map(({ pack, release }) => [pack, release]),
    );
    expect(queue.get(service)?.acknowledged ?? new Map()).toEqual(expect.objectContaining({}));
    for (const [pack, release] of latest)
      expect(queue.get(service)?.acknowledged.get(pack), `${service}: ${pack}`).toBe(release);
  }
});

law("nobody is told what they know, and nobody whom nothing concerns", ({ attempts }, publishes) => {
  for (const { service, tells, knew } of attempts) {
    expect(tells.size).toBeGreaterThan(0);
    for (const [pack, release] of tells) {
      expect(knew.get(pack)).not.toBe(release);
      expect(publishes.some((each) => each.pack === pack && each.services.includes(service))).toBe(true);
    }
  }
});

law(
  "nobody is told twice at once, nor more often than the interval allows; and not too many at once",
  ({ attempts }) => {
    for (const [index, attempt] of attempts.entries()) {
      const { service, from } = attempt;
      const before = attempts.slice(0, index);
      const last = before.findLast((each) => each.service === service);
      if (last !== undefined) {
        expect(from).toBeGreaterThanOrEqual(last.to);
        expect(from - last.from).toBeGreaterThanOrEqual(policy.minIntervalMs);
      }
      const isAgain = (each: Attempt) =>
        attempts.findLast((one) => one.service === each.service && one.to <= each.from)?.ending === "failed";
      const beside = before.filter((each) => each.to > from && isAgain(each) === isAgain(attempt));
      expect(beside.length).toBeLessThan(policy.atOnce);
    }
  },
);

law("after a failure nobody is tried again before the wait is over, nor later than the longest", ({ attempts }) => {
  for (const service of SERVICES) {
    const own = attempts.filter((each) => each.service === service);
    for (const [index, { ending, to }] of own.entries()) {
      const next = own[index + 1];
      if (ending === "failed" && next !== undefined) expect(next.from - to).toBeGreaterThanOrEqual(750 - 1);
    }
  }
});

test("a save storm of d seconds: at most 1 + d / interval signals, the last one after the last publish", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 30_000 }), { minLength: 1, maxLength: 300 }),
      fc.nat({ max: 1500 }),
      (times, takesMs) => {
        const at = times.sort((a, b) => a - b);
        const publishes = at.map((at, index) => ({ at, pack: "core", release: String(index), services: ["sensor"] }));
        const script = Array.from({ length: 100 }, () => ({ takesMs, ending: "told" as const }));
        const { attempts } = simulate(publishes, { sensor: script }, 0);
        const [first = 0, last = 0] = [at[0], at.at(-1)];
        // What was published in the last interval is told when that is over.
        expect(attempts.length).toBeLessThanOrEqual(1 + Math.ceil((last - first) / policy.minIntervalMs));
        expect(attempts[0]?.from).toBe(first);
        expect(attempts.at(-1)?.from).toBeGreaterThanOrEqual(last);
      },
    ),
    { endOnFailure: true },
  );
});

test("services that only fail, each time after their whole time-out, delay no other once they have failed", () => {
  const anyFailing = fc.subarray(["register", "api", "executor", "worker-a", "worker-b"], { minLength: 1 });
  const HANGS_MS = 30_000;
  fc.assert(
    fc.property(anyPublishes, anyFailing, (publishes, failing) => {
      const script = Array.from({ length: 500 }, () => ({ takesMs: HANGS_MS, ending: "failed" as const }));
      const failed = [0].flatMap((at) => PACKS.map((pack) => ({ at, pack, release: "first", services: failing })));
      const later = publishes.map(({ at, ...about }) => ({ at: at + 2 * HANGS_MS + PACKS.length, ...about }));
      const timesOf = (scripts: Readonly<Record<string, Script>>, all: readonly Publish[]) =>
        simulate(all, scripts, 0).attempts.flatMap(({ service, from }) => (service === "sensor" ? [from] : []));
      const scripts = Object.fromEntries(failing.map((service) => [service, script]));
      const ofSensor = later
        .filter(({ services }) => services.includes("sensor"))
        .map((each) => ({ ...each, services: ["sensor"] }));
      const ofFailing = later.map((each) => ({
        ...each,
        services: each.services.filter((one) => failing.includes(one)),
      }));
      const together = [...failed, ...ofSensor, ...ofFailing].sort((a, b) => a.at - b.at);
      expect(timesOf(scripts, together.filter(({ services }) => services.length > 0).slice(0, 400))).toEqual(
        timesOf({}, ofSensor),
      );
    }),
    { numRuns: 30, endOnFailure: true },
  );
});
