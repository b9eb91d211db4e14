import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest } from "../../src/pack/spelling.ts";

const KNOWN = ["entry_point", "enabled", "tags"];

test.for<[word: string, limit: number, found: string | undefined]>([
  ["entrypoint", 0, "entry_point"],
  ["entry-point", 0, "entry_point"],
  ["entryPoint", 0, "entry_point"],
  ["enetry_point", 0, undefined],
  ["enetry_point", 1, "entry_point"],
  ["enbaled", 1, "enabled"],
  ["entry_pint", 1, "entry_point"],
  ["tasg", 1, "tags"],
  ["tabs", 1, "tags"],
  ["bats", 1, undefined],
  ["", 1, undefined],
])("%s, with %i letters wrong, is %s", ([word, limit, found]) => {
  expect(nearest(word, KNOWN, limit)).toBe(found);
});

test("nothing is near with a negative limit, not even the word itself", () => {
  expect(nearest("tags", KNOWN, -1)).toBeUndefined();
});

test("any one mistake in a long word is forgiven", () => {
  const word = "parameterformat";
  const place = fc.integer({ min: 0, max: word.length - 2 });
  const mistake = fc.oneof(
    place.map((at) => word.slice(0, at) + word.slice(at + 1)),
    place.map((at) => `${word.slice(0, at)}x${word.slice(at)}`),
    place.map((at) => `${word.slice(0, at)}x${word.slice(at + 1)}`),
    place.map((at) => word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2)),
  );
  fc.assert(fc.property(mistake, (typo) => nearest(typo, ["x", "parameter_format"], 1) === "parameter_format"));
});
