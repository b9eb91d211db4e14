import { frameOf, type Marked } from "../pack/frame.ts";
import type { Paint } from "./text.ts";

/** The lines around a finding, with their numbers and a caret under what is meant; see {@link frameOf}. */
export function codeFrame(lines: readonly string[], marked: Marked, paint: Paint): string[] {
  const frame = frameOf(lines, marked);
  const gutter = String(frame.at(-1)?.line ?? 0).length;
  return frame.flatMap(({ line, text, marked: range }) => {
    const head = `${range === undefined ? " " : ">"} ${String(line).padStart(gutter)} |`;
    const row = `${paint(range === undefined ? "dim" : "red", head)} ${text}`.trimEnd();
    if (range === undefined) return [row];
    const blank = " ".repeat(widthOf(text.slice(0, range[0])));
    const width = Math.max(1, widthOf(text.slice(0, range[1])) - blank.length);
    return [row, `${paint("dim", `  ${" ".repeat(gutter)} |`)} ${blank}${paint("red", "^".repeat(width))}`];
  });
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;

/** In columns: what East Asia writes takes two, a combining mark none. */
function widthOf(text: string): number {
  return Array.from(text).reduce((sum, char) => sum + (/\p{M}/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1), 0);
}
