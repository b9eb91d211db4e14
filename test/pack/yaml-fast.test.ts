import fc from "fast-check";
import { dump } from "js-yaml";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { checkYaml, checkYamlSlowly } from "../../src/pack/yaml.ts";
import { parseSimpleYaml } from "../../src/pack/yaml-fast.ts";

describe("reads, and js-yaml would say the same,", () => {
  test.for([
    // Documents
    "",
    "\n\n# nothing\n",
    "---\n",
    "---\na: 1\n",
    "# x\n\n--- # y\na: 1\n",
    "---\n  a: 1\n  b: 2\n",
    "  a: 1\n  b: 2",
    "a: 1",
    "a: 1 ",
    "a: 1\n   ",
    "- a\n- b\n",
    "[a, b]\n",
    "~",
    // Mappings
    "a: 1\nb: 2\n",
    "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n",
    "a:\n    b: 1\nc:\n  d: 1\n",
    "a:\nb: 2\n",
    "a:\n\n  # x\n  b: 1\n\n",
    "a:   # x\n  b: 1\n",
    "key : v\n",
    "a:  v  \n",
    "a key with-some_$./(chars): v",
    "é: x\n",
    '"a": 1\n\'b\': 2\n"c" : 3\n',
    "1: x\n0x10: y\n1.50: z",
    "true: y\nFalse: n\nyes: z",
    "b: 1\na: 2\nb: 3\n",
    "2: x\n1: y\na: z",
    "constructor: 1\ntoString: 2\nhasOwnProperty: 3",
    // Lists
    "a:\n  - 1\n  - 2\nb: 3\n",
    "a:\n- 1\n- 2\nb: 3\n",
    "a:\n- b: 1\n  c:\n  - 2\n- d: 3\n",
    "- a: 1\n  b: 2\n- c:\n    d: 3\n",
    "- - x\n  - y\n- - - z\n",
    "-   a: 1\n    b: 2\n",
    "- \n-\n- # x\n- a\n",
    "-\n  a: 1\n-\n  - b\n",
    `${"- ".repeat(60)}[[[[[[[[[[x]]]]]]]]]]`,
    // Scalars
    'a: text with spaces, a-dash, it\'s "quotes" and (more)',
    "a: http://x/y?z=1#w",
    "a: b#c\nd: e #f\ng: #h\n",
    "a: x:y\nb: 10:20:30\nc: key:value\n",
    "a: -x\nb: --y\nc: ---\nd: ...\ne: $z\nf: <<\ng: <% $.x %>",
    "a: ~\nb: null\nc: Null\nd: NULL\ne: nULL\nf:\n",
    "a: true\nb: True\nc: TRUE\nd: tRUE\ne: yes\nf: on\ng: no",
    "a: 1.10\nb: 0755\nc: 0o17\nd: 0x1F\ne: 1e3\nf: .5\ng: 5.\nh: +1\ni: -0\nj: 1_000\nk: 0o8\nl: 1.2.3\nm: 0b1\nn: -0x1",
    "a: 123456789012345678901234567890\nb: 0xFFFFFFFFFFFFFFFFFF\nc: 1e400\nd: -1.5E-3",
    "a: 2001-02-03\nb: 2001-02-03 04:05:06\nc: 12:30",
    "a: 'it''s'\nb: ''\nc: ' x '\nd: 'a: b #c'\ne: '\\n'",
    'a: "x"\nb: ""\nc: "a: b #c"\nd: "\\n\\t\\"\\\\\\/"\ne: "it\'s" # y',
    "a: grüße … 日本語\nschlüssel: 'ä'\n",
    "a:\n  text\nb:\n  'quoted'\nc:\n  [x]\n",
    "a: long text\n  that goes on\n\n  and on # x\nb: 1\n  2\n",
    "- long text\n  that goes on\n- b\n",
    // Brackets
    "a: []\nb: {}\nc: [ ]\nd: { }\n",
    "a: [1, 'x', \"y\", z w , ~]\nb: [a,b]\nc: [x, ]\n",
    "a: {b: 1, 'c': x y, d: [1, {e: 2}], }\n",
    "a: [http://x, y:z, -1] # x\n",
    // Block texts
    "a: |\n  x\n   y\n\n  z\nb: 1\n",
    "a: |-\n  x\n\nb: |+\n  y\n\n\nc: |\n  z\n\n\n",
    "a: >\n  x\n  y\n\n  z\n    indented\n\n  w\nb: >-\n  x\n\n\n  y\n",
    "a: | # x\n\n  # no comment\n  - x: y\n  # x\n# y\n",
    "- |\n x\n- >-\n y\n y\n",
    "a:\n  - b: |\n      x\n    c: 1\n",
    "a: |\n  x\n    \n  y",
  ])("%j", (text) => {
    expect(parseSimpleYaml(text)).toBeDefined();
    expectSound(text);
  });
});

describe("leaves to js-yaml", () => {
  test.for([
    // Which accepts
    "text\n",
    "|\n  x\n",
    "a: 1\n...\n",
    "%YAML 1.2\n---\na: 1",
    "--- {a: 1}\n",
    "? a\n: b\n",
    "a: !!str 1",
    "a: &x 1\nb: *x",
    "a: &x {b: 1}\nc:\n  <<: *x",
    '"<<": 1',
    "__proto__: 1",
    "a: [1,\n  2]",
    "a: {b, c}",
    "a: [b: c]",
    'a: {"b":1}',
    "a: 'x\n  y'",
    'a: "x\n  y"',
    'a: "\\u00e9\\x41\\0"',
    "a: |2\n   x",
    "a: |\n\nb: 1",
    "a: |+\n  x\n  ",
    "a: .inf\nb: -.INF\nc: .nan",
    "a: ?x\nb: :y",
    "a: 1\r\nb: 2\r\n",
    "a: x\ty",
    "a: 💥",
    "\uFEFFa: 1",
    "a: 1\u0085b: 2\u2028c: 3",
    'a: "x"#y',
    `${"- ".repeat(100)}x`,
    // Which refuses
    "a: b: c",
    "a: 'b': c",
    "a: 1\n  b: 2",
    "a:\n    b: 1\n  c: 2",
    "  a: 1\nb: 2",
    "- a\nb: 1",
    "- a: 1\n - b",
    "- a: 1\n  - b",
    "a:\n  - b\n - c",
    "a:\n  null\n- b",
    "a: - b",
    "a: 1\nfoo\nb: 2",
    ": x",
    "null: x",
    "a: it's\n'b",
    "a: 'it's'",
    "a: 'x",
    'a: "\\d"',
    'a: "x\\',
    "a: {{ x }}",
    "a: {x: y:}",
    "a: [x",
    "a: [,]",
    "a: [x]]",
    "a: ]",
    "a: @x",
    "a: `x`",
    "a: %x",
    "a: *x",
    "a: |x\n  y",
    "a: |\n    \n  x",
    "a:\n\tb: 1",
    "a: long\n  text: x",
    "a: 1\n---\nb: 2",
    "--- a: 1",
    "a: x\0y",
    "a: \uD800",
  ])("%j", (text) => {
    expect(parseSimpleYaml(text)).toBeUndefined();
    expect(checkYaml(text, "x.yaml")).toEqual(checkYamlSlowly(text, "x.yaml"));
  });

  test("bytes that are no UTF-8", () => {
    expect(checkYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), "x.yaml")).toMatchObject({ ok: false });
  });

  test.for([
    { title: "a large file", text: `a: ${"x".repeat(200_000)}` },
    { title: "deep lists", text: "- ".repeat(60_000) },
    { title: "deep brackets", text: `a: ${"[".repeat(100_000)}` },
    { title: "deep mappings", text: Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("") },
    { title: "many quotes", text: `a: ${"'".repeat(100_001)}` },
    { title: "many escapes", text: `a: "${"\\\\".repeat(60_000)}` },
    { title: "a long folded text and an end that is wrong", text: `a: ${"x\n\n ".repeat(30_000)}b: c` },
    { title: "many colons", text: `a: ${"b:c ".repeat(30_000)}: d` },
  ])("$title", ({ text }) => {
    expect(parseSimpleYaml(text)).toBeUndefined();
  });
});

describe("never says anything but what js-yaml says, of", () => {
  test("any character anywhere", () => {
    const codes = [...Array(0x180).keys(), 0x2027, 0x2028, 0x2029, 0x202a, 0xd7ff, 0xd800, 0xdfff, 0xe000];
    for (const code of [...codes, 0xfefe, 0xfeff, 0xff00, 0xfffc, 0xfffd, 0xfffe, 0xffff]) {
      const x = String.fromCharCode(code);
      for (const text of [`a: ${x}`, `a: b${x}c`, `${x}b: 1`, `a: '${x}'`, `a: "${x}"`, `a: [b${x}c]`, `a: |\n b${x}c`])
        expectSound(text);
      for (const text of [`# ${x}\na: 1`, `a: 1 #${x}`, `a: "\\${x}"`, `a: b ${x}`, `- ${x} b`, `a:${x}b`, `a${x}: b`])
        expectSound(text);
    }
  });

  test("numbers and what resembles them", () => {
    const digits = fc.stringMatching(/^[-+]?[0-9.xobeE_:+-]{1,20}$/);
    fc.assert(fc.property(digits, (number) => expectSound(`a: ${number}\n${number}: [${number}]\n`)));
  });

  test("what is written in any style", () => {
    fc.assert(fc.property(written(fc.jsonValue({ maxDepth: 5 })), expectSound), { numRuns: 500 });
  });

  test("what is written in any style, with a mistake in it", () => {
    const text = fc
      .tuple(written(fc.jsonValue({ maxDepth: 4 })), fc.nat(), fc.nat(3), fragment)
      .map(([whole, at, cut, inserted]) => {
        const start = at % (whole.length + 1);
        return whole.slice(0, start) + inserted + whole.slice(start + cut);
      });
    fc.assert(fc.property(text, expectSound), { numRuns: 2500 });
  });

  test("lines of anything", () => {
    const line = fc
      .tuple(fc.nat(3), fc.array(fragment, { maxLength: 5 }))
      .map(([indent, fragments]) => `${"  ".repeat(indent)}${fragments.join("")}`);
    const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join("\n"));
    fc.assert(fc.property(text, expectSound), { numRuns: 2500 });
  });
});

test("reads all that is written of plain definitions", () => {
  const word = fc.stringMatching(/^[a-z][a-z_]{0,9}$/);
  const leaf = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 30 }).map((words) => words.join(" ")),
    fc.array(word, { minLength: 2, maxLength: 4 }).map((lines) => `${lines.join("\n")}\n`),
    fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.constant("it's: a #text"), fc.constant("")),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.dictionary(word, tie("node"), { minKeys: 1, maxKeys: 6, noNullPrototype: true }),
    node: fc.oneof({ maxDepth: 3 }, leaf, tie("value"), fc.array(tie("node"), { maxLength: 4 })),
  }));
  fc.assert(
    fc.property(value, (definition) => {
      for (const text of [stringify(definition), dump(definition)]) {
        expect(parseSimpleYaml(text)).toEqual({ value: definition, repeats: false, alike: expect.any(Boolean) });
      }
    }),
  );
});

/** The law: what is read is what js-yaml reads, down to the order of the keys. */
function expectSound(text: string): void {
  const simple = parseSimpleYaml(text);
  if (simple === undefined) return;
  const slow = checkYamlSlowly(text, "x.yaml");
  expect(slow, text).toStrictEqual({ ok: true, value: simple.value });
  if (slow.ok) expect(JSON.stringify(simple.value)).toBe(JSON.stringify(slow.value));
}

function written(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const writers: readonly ((value: unknown) => string)[] = [
    (x) => stringify(x),
    (x) => stringify(x, { indent: 4, indentSeq: false, defaultStringType: "QUOTE_SINGLE", lineWidth: 20 }),
    (x) => stringify(x, { collectionStyle: "flow", lineWidth: 0 }),
    (x) => stringify(x, { blockQuote: "folded", directives: true, lineWidth: 30 }),
    (x) => dump(x),
    (x) => dump(x, { indent: 3, flowLevel: 2, lineWidth: 20 }),
  ];
  return fc.tuple(value, fc.constantFrom(...writers)).map(([x, write]) => write(x));
}

const fragment = fc.constantFrom(
  ..."a|b|c d|a: |b: |c:|: |:|- |- - |-|? |'|''|'a'|\"|\"b\"|\\|{|}|[|]|, |,|#| #| # c|@|`|%|!|!x |&a |*a|<<: ".split(
    "|",
  ),
  ..."| |> |- |---|...|=|{{ x }}|[a, b]|{a: 1}|1|-1|0x1|.5|~|null|true|x:y|é".split(" "),
  ..." ,  ,\n,\n ,\n  ,\n\n,\n- ,\n---\n,|\n  x,>\n x\n  y\n,|+\n x\n\n,|-,\t,\r,\0,\u2028,\uFEFF,💥,\uD800".split(","),
);
