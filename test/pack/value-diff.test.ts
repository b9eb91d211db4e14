import fc from "fast-check";
import { expect, test } from "vitest";
import { keyChanges } from "../../src/pack/value-diff.ts";

test.for<{ title: string; before: unknown; after: unknown; changes: readonly unknown[] }>([
  {
    title: "a value that is another one",
    before: { a: 1 },
    after: { a: 2 },
    changes: [{ key: "a", before: 1, after: 2 }],
  },
  {
    title: "values inside values",
    before: { parameters: { message: { type: "string", required: true } } },
    after: { parameters: { message: { type: "string" }, times: { type: "integer" } } },
    changes: [
      { key: "parameters.message.required", before: true },
      { key: "parameters.times", after: { type: "integer" } },
    ],
  },
  {
    title: "a mapping that became a text",
    before: { a: { b: 1 } },
    after: { a: "b" },
    changes: [{ key: "a", before: { b: 1 }, after: "b" }],
  },
  {
    title: "lists item by item",
    before: { tags: ["a", "b"] },
    after: { tags: ["a", "c", "d"] },
    changes: [
      { key: "tags[1]", before: "b", after: "c" },
      { key: "tags[2]", after: "d" },
    ],
  },
  {
    title: "lists of named mappings by name, wherever they stand",
    before: {
      tasks: [
        { name: "one", action: "core.echo" },
        { name: "two", action: "core.noop" },
      ],
    },
    after: {
      tasks: [
        { name: "two", action: "core.noop" },
        { name: "one", action: "core.sleep" },
      ],
    },
    changes: [{ key: "tasks[one].action", before: "core.echo", after: "core.sleep" }],
  },
  {
    title: "lists of mappings whose names repeat, item by item",
    before: [
      { name: "a", x: 1 },
      { name: "a", x: 2 },
    ],
    after: [
      { name: "a", x: 1 },
      { name: "a", x: 3 },
    ],
    changes: [{ key: "[1].x", before: 2, after: 3 }],
  },
  { title: "a whole document", before: "text", after: null, changes: [{ key: "(all)", before: "text", after: null }] },
  {
    title: "an empty list and an empty mapping",
    before: { a: [] },
    after: { a: {} },
    changes: [{ key: "a", before: [], after: {} }],
  },
])("finds $title", ({ before, after, changes }) => {
  expect(keyChanges(before, after)).toEqual(changes);
});

const anyValue = fc.jsonValue({ maxDepth: 4 });

test("finds nothing between equal values, whatever the order of their keys", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(keyChanges(value, reversed(value))).toEqual([]);
    }),
  );
});

test("finds something between different values, and the same keys the other way round", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (one, other) => {
      const there = keyChanges(one, other).map(({ key }) => key);
      expect(there.length === 0).toBe(JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)));
      expect(
        keyChanges(other, one)
          .map(({ key }) => key)
          .sort(),
      ).toEqual([...there].sort());
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

/** As text equal exactly where the values are; -0 is 0 there. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
