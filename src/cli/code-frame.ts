import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Paint } from "./text.ts";

/** How much of a line is shown, in columns of a terminal. */
const WIDTH = 100;
/** How much of it stands before the caret, where there is more than fits. */
const BEFORE = 40;

type Marked = Pick<Diagnostic, "line" | "column" | "endLine" | "endColumn">;

/**
 * The lines around a finding, with their numbers and a caret under what is meant; nothing where the file has no such
 * line any more.
 *
 * @param lines of the file, without their ends
 */
export function codeFrame(lines: readonly string[], marked: Marked, paint: Paint): string[] {
  const { line, column = 1 } = marked;
  const text = line === undefined ? undefined : lines[line - 1];
  if (line === undefined || text === undefined) return [];
  const end = endOf(text, marked);
  const cut = cutAround(text, column - 1);
  const gutter = String(Math.min(line + 1, lines.length)).length;
  const row = (number: number): string[] => {
    const content = lines[number - 1];
    if (content === undefined || (number > line && number === lines.length && content === "")) return [];
    const isIt = number === line;
    const head = `${isIt ? ">" : " "} ${String(number).padStart(gutter)} |`;
    const shown = windowOf(content, cut);
    return [`${paint(isIt ? "red" : "dim", head)} ${shown}`.trimEnd()];
  };
  const blank = " ".repeat(widthOf(windowOf(text.slice(0, column - 1), cut)));
  const width = Math.max(1, widthOf(windowOf(text.slice(0, end), cut)) - blank.length);
  const caret = `${paint("dim", `  ${" ".repeat(gutter)} |`)} ${blank}${paint("red", "^".repeat(width))}`;
  return [...row(line - 1), ...row(line), caret, ...row(line + 1)];
}

/** Where the marked text ends in its first line, exclusively, from 0. */
function endOf(text: string, { line = 1, column = 1, endLine = line, endColumn = column }: Marked): number {
  const end = endLine > line ? text.trimEnd().length : endColumn - 1;
  return Math.min(Math.max(end, column), Math.max(text.length, column));
}

/** How many UTF-16 units of each line are left out at its beginning, so that `column` (from 0) is seen. */
function cutAround(text: string, column: number): number {
  return text.length <= WIDTH || column < WIDTH - BEFORE ? 0 : column - BEFORE;
}

function windowOf(text: string, cut: number): string {
  const shown = harmless(text.slice(cut, cut + WIDTH).toWellFormed());
  const before = cut > 0 ? "…" : "";
  return `${before}${shown}${text.length > cut + WIDTH ? "…" : ""}`;
}

/** Nothing that a terminal would obey, and each character as wide as the caret expects it. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === "\t") return " ";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\uFFFD";
  });
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

/** In columns: what East Asia writes takes two, a combining mark none. */
function widthOf(text: string): number {
  return Array.from(text).reduce((sum, char) => sum + (/\p{M}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1), 0);
}
