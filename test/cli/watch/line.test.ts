import headless from "@xterm/headless";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plain } from "../../../src/cli/text.ts";
import { clip, lineOf, terminalLine, widthOf } from "../../../src/cli/watch/line.ts";
import { tableLines } from "../../../src/cli/watch/table.ts";
import { textOf } from "./text-of.ts";

const NAMES = [
  "core",
  "日本語パック",
  "caf\u0065\u0301",
  "👩‍🔧",
  "🇩🇪",
  "한국어",
  "a\u0300\u0301\u0302",
  "ﬃ",
  "✔️",
  "ไทย",
];

describe("cutting a text off", () => {
  test.for([
    ["core", 4, "core"],
    ["core", 3, "co…"],
    ["core", 1, "…"],
    ["core", 0, ""],
    ["日本語", 6, "日本語"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
    ["👩‍🔧👩‍🔧", 3, "👩‍🔧…"],
  ] as const)("%j to %i columns gives %j", ([text, width, expected]) => {
    expect(clip(text, width, "…")).toBe(expected);
  });

  test("never takes more room than there is, and never half a character", () => {
    const anyText = fc
      .array(fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: "grapheme" })))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, width) => {
        const cut = clip(text, width, "…");
        expect(widthOf(cut)).toBeLessThanOrEqual(width);
        expect(cut === text || cut === "" || text.startsWith(cut.slice(0, -1))).toBe(true);
        expect(cut.isWellFormed()).toBe(text.isWellFormed());
      }),
    );
  });
});

test("pieces that do not fit are cut off, and what follows is left out", () => {
  const line = lineOf([{ text: "one " }, { text: "two", format: "red" }, { text: " three" }], 6, "…");
  expect(line).toEqual([
    { text: "one ", at: 0 },
    { text: "t…", format: "red", at: 4 },
  ]);
});

/** A terminal that knows less of Unicode than we do: it thinks that emoji are narrow, or that their parts stand alone. */
test("columns stand where they should, however wide a terminal thinks that a name is", async () => {
  const rows = NAMES.map((text) => [{ text }, { text: "live" }]);
  const columns = [
    { title: "PACK", dispensable: 0 },
    { title: "STATE", dispensable: 0 },
  ];
  const lines = tableLines({ columns, rows }, 79, "…");
  const terminal = new headless.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  const written = lines.map((line) => terminalLine(line, plain)).join("\r\n");
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  const at = Math.max(...NAMES.map(widthOf)) + 2;
  const states = NAMES.map((_, index) =>
    terminal.buffer.active.getLine(index + 1)?.translateToString(true, at, at + 4),
  );
  expect(states).toEqual(NAMES.map(() => "live"));
});

describe("a table that is too wide", () => {
  const columns = [
    { title: "PACK", dispensable: 0, least: 6 },
    { title: "STATE", dispensable: 0 },
    { title: "WHY", dispensable: 1, least: 5 },
    { title: "RELEASE", dispensable: 2 },
  ];
  const rows = [[{ text: "monitoring" }, { text: "invalid" }, { text: "something long" }, { text: "1-0123abcd" }]];
  const shown = (width: number): readonly string[] => tableLines({ columns, rows }, width, "…").map(textOf);

  test.for([
    [60, "monitoring  invalid  something long  1-0123abcd"],
    [40, "monitoring  invalid  someth…  1-0123abcd"],
    [36, "monitor…  invalid  some…  1-0123abcd"],
    [30, "monitoring  invalid  somethin…"],
    [20, "monitoring  invalid"],
    [15, "monit…  invalid"],
    [12, "monit…  inv…"],
    [3, "mo…"],
  ] as const)("in %i columns", ([width, row]) => {
    expect(shown(width)[1]).toBe(row);
  });
});
