import { styleText } from "node:util";
import { expect, test } from "vitest";
import { errorText } from "../../src/cli/error-text.ts";
import { columns, findingLines, plain, plural } from "../../src/cli/text.ts";
import { PacksyncError } from "../../src/errors.ts";

test("sets columns two blanks apart, painted or not", () => {
  const red = (text: string) => styleText("red", text, { validateStream: false });
  expect(
    columns([
      ["a", "b", "c"],
      ["long", "", "x"],
      ["a", "bb", ""],
    ]),
  ).toEqual(["a     b   c", "long      x", "a     bb"]);
  expect(
    columns([
      [red("a"), "b"],
      ["long", "b"],
    ]),
  ).toEqual([`${red("a")}     b`, "long  b"]);
  expect(columns([])).toEqual([]);
});

test("sets as many rows as a large pack has files", () => {
  const rows = Array.from({ length: 300_000 }, (_, index) => ["+", `file-${index}`]);
  expect(columns(rows).at(-1)).toBe("+  file-299999");
});

test("says of a finding where, how bad, what, which code, and what to do", () => {
  const finding = {
    severity: "error",
    code: "metadata.invalid_yaml",
    message: "Expected a value",
    file: "actions/a.yaml",
    line: 3,
    column: 7,
    hint: "Add one.",
  } as const;
  expect(findingLines("core", finding, plain)).toEqual([
    "    error Expected a value [metadata.invalid_yaml]",
    "      at core/actions/a.yaml:3:7",
    "      → Add one.",
  ]);
  expect(findingLines("core", { severity: "hint", code: "x", message: "m" }, plain)).toEqual([
    "    hint m [x]",
    "      at core",
  ]);
});

test("lets no name forge a line or obey the terminal", () => {
  const evil = "a\u001b[2J\nerror b\u009b31m";
  for (const line of findingLines(
    evil,
    { severity: "error", code: "x", message: evil, file: evil, hint: evil },
    plain,
  )) {
    expect(line).not.toMatch(/\p{Cc}/u);
  }
});

test.for([
  { count: 0, text: "0 packs" },
  { count: 1, text: "1 pack" },
  { count: 2, text: "2 packs" },
])("counts: $text", ({ count, text }) => {
  expect(plural(count, "pack")).toBe(text);
});

test.for([
  {
    title: "with place and hint",
    error: new PacksyncError("CONFIG_INVALID", "Expected a number", {
      hint: "Write one.",
      position: { file: "/p.yaml", line: 2, column: 5 },
    }),
    text: "packsync: /p.yaml:2:5: Expected a number\n  → Write one.\n",
  },
  { title: "without either", error: new PacksyncError("USAGE", "No"), text: "packsync: No\n" },
  { title: "that is no error at all", error: "thrown", text: "packsync failed: thrown\n" },
])("says an error $title", ({ error, text }) => {
  expect(errorText(error, plain)).toBe(text);
});

test("says where in the program it was, for what nobody foresaw", () => {
  expect(errorText(new TypeError("x is not a function"), plain)).toMatch(
    /^packsync failed: TypeError: x is not a function\n +at .*text\.test\.ts/,
  );
});
