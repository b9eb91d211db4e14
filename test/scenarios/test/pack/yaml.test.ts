import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkYaml } from "../../src/pack/yaml.ts";
import { keyPosition } from "../../src/pack/yaml-positions.ts";

describe("reads", () => {
  test.for([
    { title: "an empty file", text: "", value: null },
    { title: "comments only", text: "# nothing\n", value: null },
    { title: "an empty document", text: "---\n", value: null },
    { title: "a document that ends", text: "---\na: 1\n...\n", value: { a: 1 } },
    { title: "a byte order mark", text: "\uFEFFa: 1", value: { a: 1 } },
    { title: "Windows' line ends", text: "a: 1\r\nb: 2\r\n", value: { a: 1, b: 2 } },
    { title: "the old Mac's line ends", text: "a: 1\rb: 2\r", value: { a: 1, b: 2 } },
    { title: "the line ends of YAML 1.1", text: "a: 1\u2028b: 2\u0085", value: { a: 1, b: 2 } },
    { title: "capitalised booleans", text: "a: True\nb: FALSE", value: { a: true, b: false } },
    { title: "yes and on as texts", text: "a: yes\non: 1", value: { a: "yes", on: 1 } },
    {
      title: "merge keys",
      text: "a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}",
      value: { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } },
    },
    {
      title: "merge keys of many",
      text: "- &a {x: 1}\n- &b {y: 2}\n- {<<: [*a, *b]}",
      value: [{ x: 1 }, { y: 2 }, { x: 1, y: 2 }],
    },
    { title: "the last of repeated keys", text: "a: 1\nb: 2\na: 3", value: { a: 3, b: 2 } },
    { title: "numbers as keys", text: "200: ok", value: { "200": "ok" } },
    { title: "a key named __proto__", text: "__proto__: 1", value: JSON.parse('{"__proto__": 1}') },
    { title: "YAQL", text: "a: <% ctx().x %>", value: { a: "<% ctx().x %>" } },
    { title: "quoted Jinja", text: 'a: "{{ x }}"', value: { a: "{{ x }}" } },
    {
      title: "known tags",
      text: "a: !!str 1\nb: !!timestamp 2001-02-03",
      value: { a: "1", b: new Date("2001-02-03") },
    },
    { title: "tabs inside a text", text: "a: |\n  x\n  \ty\n\n", value: { a: "x\n\ty\n" } },
    { title: "tabs inside brackets", text: "a: [\n\t1\n\t]", value: { a: [1] } },
    { title: "quoted lines without indentation", text: "a:\n  b: 'x\ny\n z'\n", value: { a: { b: "x y z" } } },
    {
      title: "bracketed lines without indentation",
      text: "a: {\nb: [1,\n2],\n}\nc: 3",
      value: { a: { b: [1, 2] }, c: 3 },
    },
    { title: "a comment close behind a text", text: 'a: "x"#y\nb: 1', value: { a: "x", b: 1 } },
  ])("$title as the platforms do", ({ text, value }) => {
    expect(checkYaml(text, "x.yaml")).toEqual({ ok: true, value });
    expect(checkYaml(new TextEncoder().encode(text), "x.yaml")).toEqual({ ok: true, value });
  });
});

describe("refuses", () => {
  test.for([
    { title: "a tab as indentation", text: "a:\n\tb: 1", at: [2, 1], got: "Expected spaces as indentation, got a tab" },
    { title: "a tab before a comment", text: "a: 1\n \t# x\nb: 2", at: [2, 2], got: "got a tab" },
    { title: "a tab in an empty line", text: "a: |\n  x\n\t\nb: 2", at: [3, 1], got: "got a tab" },
    { title: "an unquoted template", text: "a: 1\nb: {{ x }}", at: [2, 4], got: "got `{{ x }}`" },
    { title: "a template with more behind it", text: "a: {{ x }}/y", at: [1, 4], got: "got `{{ x }}/y`" },
    { title: "an unquoted block template", text: "a:\n  - {% x %}", at: [2, 5], got: "got `{% x %}`" },
    { title: "an unquoted colon", text: "a: 1\nmessage: Error: no file", at: [2, 10], got: "got `Error: no file`" },
    { title: "an @ in front", text: "a: @x", at: [1, 4], got: "Expected a value, got `@x`" },
    { title: "a backtick in front", text: "a: `x`", at: [1, 4], got: "Expected a value" },
    { title: "a % in front", text: "a: %x", at: [1, 4], got: "Expected a value" },
    { title: "an asterisk in front", text: "a: *x", at: [1, 4], got: "got `*x`" },
    {
      title: "an open quote, where it opens",
      text: "a: 1\nb: 'x\nc: 2\n",
      at: [2, 4],
      got: "Expected a closing quote, got `'x`",
    },
    { title: "an open bracket", text: "a: [1,\nb: 2\n", at: [2, 1], got: "Expected `,` or `]`, got `b: 2`" },
    { title: "an open brace", text: "a: {x: 1,\nb: 2\n\n\n", at: [2, 1], got: "Expected `,` or `}`, got `b: 2`" },
    { title: "more behind a quoted value", text: "a: 'it's'", at: [1, 8], got: "got `s'`" },
    { title: "too much indentation", text: "a: 1\n  b: 2", at: [2, 3], got: "got `b: 2`" },
    { title: "too little indentation", text: "a:\n    b: 1\n  c: 2", at: [3, 3], got: "got `c: 2`" },
    { title: "a mapping below a list", text: "- a\nb: 1", at: [2, 1], got: "got `b: 1`" },
    {
      title: "a list behind its key",
      text: "a: - b",
      at: [1, 4],
      got: "Expected a list to begin on a line of its own",
    },
    { title: "a line without key", text: "a: 1\nfoo\nb: 2", at: [2, 1], got: "Expected `key: value`, got `foo`" },
    { title: "an entry without key", text: "a:\n  : x", at: [2, 3], got: "Expected a text as key, got `: x`" },
    { title: "a list as key", text: "? [1, 2]\n: 3", at: [1, 3], got: "Expected a text as key" },
    {
      title: "a mapping as key, by an alias",
      text: "a: &a {x: 1}\n*a : 1",
      at: [2, 1],
      got: "Expected a text as key, got `*a : 1`",
    },
    { title: "an unknown escape", text: 'a: "\\d"', at: [1, 5], got: 'got `\\d"`' },
    {
      title: "a second document",
      text: "a: 1\n---\nb: 2",
      at: [2, 1],
      got: "Expected one YAML document in the file, got `---`",
    },
    { title: "a custom tag", text: "a: !foo x", at: [1, 4], got: "got `!foo x`" },
    { title: "a tag of Python's", text: "a: !!python/object:os.system x", at: [1, 4], got: "`!!python/object" },
    { title: "another YAML", text: "%YAML 2.0\n---\na: 1", at: [1, 7], got: "got `2.0`" },
    { title: "a merge key of a text", text: "a: 1\n<<: x", at: [2, 1], got: "Expected `<<` to name a mapping" },
    { title: "a NUL", text: "a: 1\nb: x\0y", at: [2, 5], got: "got the control character `U+0000`" },
    { title: "an escape sequence of a terminal", text: "a: \x1B[31m", at: [1, 4], got: "`U+001B`" },
    { title: "half a character", text: "a: \uD800", at: [1, 4], got: "`U+D800`" },
  ])("$title", ({ text, at: [line, column], got }) => {
    const check = checkYaml(text, "actions/x.yaml");
    expect(check).toEqual({
      ok: false,
      diagnostics: [
        expect.objectContaining({
          severity: "error",
          code: "metadata.invalid_yaml",
          file: "actions/x.yaml",
          line,
          column,
          message: expect.stringContaining(got),
        }),
      ],
    });
  });

  test.for([
    { title: "Latin-1", bytes: [...ascii("a: 1\nb: caf"), 0xe9, ...ascii(" x\n")], at: [2, 7], byte: "0xe9" },
    { title: "a character that ends too early", bytes: [...ascii("a: "), 0xe2, 0x82], at: [1, 4], byte: "0xe2" },
    { title: "UTF-16", bytes: [0xff, 0xfe, 0x61, 0x00], at: [1, 1], byte: "0xff" },
    { title: "a bad byte behind a byte order mark", bytes: [0xef, 0xbb, 0xbf, 0x61, 0x80], at: [1, 2], byte: "0x80" },
    { title: "a bad byte behind an empty line", bytes: [...ascii("a: 1\n\n"), 0xc0], at: [3, 1], byte: "0xc0" },
  ])("$title", ({ bytes, at: [line, column], byte }) => {
    const check = checkYaml(Uint8Array.from(bytes), "x.yaml");
    expect(check).toMatchObject({
      ok: false,
      diagnostics: [{ message: `Expected UTF-8, got the byte \`${byte}\``, line, column }],
    });
  });

  test("every tag and every template at once, from top to bottom, ten at most", () => {
    expect(linesOf("a: !x 1\nb: {{ x }}\nc: !y 2\n")).toEqual([1, 2, 3]);
    expect(linesOf("- {{ x }}\n".repeat(50))).toHaveLength(10);
  });
});

describe("says what to do about", () => {
  test.for([
    { title: "tabs", text: "a:\n\tb: 1", hint: "replace them by spaces" },
    { title: "templates", text: "a: {{ x }}", hint: 'key: "{{ x }}"' },
    { title: "colons", text: "a: b: c", hint: 'key: "a: b"' },
    { title: "reserved characters", text: "a: @b", hint: "Quote a value that begins with `@`" },
    { title: "apostrophes", text: "a: 'it's'", hint: "is written ''" },
    { title: "tags", text: "a: !b c", hint: "Remove the tag" },
    { title: "documents", text: "---\n---\n", hint: "second `---`" },
    { title: "encodings", text: Uint8Array.of(0xff), hint: "UTF-8" },
  ])("$title", ({ text, hint }) => {
    const check = checkYaml(text, "x.yaml");
    expect(check).toMatchObject({ ok: false, diagnostics: [{ hint: expect.stringContaining(hint) }] });
  });
});

describe("survives", () => {
  test.for([
    { title: "deep lists", text: "[".repeat(100_000) },
    { title: "deep closed lists", text: "[".repeat(50_000) + "]".repeat(50_000) },
    { title: "deep mappings", text: "{a: ".repeat(100_000) },
    { title: "deep blocks", text: "- ".repeat(100_000) },
    { title: "deep keys", text: "? ".repeat(100_000) },
    { title: "a mistake before deep lists", text: `a: b: c\nd: ${"[".repeat(20_000)}` },
    { title: "a billion laughs", text: laughs(30) },
    { title: "an alias of itself", text: "&a [*a, *a]" },
    { title: "aliases in a long row", text: chain(10_000) },
    { title: "merged laughs", text: mergeChain(200) },
    { title: "many closing brackets", text: "]".repeat(50_000) },
    { title: "many open quotes", text: 'a: "x\n'.repeat(10_000) },
    { title: "unindented brackets without end", text: `a: [${"\nx,".repeat(20_000)}` },
  ])("$title, which it refuses", ({ text }) => {
    expect(checkYaml(text, "x.yaml").ok).toBe(false);
  });

  test.for([
    { title: "ten million characters", text: `a: ${"x".repeat(10_000_000)}` },
    { title: "ten million spaces", text: " ".repeat(10_000_000) },
    { title: "many tabs in a text", text: `a: |\n${"  \tx\n".repeat(50_000)}` },
    { title: "a hundred levels", text: "[".repeat(100) + "]".repeat(100) },
    { title: "a thousand aliases", text: `a: &a {x: 1}\nb:\n${"  - *a\n".repeat(1000)}` },
  ])("$title, which it accepts", ({ text }) => {
    expect(checkYaml(text, "x.yaml").ok).toBe(true);
  });
});

describe("for any input", () => {
  const token = fc.constantFrom(
    ...[
      "a",
      "b: ",
      ":",
      "- ",
      "? ",
      "\n",
      "\n  ",
      "\t",
      " ",
      "'",
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      "#",
      " # ",
      "@",
      "`",
      "%",
      "!",
      "!x ",
    ],
    ...[
      "!!str ",
      "&a ",
      "*a",
      "<<: ",
      "|",
      ">",
      "---",
      "...",
      "\n---\n",
      "{{ x }}",
      "\\",
      "\r",
      "\0",
      "\uFEFF",
      "\u2028",
      "é",
      "💥",
      "\uD800",
      "1",
    ],
  );
  const yamlish = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(""));

  test("never throws, and points into the text", () => {
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: "binary" })), (text) => pointsInto(text, text)),
      { numRuns: 2000 },
    );
  });

  test("never throws, and points into the bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc
        .tuple(yamlish, fc.uint8Array({ maxLength: 3 }))
        .map(([text, tail]) => Buffer.concat([Buffer.from(text), tail])),
    );
    fc.assert(
      fc.property(bytes, (source) => pointsInto(source, new TextDecoder().decode(source))),
      { numRuns: 1000 },
    );
  });

  test("reads back what JSON writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(checkYaml(JSON.stringify(value), "x.yaml")).toEqual({
          ok: true,
          value: JSON.parse(JSON.stringify(value)),
        });
      }),
    );
  });

  function pointsInto(source: string | Uint8Array, text: string): void {
    const check = checkYaml(source, "x.yaml");
    if (check.ok) return;
    const lines = text.replace(/^\uFEFF/, "").split(/\r\n|[\n\r\x85\u2028\u2029]/);
    expect(check.diagnostics.length).toBeGreaterThan(0);
    for (const { line = 0, column = 0, message } of check.diagnostics) {
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(message).toMatch(/^Expected .+, got .+$/);
    }
  }
});

describe("keyPosition", () => {
  const text = "# x\nref: a\nlist:\n  - {name: b}\n  - name: c\nbase: &base\n  deep: 1\nother: *base\nref: d\n";

  test.for([
    { path: [], at: [2, 1] },
    { path: ["list"], at: [3, 1] },
    { path: ["list", "0"], at: [4, 5] },
    { path: ["list", "0", "name"], at: [4, 6] },
    { path: ["list", "1", "name"], at: [5, 5] },
    { path: ["base", "deep"], at: [7, 3] },
    { path: ["other", "deep"], at: [7, 3] },
    { path: ["ref"], at: [9, 1] },
  ])("finds $path at $at", ({ path, at: [line, column] }) => {
    expect(keyPosition(text, path)).toEqual({ line, column });
    expect(keyPosition(new TextEncoder().encode(`\uFEFF${text}`), path)).toEqual({ line, column });
  });

  test.for([
    { path: ["none"] },
    { path: ["ref", "x"] },
    { path: ["list", "2"] },
    { path: ["list", "name"] },
    { path: ["other", "deep", "0"] },
  ])("finds nothing at $path", ({ path }) => {
    expect(keyPosition(text, path)).toBeUndefined();
  });

  test.for([{ text: "" }, { text: "a: b: c" }, { text: "\0" }, { text: "[".repeat(50_000) }])(
    "never throws",
    ({ text }) => {
      expect(() => [keyPosition(text, []), keyPosition(text, ["a"])]).not.toThrow();
    },
  );
});

function linesOf(text: string): (number | undefined)[] {
  const check = checkYaml(text, "x.yaml");
  return check.ok ? [] : check.diagnostics.map(({ line }) => line);
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** Each level ten times as large as the one above it. */
function laughs(levels: number): string {
  const level = (n: number) =>
    `a${n}: &a${n} [${Array(10)
      .fill(n === 0 ? "x" : `*a${n - 1}`)
      .join(", ")}]\n`;
  return Array.from({ length: levels }, (_, n) => level(n)).join("");
}

function chain(links: number): string {
  return Array.from({ length: links }, (_, n) => `x: &a${n} [${n === 0 ? "x" : `*a${n - 1}`}]\n`).join("");
}

function mergeChain(links: number): string {
  const link = (n: number) =>
    `a${n}: &a${n}\n  k${n}: 1\n  <<: [${Array(90)
      .fill(`*a${n - 1}`)
      .join(", ")}]\n`;
  return `a0: &a0 {x: 1}\n${Array.from({ length: links }, (_, n) => link(n + 1)).join("")}`;
}
