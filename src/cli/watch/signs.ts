import { printableName } from "../../platform/names.ts";

/** Makes text harmless for a terminal, and such that it can show it. */
export type Shown = (text: string) => string;

/**
 * Control characters and what turns the direction of writing are escaped: a name cannot forge a line. A terminal that does not
 * say that it understands UTF-8, as locale(7) has it, gets ASCII only.
 */
export function shownIn(env: Readonly<Record<string, string | undefined>>): Shown {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "C";
  return /utf-?8/i.test(locale) ? harmless : (text) => asciiOf(harmless(text));
}

/** U+200D stays: it joins emoji. */
const TURNS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function harmless(text: string): string {
  return printableName(text).replaceAll(TURNS, escaped);
}

const SIGNS: Readonly<Record<string, string>> = { "…": "...", "·": "-", "→": "->", "↳": "`-" };

function asciiOf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, (char) => SIGNS[char] ?? escaped(char));
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
