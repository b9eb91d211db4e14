import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDefinition } from "../../src/catalog/read-definition.ts";
import { decodePython, encodePython, PythonScalar, type PythonValue } from "../../src/pack/python-value.ts";
import { readYaml11Document } from "../../src/pack/yaml-1-1-document.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const number = (text: string) => new PythonScalar("number", text);
const time = (text: string) => new PythonScalar("time", text);
const infinite = (text: string) => new PythonScalar("infinite", text);

/** What PyYAML 6.0 gives, on the same line as what it was given. */
const SCALARS: readonly (readonly [string, PythonValue])[] = [
  ["yes", true],
  ["On", true],
  ["off", false],
  ["y", "y"],
  ["~", null],
  ["", null],
  ["NULL", null],
  ["010", 8],
  ["08", "08"],
  ["0o14", "0o14"],
  ["-0x1F", -31],
  ["0b101", 5],
  ["0_", 0],
  ["1_000", 1000],
  ["1:30", 90],
  ["190:20:30", 685_230],
  ["190:20:30.15", 685_230.15],
  ["123456789012345678901234567890", number("123456789012345678901234567890")],
  ["-0777777777777777777777777", number("-4722366482869645213695")],
  ["1.0", number("1.0")],
  ["-0.0", number("-0.0")],
  ["3.10", 3.1],
  ["1.5e+300", number(String(BigInt(1.5e300)))],
  ["1e3", "1e3"],
  [".inf", infinite("Infinity")],
  ["-.INF", infinite("-Infinity")],
  [".nan", infinite("NaN")],
  ["2024-01-02", time("2024-01-02")],
  ["2001-12-14t21:59:43.10-05:00", time("2001-12-15 02:59:43.1+00")],
  ["2001-12-14 21:59:43", time("2001-12-14 21:59:43")],
  ["'yes'", "yes"],
  ["!!str 5", "5"],
  ["!!int '7'", 7],
  ["yesterday", "yesterday"],
];

describe("a scalar is what PyYAML makes of it", () => {
  test.for(SCALARS)("%s", async ([written, value]) => {
    expect(readYaml11Document(bytes(`a: ${written}\n`))).toEqual({ ok: true, value: { a: value } });
    expect(await readDefinition(bytes(`a: ${written}\n`))).toEqual({ definition: { a: value } });
  });
});

test.for([
  "a: =",
  "a: 2024-13-01",
  "a: 2023-02-29",
  "b: 0x_",
  `a: ${"9".repeat(5000)}`,
  "? [a]\n: b",
  "2024-01-02: x",
  "a: !!binary aGk=",
  "a: !mine x",
  "a: *gone",
  "- 1\n---\n- 2",
  "a: &a [*a]",
  `a: &a [1,1,1,1,1,1,1,1,1,1]\n${Array.from("bcdefghi", (name, at) => `${name}: &${name} [${`*${"abcdefgh"[at]},`.repeat(10)}]`).join("\n")}`,
])("what PyYAML refuses, or nobody could store, is refused: %#", async (text) => {
  expect(readYaml11Document(bytes(text)).ok).toBe(false);
  expect(await readDefinition(bytes(text))).toMatchObject({ definition: undefined, problem: expect.any(String) });
});

test("keys are the texts that Python's JSON makes of them, of repeated ones the last counts", () => {
  const text = "on: a\n1: b\n010: c\n1.0: d\nnull: e\n__proto__: f\nx: 1\nx: 2\n";
  const read = readYaml11Document(bytes(text));
  expect(read.ok && Object.entries(read.value ?? {})).toEqual([
    ["1", "b"],
    ["8", "c"],
    ["true", "a"],
    ["1.0", "d"],
    ["null", "e"],
    ["__proto__", "f"],
    ["x", 2],
  ]);
});

test("lines inside of quotes and brackets may be indented as one likes", () => {
  const read = readYaml11Document(bytes("a:\n  b: 'x\ny\nz'\n  c: [yes,\n010]\n"));
  expect(read).toEqual({ ok: true, value: { a: { b: "x y z", c: [true, 8] } } });
});

test("mappings are merged, own keys first", () => {
  const read = readYaml11Document(bytes("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n"));
  expect(read).toMatchObject({ value: { b: { x: 1, y: 3 } } });
});

const scalar = fc.oneof(
  fc.constantFrom(...SCALARS.map(([written]) => written)),
  fc.stringMatching(/^[a-z0-9:._+-]{1,12}$/),
  fc.integer().map(String),
);
const block = fc.array(
  fc.tuple(fc.stringMatching(/^[a-z0-9.]{1,6}$/), fc.oneof(scalar, fc.array(scalar, { minLength: 1 }))),
);

test("the reader of plain files gives what the other one gives", async () => {
  await fc.assert(
    fc.asyncProperty(block, async (entries) => {
      const text = entries
        .map(([key, value]) =>
          Array.isArray(value) ? `${key}:\n${value.map((item) => `- ${item}`).join("\n")}` : `${key}: ${value}`,
        )
        .join("\n");
      const slow = readYaml11Document(bytes(text));
      expect((await readDefinition(bytes(text))).definition).toEqual(slow.ok ? slow.value : undefined);
    }),
    { numRuns: 500 },
  );
});

const value: fc.Arbitrary<PythonValue> = fc.letrec<{ value: PythonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<PythonValue>(null, true, number("1.0"), time("2024-01-02"), infinite("NaN")),
    fc.integer(),
    fc.string(),
    fc.array(tie("value")),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("\0number", "\0\0time", "__proto__")), tie("value"), {
      noNullPrototype: false,
    }),
  ),
})).value;

test("what JSON has, too, is remembered as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (given) => {
      const value = given as PythonValue;
      expect(encodePython(value)).toBe(JSON.stringify(value));
    }),
  );
});

test("what is remembered as JSON comes back as it was, whatever its keys are", () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(decodePython(encodePython(given))).toEqual(given);
    }),
  );
});
