import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePython } from "../../src/pack/python-value.ts";
import { readYaml11Document } from "../../src/pack/yaml-1-1-document.ts";
import { readSimpleYaml11 } from "../../src/pack/yaml-1-1-simple.ts";
import { parseSimpleYaml } from "../../src/pack/yaml-fast.ts";

const number = fc.oneof(
  fc.integer().map(String),
  fc.tuple(fc.integer(), fc.nat(999)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom("1.0", "-0.0", "10.0", "-0", "0.5", "1.10", "1.0.0", "007", "1e3", "0.0000001", "123456789012345678"),
);
const scalar = fc.oneof(
  number,
  fc.constantFrom("yes", "on", "~", "true", "a b", "'1.0'", '"2.0"', "2024-01-01", "[1.0, a]", "{a: 3.0}", "x 1.0 y"),
);
const text = fc
  .array(fc.tuple(fc.oneof(number, fc.constantFrom("a", "b", "c d", "version")), scalar), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pairs) => pairs.map(([key, value]) => `${key}: ${value}\n`).join(""));

test("what is known of a text by YAML 1.2 is taken only where PyYAML reads the very same", () => {
  let taken = 0;
  fc.assert(
    fc.property(text, (source) => {
      const known = parseSimpleYaml(source);
      const read = readSimpleYaml11(source, known);
      const alone = readSimpleYaml11(source);
      if (alone === undefined || read === undefined) {
        expect(read).toBe(alone);
        return;
      }
      if (read === known?.value) taken++;
      expect(encodePython(read)).toBe(encodePython(alone));
      const whole = readYaml11Document(new TextEncoder().encode(source));
      expect(whole.ok && encodePython(whole.value)).toBe(encodePython(alone));
    }),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(50);
});

test.for(["version: 1.0\n", "1.0: a\n", "a: [3.0]\n", "- -0.0\n"])("a whole float keeps its fraction: %j", (source) => {
  const read = readSimpleYaml11(source, parseSimpleYaml(source));
  const alone = readSimpleYaml11(source);
  expect(read === undefined ? undefined : encodePython(read)).toBe(
    alone === undefined ? undefined : encodePython(alone),
  );
});
