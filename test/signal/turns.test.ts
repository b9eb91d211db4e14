import fc from "fast-check";
import { expect, test } from "vitest";
import { orderOf } from "../../src/signal/order.ts";
import { names, wantedBy } from "../../src/signal/targets.ts";
import { packNotices, type Turn, type Turns, withTurn } from "../../src/signal/turns.ts";

const TARGETS = ["api", "worker-*", "worker-shell", "sensor*", "register"];
const SERVICES = ["api", "worker-shell", "worker-python", "sensor-1", "register"];

const anyTurn = fc.record({ pack: fc.constantFrom("core", "demo"), targets: fc.subarray(TARGETS) });
const anyTurns = fc
  .array(anyTurn, { maxLength: 60 })
  .map((all) => all.map((each, index): Turn => turn(index + 1, each.pack, each.targets)));

function turn(number: number, pack: string, targets: readonly string[]): Turn {
  const changes = [{ path: `file-${number}`, meaning: "script" as const }];
  return { number, pack, release: `${number}-x`, liveAtMs: number, targets, changes };
}

const remembered = (turns: readonly Turn[]): Turns => turns.reduce(withTurn, new Map());

test("of each pack a service is to know the last turn that concerned it, however many are forgotten", () => {
  fc.assert(
    fc.property(anyTurns, fc.constantFrom(...SERVICES), (turns, service) => {
      const last = new Map<string, string>();
      for (const { pack, number, targets } of turns) if (targets.some(names(service))) last.set(pack, String(number));
      expect(wantedBy(service, remembered(turns))).toEqual(last);
    }),
  );
});

test("the newest turns of a pack are remembered, and not many more", () => {
  fc.assert(
    fc.property(anyTurns, (turns) => {
      for (const [pack, kept] of remembered(turns)) {
        const all = turns.filter((each) => each.pack === pack);
        expect(kept.slice(-10)).toEqual(all.slice(-10));
        expect(kept.length).toBeLessThanOrEqual(10 + TARGETS.length);
      }
    }),
  );
});

test("a service is told what is live now, and all that changed since it was told, each path once", () => {
  const turns = remembered([turn(1, "demo", ["api"]), turn(2, "demo", ["worker-*"]), turn(3, "demo", ["api"])]);
  const paths = (told: number) =>
    packNotices(["demo"], new Map([["demo", told]]), turns).flatMap(({ changes }) => changes.map(({ path }) => path));
  expect(paths(1)).toEqual(["file-2", "file-3"]);
  expect(packNotices(["demo", "unknown"], new Map(), turns)).toMatchObject([{ ref: "demo", release: "3-x" }]);
});

test("a glob names services, but not what is done at the platform", () => {
  expect(["api", "register", "environments"].filter((service) => names(service)("*"))).toEqual(["api"]);
  expect(names("register")("register")).toBe(true);
});

test("nobody waits for itself, whatever was wished; and the platform comes first", () => {
  const anyWishes = fc.dictionary(fc.constantFrom(...SERVICES), fc.subarray(SERVICES));
  fc.assert(
    fc.property(anyWishes, (wishes) => {
      const order = orderOf(SERVICES, (service) => wishes[service] ?? []);
      const waitsFor = (service: string, seen: readonly string[] = []): void => {
        expect(seen).not.toContain(service);
        for (const other of order.get(service) ?? []) waitsFor(other, [...seen, service]);
      };
      for (const service of SERVICES) waitsFor(service);
      expect(order.get("api")).toContain("register");
    }),
  );
});
