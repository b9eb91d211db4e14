import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asPackRef, type PackRef } from "../../src/pack/ref.ts";
import { installOrder, roundsOf } from "../../src/plan/rounds.ts";

type Graph = Readonly<Record<string, readonly string[]>>;

const packsOf = (graph: Graph) =>
  Object.entries(graph).map(([name, dependencies]) => ({ ref: asPackRef(name) as PackRef, dependencies }));

const NAMES = ["aa", "bb", "cc", "dd", "ee", "ff", "gg"];
const anyGraph: fc.Arbitrary<Graph> = fc
  .tuple(...NAMES.map(() => fc.subarray([...NAMES, "elsewhere"], { maxLength: 3 })))
  .map((lists) => Object.fromEntries(NAMES.map((name, index) => [name, lists[index] ?? []])));

/** All that a pack needs, and that these need. */
function reach(graph: Graph, from: string): ReadonlySet<string> {
  const found = new Set<string>();
  const look = (name: string): void => {
    for (const next of graph[name] ?? []) {
      if (found.has(next) || graph[next] === undefined) continue;
      found.add(next);
      look(next);
    }
  };
  look(from);
  return found;
}

describe("for any packs", () => {
  test("each comes after those it needs, unless these need it, too; those come together and by name", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const order = installOrder(packsOf(graph));
        expect([...order].sort()).toEqual(NAMES);
        const reached = new Map(NAMES.map((name) => [name, reach(graph, name)]));
        const needs = (a: string, b: string): boolean => reached.get(a)?.has(b) === true;
        for (const [index, name] of order.entries()) {
          for (const [later, other] of [...order.entries()].slice(index + 1)) {
            const isCircle = needs(name, other) && needs(other, name);
            expect(needs(name, other) && !isCircle, `${name} before ${other}`).toBe(false);
            if (!isCircle) continue;
            expect(name < other).toBe(true);
            for (const between of order.slice(index, later))
              expect(between === name || needs(name, between)).toBe(true);
          }
        }
      }),
    );
  });

  test("rounds are rounds, and have exactly the packs that reach themselves", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const rounds = roundsOf(packsOf(graph));
        for (const round of rounds) {
          expect(new Set(round).size).toBe(round.length);
          expect(round[0]).toBe([...round].sort()[0]);
          for (const [index, name] of round.entries()) expect(graph[name]).toContain(round[index + 1] ?? round[0]);
        }
        const circular = NAMES.filter((name) => reach(graph, name).has(name));
        expect([...new Set(rounds.flat())].sort()).toEqual(circular);
      }),
    );
  });

  test("nothing depends on the order in which they are given", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const [packs, reversed] = [packsOf(graph), packsOf(graph).reverse()];
        expect([installOrder(reversed), roundsOf(reversed)]).toEqual([installOrder(packs), roundsOf(packs)]);
      }),
    );
  });
});

test("a long circle is one round", () => {
  const names = Array.from({ length: 2000 }, (_, index) => `p${String(index).padStart(4, "0")}`);
  const graph = Object.fromEntries(names.map((name, index) => [name, [names[(index + 1) % names.length] ?? ""]]));
  expect(roundsOf(packsOf(graph))).toEqual([names]);
  expect(installOrder(packsOf(graph))).toEqual(names);
});
