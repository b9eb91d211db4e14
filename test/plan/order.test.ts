import fc from "fast-check";
import { expect, test } from "vitest";
import { asPackRef, type PackRef } from "../../src/pack/ref.ts";
import { inDependencyOrder } from "../../src/plan/order.ts";

test.for([
  { title: "by ref where nothing depends", packs: { b: [], a: [], c: [] }, expected: "a b c" },
  { title: "dependencies first", packs: { a: ["c"], b: [], c: ["b"] }, expected: "b c a" },
  { title: "a dependency that is not there does not matter", packs: { b: ["elsewhere"], a: ["b"] }, expected: "b a" },
  { title: "a pack that depends on itself", packs: { a: ["a"], b: [] }, expected: "a b" },
  {
    title: "a circle is entered at its smallest ref",
    packs: { a: ["b"], b: ["c"], c: ["a"], d: ["a"] },
    expected: "c b a d",
  },
  { title: "before a circle comes what it needs", packs: { a: ["b"], b: ["a", "z"], z: [] }, expected: "z b a" },
])("$title", ({ packs, expected }) => {
  const list = Object.entries(packs).map(([name, dependencies]) => ({ ref: ref(name), dependencies }));
  expect(
    inDependencyOrder(list)
      .map((pack) => pack.ref)
      .join(" "),
  ).toBe(expected);
});

const anyPacks = fc
  .uniqueArray(fc.constantFrom(..."abcdefgh"), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => fc.subarray([..."abcdefgh"]).map((dependencies) => ({ ref: ref(name), dependencies }))),
    ),
  );

test("is a permutation, the same for any order of its input", () => {
  fc.assert(
    fc.property(anyPacks, (packs) => {
      const ordered = inDependencyOrder(packs);
      expect(ordered.map((pack) => pack.ref).sort()).toEqual(packs.map((pack) => pack.ref).sort());
      expect(inDependencyOrder(packs.toReversed())).toEqual(ordered);
    }),
  );
});

test("puts every dependency first, but for circles", () => {
  fc.assert(
    fc.property(anyPacks, (packs) => {
      const order = inDependencyOrder(packs).map((pack) => pack.ref);
      const reach = (from: string, seen = new Set<string>()): ReadonlySet<string> => {
        for (const next of packs.find((pack) => pack.ref === from)?.dependencies ?? []) {
          if (!seen.has(next)) reach(next, seen.add(next));
        }
        return seen;
      };
      for (const pack of packs) {
        for (const dependency of pack.dependencies.map(ref)) {
          if (!order.includes(dependency) || reach(dependency).has(pack.ref)) continue;
          expect(order.indexOf(dependency)).toBeLessThan(order.indexOf(pack.ref));
        }
      }
    }),
  );
});

test("orders a chain of 20,000 without recursion", () => {
  const packs = Array.from({ length: 20_000 }, (_, index) => ({
    ref: ref(`p${index}`),
    dependencies: [`p${index + 1}`],
  }));
  expect(inDependencyOrder(packs)[0]?.ref).toBe("p19999");
});

function ref(text: string): PackRef {
  const packRef = asPackRef(text);
  if (packRef === undefined) throw new Error(`Expected a ref, got ${text}`);
  return packRef;
}
