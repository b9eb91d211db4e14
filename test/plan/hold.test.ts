import { expect, test } from "vitest";
import { holdReason } from "../../src/plan/hold.ts";

const usual = { kind: "production", state: "listed", isEmpty: false, had: 4, vanished: 0 } as const;

test.for([
  { title: "nothing vanished", state: usual, expected: undefined },
  {
    title: "a source that never had packs is simply empty",
    state: { ...usual, isEmpty: true, had: 0 },
    expected: undefined,
  },
  {
    title: "a source that never had packs may be absent",
    state: { ...usual, state: "absent", isEmpty: true, had: 0 },
    expected: undefined,
  },
  { title: "its root is gone", state: { ...usual, state: "absent", isEmpty: true }, expected: "root-absent" },
  {
    title: "its root cannot be read",
    state: { ...usual, state: "unreadable", isEmpty: true },
    expected: "root-unreadable",
  },
  {
    title: "a production source is entirely empty",
    state: { ...usual, isEmpty: true, had: 1, vanished: 1 },
    expected: "emptied",
  },
  {
    title: "a production source is empty, for its packs moved to another one",
    state: { ...usual, isEmpty: true, had: 1, vanished: 0 },
    expected: undefined,
  },
  {
    title: "a production source is empty, and another one has only some of its packs",
    state: { ...usual, isEmpty: true, vanished: 1 },
    expected: "emptied",
  },
  {
    title: "the only development pack was deleted",
    state: { ...usual, kind: "development", isEmpty: true, had: 1, vanished: 1 },
    expected: undefined,
  },
  {
    title: "the root of a development source is gone",
    state: { ...usual, kind: "development", state: "absent" },
    expected: "root-absent",
  },
  { title: "two of two", state: { ...usual, had: 2, vanished: 2 }, expected: undefined },
  { title: "three of three", state: { ...usual, had: 3, vanished: 3 }, expected: "mass-removal" },
  { title: "three of five", state: { ...usual, had: 5, vanished: 3 }, expected: "mass-removal" },
  { title: "three of six", state: { ...usual, had: 6, vanished: 3 }, expected: undefined },
  {
    title: "three of four development packs",
    state: { ...usual, kind: "development", vanished: 3 },
    expected: "mass-removal",
  },
] as const)("$title: $expected", ({ state, expected }) => {
  expect(holdReason(state)).toBe(expected);
});
