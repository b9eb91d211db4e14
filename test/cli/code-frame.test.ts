import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeFrame } from "../../src/cli/code-frame.ts";
import { plain } from "../../src/cli/text.ts";

const lines = ["ref: demo", "label: Demo", "version: 0.1", ""];

test.for([
  {
    title: "three lines, with the caret under the whole range",
    marked: { line: 2, column: 1, endLine: 2, endColumn: 6 },
    frame: ["  1 | ref: demo", "> 2 | label: Demo", "    | ^^^^^", "  3 | version: 0.1"],
  },
  {
    title: "two lines at the end: what follows the last line's end is none",
    marked: { line: 3, column: 10, endLine: 3, endColumn: 13 },
    frame: ["  2 | label: Demo", "> 3 | version: 0.1", "    |          ^^^"],
  },
  {
    title: "one caret without an end",
    marked: { line: 1, column: 3 },
    frame: ["> 1 | ref: demo", "    |   ^", "  2 | label: Demo"],
  },
  {
    title: "a caret behind the line's end",
    marked: { line: 1, column: 10, endLine: 1, endColumn: 10 },
    frame: ["> 1 | ref: demo", "    |          ^", "  2 | label: Demo"],
  },
  {
    title: "what goes over several lines to the first line's end",
    marked: { line: 2, column: 8, endLine: 3, endColumn: 4 },
    frame: ["  1 | ref: demo", "> 2 | label: Demo", "    |        ^^^^", "  3 | version: 0.1"],
  },
  { title: "nothing where the file is shorter by now", marked: { line: 9, column: 1 }, frame: [] },
  { title: "nothing without a line", marked: {}, frame: [] },
])("shows $title", ({ marked, frame }) => {
  expect(codeFrame(lines, marked, plain)).toEqual(frame);
});

test("aligns the numbers of lines with more digits", () => {
  const many = Array.from({ length: 12 }, (_, index) => `k${index}: v`);
  expect(codeFrame(many, { line: 9, column: 1, endLine: 9, endColumn: 3 }, plain)).toEqual([
    "   8 | k7: v",
    ">  9 | k8: v",
    "     | ^^",
    "  10 | k9: v",
  ]);
});

test("cuts a long line around the caret", () => {
  const long = `${"a".repeat(300)}HERE${"b".repeat(300)}`;
  const [line = "", caret = ""] = codeFrame([long], { line: 1, column: 301, endLine: 1, endColumn: 305 }, plain);
  expect(line.length).toBeLessThan(120);
  expect(line).toMatch(/^> 1 \| …a+HEREb+…$/);
  expect(caret.indexOf("^")).toBe(line.indexOf("HERE"));
  expect(caret.trimEnd().endsWith("^^^^")).toBe(true);
});

describe("a terminal", () => {
  test("is shown characters that it would obey as pictures", () => {
    const [line = ""] = codeFrame(["a\u001b[31mb\u202ec\u0007"], { line: 1, column: 1 }, plain);
    expect(line).toBe("> 1 | a␛[31mb\uFFFDc␇");
  });

  test("has the caret in the right column behind wide characters and tabs", () => {
    const [line = "", caret = ""] = codeFrame(["\t日本: x"], { line: 1, column: 6, endLine: 1, endColumn: 7 }, plain);
    expect(line).toBe("> 1 |  日本: x");
    expect(caret.indexOf("^")).toBe(line.indexOf("x") + 2); // each of the two takes a second column
  });

  test("never gets a control character, nor a line that is too long, wherever the range is", () => {
    const place = fc.integer({ min: 1, max: 400 });
    const text = fc.string({ unit: "binary", maxLength: 400 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), place, place, place, place, (given, line, column, more, end) => {
        const frame = codeFrame(
          given,
          { line: line % 5, column, endLine: (line % 5) + (more % 2), endColumn: end },
          plain,
        );
        for (const shown of frame) {
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
          expect(shown.length).toBeLessThan(320);
          expect(shown.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
