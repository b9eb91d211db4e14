import fc from "fast-check";
import { expect, test } from "vitest";
import { findCollisions } from "../../src/pack/collisions.ts";

test.for([
  { title: "nothing", paths: ["a", "b", "a/b"], found: [] },
  { title: "case", paths: ["Run.sh", "run.sh"], found: ["run.sh: case"] },
  { title: "case of a directory", paths: ["Lib", "lib", "lib/a"], found: ["lib: case"] },
  { title: "case of letters beyond ASCII", paths: ["Ä", "ä"], found: ["ä: case"] },
  { title: "Unicode form", paths: ["\u00e4", "a\u0308"], found: ["a\u0308: Unicode form"] },
  { title: "three of one", paths: ["a", "A", "b", "B"], found: ["A: case", "B: case"] },
])("finds $title", ({ paths, found }) => {
  const findings = findCollisions(paths);
  expect(findings.map(({ file, message }) => `${file}: ${/only by (.*)$/.exec(message)?.[1]}`)).toEqual(found);
  for (const { severity, code, hint } of findings)
    expect({ severity, code, hint }).toEqual({
      severity: "error",
      code: "source.name_collision",
      hint: expect.any(String),
    });
});

test("finds exactly so many as there are names too many", () => {
  const anyPath = fc.string({
    unit: fc.constantFrom("a", "A", "ä", "Ä", "a\u0308", "A\u0308"),
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.uniqueArray(anyPath), (paths) => {
      const distinct = new Set(paths.map((path) => path.normalize("NFC").toLowerCase()));
      expect(findCollisions(paths).length).toBe(paths.length - distinct.size);
    }),
  );
});
