import { describe, expect, test } from "vitest";
import { shownIn } from "../../../src/cli/watch/signs.ts";

describe("a terminal that understands UTF-8 by its locale gets it, another one ASCII", () => {
  test.for([
    { env: { LANG: "C.UTF-8" }, text: "… é 😀" },
    { env: { LANG: "en_US.utf8" }, text: "… é 😀" },
    { env: { LC_CTYPE: "de_DE.UTF-8", LANG: "C" }, text: "… é 😀" },
    { env: { LC_ALL: "C", LANG: "en_US.UTF-8" }, text: "... \\u00e9 \\u{1f600}" },
    { env: { LC_ALL: "", LANG: "en_US.ISO-8859-1" }, text: "... \\u00e9 \\u{1f600}" },
    { env: {}, text: "... \\u00e9 \\u{1f600}" },
  ])("$env", ({ env, text }) => {
    expect(shownIn(env)("… é 😀")).toBe(text);
  });
});

describe("nothing in a name moves the cursor, forges a line, or turns it round", () => {
  test.for([
    ["\u001b[2Jgone", "\\u001b[2Jgone"],
    ["a\nb\tc\r", "a\\nb\\tc\\r"],
    ["\u009b31mred", "\\u009b31mred"],
    ["evil\u202egpj.exe", "evil\\u202egpj.exe"],
    ["caf\udce9", "caf\\xe9"],
  ])("%j", ([given = "", expected]) => {
    expect(shownIn({ LANG: "C.UTF-8" })(given)).toBe(expected);
  });

  test("what joins emoji stays", () => {
    expect(shownIn({ LANG: "C.UTF-8" })("👩‍🔧")).toBe("👩‍🔧");
  });
});
