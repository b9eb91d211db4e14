import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { checkFile } from "../../src/pack/check-file.ts";
import type { Dialect } from "../../src/pack/identity.ts";
import { checkYaml } from "../../src/pack/yaml.ts";
import { readYaml11 } from "../../src/pack/yaml-1-1.ts";
import { parseSimpleYaml } from "../../src/pack/yaml-fast.ts";
import { isSuspect } from "../../src/pack/yaml-suspects.ts";
import { trapsIn } from "../../src/pack/yaml-trap-search.ts";
import { readAsPlatform } from "../../src/pack/yaml-traps.ts";

const isBoolean = (path: readonly unknown[]) => path[0] === "enabled";

function read(text: string, dialect: Dialect) {
  const parsed = checkYaml(text, "a.yaml");
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
  return readAsPlatform(text, parsed.value, { dialect, isBoolean });
}

function found(text: string, dialect: Dialect): readonly string[] {
  return read(text, dialect).findings.map(({ severity, code, range, path }) => {
    const place = range && `${range.line}:${range.column}-${range.endLine}:${range.endColumn}`;
    return `${severity} ${code} ${path.join(".")} ${place}`;
  });
}

// As PyYAML 6.0 reads them.
test.for<[scalar: string, reading: unknown]>([
  ["yes", true],
  ["Off", false],
  ["yEs", "yEs"],
  ["y", "y"],
  ["True", true],
  ["0755", 493],
  ["-0755", -493],
  ["08", "08"],
  ["0o17", "0o17"],
  ["0b11", 3],
  ["0x1F", 31],
  ["1_000", 1000],
  ["12:34:56", 45_296],
  ["-1:30", -90],
  ["1:30.5", 90.5],
  ["1:99", "1:99"],
  ["1e3", "1e3"],
  ["1.5e3", "1.5e3"],
  ["1.5e+3", 1500],
  ["+.5", "+.5"],
  [".5", 0.5],
  ["1.10", 1.1],
  ["1.2.3", "1.2.3"],
  ["-.inf", Number.NEGATIVE_INFINITY],
  ["2024-01-01", "date"],
  ["2024-01-01T10:00:00Z", "date"],
  ["2024-1-1", "2024-1-1"],
  ["=", "value"],
  ["<<", "merge"],
  ["~", "null"],
  ["", "null"],
  ["off!", "off!"],
])("YAML 1.1 reads `%s` as %j", ([scalar, expected]) => {
  const reading = readYaml11(scalar);
  expect("value" in reading ? reading.value : reading.kind).toBe(expected);
});

describe("where Attune's loader and its API differ, it warns", () => {
  test.for<[text: string, findings: readonly string[]]>([
    ["a: yes\n", ["warning yaml.ambiguous_boolean a 1:4-1:7"]],
    ["enabled: yes\n", ["warning yaml.ambiguous_boolean enabled 1:10-1:13"]],
    ["on: 1\n", ["warning yaml.ambiguous_boolean on 1:1-1:3"]],
    ["a:\n  - b: [x, No]\n", ["warning yaml.ambiguous_boolean a.0.b.1 2:12-2:14"]],
    ["{a: off}\n", ["warning yaml.ambiguous_boolean a 1:5-1:8"]],
    ["- 0755 # octal\n", ["warning yaml.ambiguous_number 0 1:3-1:7"]],
    ["a: 1_000\n", ["warning yaml.ambiguous_number a 1:4-1:9"]],
    ["a:   22:22\n", ["warning yaml.ambiguous_number a 1:6-1:11"]],
    ["a: 1e3\n", ["warning yaml.ambiguous_number a 1:4-1:7"]],
    ["a: 2024-01-01\n", ["warning yaml.ambiguous_date a 1:4-1:14"]],
    ["a: 2024-01-01 10:00:00\n", ["warning yaml.ambiguous_date a 1:4-1:23"]],
    ["a: =\n", ["warning yaml.equals_sign a 1:4-1:5"]],
    ["a: {python_version: 3.10}\n", ["warning yaml.lost_digits a.python_version 1:21-1:25"]],
    ["versions: [3.9, 3.10]\n", ["warning yaml.lost_digits versions.1 1:17-1:21"]],
    ["a: 1\r\nb: yes\r\n", ["warning yaml.ambiguous_boolean b 2:4-2:7"]],
    [
      "a: yes\na: yes\n",
      [
        "warning yaml.ambiguous_boolean a 1:4-1:7",
        "warning yaml.duplicate_key a 2:1-2:2",
        "warning yaml.ambiguous_boolean a 2:4-2:7",
      ],
    ],
  ])("%j", ([text, findings]) => {
    expect(found(text, "attune")).toEqual(findings);
  });
});

describe("where StackStorm reads something that does not look like it, it warns", () => {
  test.for<[text: string, findings: readonly string[]]>([
    ["a: yes\n", ["warning yaml.ambiguous_boolean a 1:4-1:7"]],
    ["no: 1\n", ["warning yaml.ambiguous_boolean no 1:1-1:3"]],
    ["a: 0755\n", ["warning yaml.ambiguous_number a 1:4-1:8"]],
    ["a: 1e3\n", ["warning yaml.ambiguous_number a 1:4-1:7"]],
    ["a: =\n", ["error yaml.equals_sign a 1:4-1:5"]],
    ["version: 1.10\n", ["warning yaml.lost_digits version 1:10-1:14"]],
    ["enabled: yes\n", []],
    ["a: {type: boolean, default: no}\n", []],
    ["a: 1_000\nb: 0b11\n", []],
  ])("%j", ([text, findings]) => {
    expect(found(text, "stackstorm")).toEqual(findings);
  });
});

describe("what everybody reads alike has no finding", () => {
  test.for([
    "a: \"yes\"\nb: '0755'\n",
    "a: |\n  yes\n  on: 1\n  on: 2\n",
    "a: true\nb: FALSE\nc: 10\nd: -1.5\ne: 0x1F\nf: ~\ng: 1.0\nh: 1.2.3\ni: 0.50\nj: 0\n",
    "version: 1.0\nversions: [3.9, 1.2.10]\n",
    "# a: yes\na: on the road # no\n",
    "a: !!str yes\n",
    "=: 1\n",
    "x: &x {a: 1}\ny: &y {b: 1}\nz:\n  <<: *x\n  <<: *y\n",
    "a:\n  - b: 1\n  - b: 2\n  -\n    b: 3\n  -\n    b: 4\nc:\n  b: 1\nd:\n  b: 1\n",
    "a:\n- b: 1\n  c: 2\n- b: 1\n  c: 2\n",
    "a: {b: 1}\nc: {b: 1}\n",
  ])("%j", (text) => {
    expect([...found(text, "attune"), ...found(text, "stackstorm")]).toEqual([]);
  });
});

test.for<[text: string, places: readonly string[]]>([
  ["a: 1\nb: 2\na: 3\n", ["3:1-3:2"]],
  ['a: 1\n"a": 2\n', ["2:1-2:4"]],
  ["a:\n  b: 1\n  c: 1\n  b: 1\n", ["4:3-4:4"]],
  ["a:\n  - b: 1\n    c: 2\n    b: 3\n", ["4:5-4:6"]],
  ["a:\n- - b: 1\n    b: 2\n", ["3:5-3:6"]],
  ["a: {b: 1, c: 2, b: 3}\n", ["1:17-1:18"]],
  ["a: {b: 1,\n  b: 3}\n", ["2:3-2:4"]],
  ["- a: 1\n  b:\n    - 1\n  a: 2\n", ["4:3-4:4"]],
])("a repeated key is found where it comes again: %j", ([text, places]) => {
  expect(found(text, "attune")).toEqual(places.map((place) => expect.stringMatching(`duplicate_key .* ${place}$`)));
});

test("StackStorm gets what YAML 1.1 says, Attune what YAML 1.2 says", () => {
  const text = "a: &a yes\nb: *a\nc: 0755\nd: 1e3\ne: 'no'\nf: 2024-01-01\nx: &x {g: on}\ny: {<<: *x}\n";
  const rest = { e: "no", f: "2024-01-01" };
  expect(read(text, "stackstorm").value).toEqual({
    ...{ a: true, b: true, c: 493, d: "1e3", x: { g: true }, y: { g: true } },
    ...rest,
  });
  expect(read(text, "attune").value).toEqual({
    ...{ a: "yes", b: "yes", c: 755, d: 1000, x: { g: "on" }, y: { g: "on" } },
    ...rest,
  });
});

const scalar = fc.constantFrom(
  ...["yes", "no", "On", "OFF", "=", "0755", "1_000", "1:30", "1e3", "2024-01-01", "3.10", "0b1", "-0_7", "-1:20"],
  ...["true", "12", "a", '"yes"', "'no'", "on it", "1.5", "~", "x: y"],
);
const key = fc.constantFrom("a", "b", "version", "on", "no", "0755", '"a"', "a b", "<<", "1:30");
const plainScalar = fc.constantFrom("true", "12", "a", '"yes"', "'no'", "on it", "1.5", "~", "never", "'1.10'");
const plainKey = fc.constantFrom("a", "b", "version", '"on"', "a b", "c", "d e", "f");

type Texts = fc.Arbitrary<string>;
const blocks = (key: Texts, scalar: Texts) =>
  fc.letrec<{ node: readonly string[] }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc
        .array(fc.tuple(key, fc.oneof(scalar, tie("node"))), { minLength: 1, maxLength: 4 })
        .map((pairs) =>
          pairs.flatMap(([name, value]) =>
            typeof value === "string" ? [`${name}: ${value}`] : [`${name}:`, ...value.map((line) => `  ${line}`)],
          ),
        ),
      fc.array(fc.oneof(scalar, tie("node")), { minLength: 1, maxLength: 3 }).map((items) =>
        items.flatMap((item) => {
          if (typeof item === "string") return [`- ${item}`];
          const [first = "", ...rest] = item;
          return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
        }),
      ),
      fc
        .array(fc.tuple(key, scalar), { minLength: 1, maxLength: 3 })
        .map((pairs) => [`{${pairs.map(([name, value]) => `${name}: ${value}`).join(", ")}}`]),
    ),
  })).node;
const block = blocks(key, scalar);

test("whatever the whole search would find, the quick look suspects", () => {
  let [traps, quick] = [0, 0];
  fc.assert(
    fc.property(block, (lines) => {
      const text = `${lines.join("\n")}\n`;
      const document = parseDocument(text, { merge: true, uniqueKeys: false });
      if (document.errors.length > 0 || [...trapsIn(document.contents, [])].length === 0) return;
      traps++;
      expect(isSuspect(text)).toBe(true);
      const simple = parseSimpleYaml(text);
      if (simple === undefined) return;
      quick++;
      expect(isSuspect(text, simple.repeats), text).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(traps).toBeGreaterThan(100);
  expect(quick).toBeGreaterThan(10);
});

describe("the parser of simple files knows that everybody reads alike", () => {
  test.for([
    "ref: demo.a\nenabled: true\ntags:\n  - network\n  - x\nsize: 30\nratio: -0.5\nnone:\n",
    "version: 1.0\nversions: [3.9, 0, 100, none, nothing]\n",
    'a: "yes"\nb: \'0755\'\nc: "2024-01-01"\n"on it": |\n  on: 1\n  on: 2\n# no\nd: >-\n  0755\n',
    "a: {b: 1}\nc: [{b: 1}, {b: 2}]\nd: on the road # no\ne: yesterday\nf: new year\n",
  ])("%j", (text) => {
    expect(parseSimpleYaml(text)).toMatchObject({ alike: true });
  });
});

describe("the parser of simple files does not say so of", () => {
  const words = "yes Yes YES no No NO on On ON off Off OFF =".split(" ");
  const numbers = "0755 08 0o17 0b11 1_000 12:34:56 -1:30 1e3 1.5e+3 1.10 -1.20 +1 2024-01-01".split(" ");
  test.for([...words, ...numbers])("%s, wherever it stands", (scalar) => {
    const places = [`a: ${scalar}`, `${scalar}: 1`, `- ${scalar} # x`, `a:\n  ${scalar}\n`, `a:\n- b: ${scalar}\n`];
    for (const text of [...places, `a: [b, ${scalar}]`, `a: {${scalar}: 1}`, `a: {b: ${scalar}}`, `- ${scalar}: 1\n`]) {
      // A key is known when it comes again.
      expect(parseSimpleYaml(text)?.alike, text).not.toBe(true);
      expect(parseSimpleYaml(text)?.alike, text).not.toBe(true);
    }
  });

  test.for([
    "a: 1\na: 1\n",
    "a:\n  - b: 1\n    'b': 1\n",
    "a: {b: 1, b: 2}",
    "a: {b: {c: 1}, b: 2}",
    "a: 2024-01-01\n  10:00:00\n",
  ])("%j", (text) => {
    expect(parseSimpleYaml(text)).toMatchObject({ alike: false });
  });
});

/** Blocks with whatever else stands in files beside scalars. */
const file = fc
  .tuple(
    fc.oneof(block, blocks(plainKey, plainScalar)),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("# a: yes", "", "z: |\n  no\n  0755", "on it: 'on'"))),
  )
  .map(([lines, more]) => {
    const all = [...lines];
    for (const [at, line] of more) all.splice(at % (all.length + 1), 0, line);
    return `${all.join("\n")}\n`;
  });

test("what everybody reads alike is judged the same without the search for traps", async () => {
  let [alike, unlike] = [0, 0];
  const check = fc.asyncProperty(file, fc.constantFrom<Dialect>("attune", "stackstorm"), async (text, dialect) => {
    const simple = parseSimpleYaml(text);
    if (simple === undefined) return;
    if (!simple.alike) unlike++;
    else {
      alike++;
      expect([...trapsIn(parseDocument(text, { merge: true, uniqueKeys: false }).contents, [])]).toEqual([]);
    }
    const about = { file: "actions/a.yaml", kind: "action", dialect, pack: "demo" } as const;
    const searched = await checkFile(text, simple.value, about, { ...simple, alike: false });
    expect(await checkFile(text, simple.value, about, simple)).toEqual(searched);
  });
  await fc.assert(check, { numRuns: 1000 });
  expect(alike).toBeGreaterThan(50);
  expect(unlike).toBeGreaterThan(50);
});

test("every range lies inside of the file, and holds what was found", () => {
  fc.assert(
    fc.property(block, fc.constantFrom<Dialect>("attune", "stackstorm"), (lines, dialect) => {
      const text = `${lines.join("\n")}\n`;
      const parsed = checkYaml(text, "a.yaml");
      if (!parsed.ok) return;
      for (const { code, range } of readAsPlatform(text, parsed.value, { dialect }).findings) {
        const { line = 0, column = 0, endLine, endColumn = 0 } = range ?? {};
        expect(endLine).toBe(line);
        const marked = lines[line - 1]?.slice(column - 1, endColumn - 1) ?? "";
        if (code !== "yaml.duplicate_key") expect(readYaml11(marked).kind).not.toBe("null");
        expect(marked.trim()).toBe(marked);
        expect(marked).not.toBe("");
      }
    }),
  );
});

test("any text at all is looked at without failing", () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  const text = fc.oneof(
    fc.string({ unit }),
    fc.array(fc.constantFrom(..."-:{}[], \n\"'&*a0=", "yes", "on: ", "0_1")).map((pieces) => pieces.join("")),
  );
  fc.assert(
    fc.property(text, (source) => {
      const { findings } = readAsPlatform(source, "unchanged", { dialect: "stackstorm" });
      const lines = source.split(/\r\n|[\n\r\x85\u2028\u2029]/);
      for (const { range } of findings) expect(lines.length).toBeGreaterThanOrEqual(range?.endLine ?? 0);
    }),
  );
});

test.for([
  { title: "dashes", text: `${"- ".repeat(50_000)}a\n`, suspect: false },
  { title: "dashes and spaces", text: `${`-${" ".repeat(20)}`.repeat(5_000)}a: b c\n`, suspect: false },
  { title: "colons", text: `${"a:".repeat(60_000)}\n`, suspect: false },
  { title: "spaces", text: `a: ${" ".repeat(120_000)}x\n`, suspect: false },
  { title: "braces", text: `a: ${"{".repeat(120_000)}\n`, suspect: false },
  { title: "digits", text: `a: ${"1".repeat(120_000)}\n`, suspect: false },
  { title: "zeros", text: `a: 1.${"0".repeat(100_000)}1\n`, suspect: false },
  { title: "parts", text: `a: 1${".1".repeat(50_000)}\n`, suspect: false },
  { title: "keys", text: `${Array.from({ length: 10_000 }, (_, i) => `k${i}: 1\n`).join("")}k0: 1\n`, suspect: true },
])("many $title are looked through at once", ({ text, suspect }) => {
  expect(isSuspect(text)).toBe(suspect);
});
