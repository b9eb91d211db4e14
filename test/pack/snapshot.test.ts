import fc from "fast-check";
import { expect, test } from "vitest";
import { directoriesAbove, parentsOf } from "../../src/pack/snapshot.ts";

test.for([
  { path: "a", parents: [] },
  { path: "a/b", parents: ["a"] },
  { path: "a/b/c", parents: ["a", "a/b"] },
])("$parents are above $path", ({ path, parents }) => {
  expect(parentsOf(path)).toEqual(parents);
  expect([...directoriesAbove([path])].sort()).toEqual(parents);
});

test("every directory above any path is one above some path", () => {
  const anyPath = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(fc.array(anyPath), (paths) => {
      expect(directoriesAbove(paths)).toEqual(new Set(paths.flatMap(parentsOf)));
    }),
  );
});
