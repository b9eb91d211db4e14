import { type Cursor, contentOf, DASH, GREATER, NEWLINE, OUTSIDE, SPACE, toLineEnd } from "./yaml-fast-cursor.ts";

const PLUS = 0x2b;

/**
 * A text that begins with `|` or `>`, without indentation indicator. Afterwards the cursor is on the end of its last
 * line.
 *
 * @param parent the column of the collection around it
 */
export function readBlockText(cursor: Cursor, parent: number): string | typeof OUTSIDE {
  const { text, at } = cursor;
  const chomping = text.charCodeAt(at + 1);
  cursor.at += chomping === DASH || chomping === PLUS ? 2 : 1;
  if (!toLineEnd(cursor)) return OUTSIDE;
  const indent = indentOf(text, cursor.at + 1, parent);
  if (indent === undefined) return OUTSIDE;

  const lines = readLines(cursor, indent);
  // Whether spaces at the end of the file are a line depends on what is in front of them and behind.
  if (cursor.at === text.length - 1 && text.charCodeAt(cursor.at - 1) === SPACE) return OUTSIDE;
  const count = lines.findLastIndex((line) => line !== "") + 1;
  const content = lines.slice(0, count);
  const value = text.charCodeAt(at) === GREATER ? folded(content) : content.join("\n");
  if (chomping === DASH) return value;
  return value + "\n".repeat(chomping === PLUS ? lines.length - count + 1 : 1);
}

/** What joins two lines of a text that is folded. */
export function foldedBreaks(emptyLines: number): string {
  return emptyLines === 0 ? " " : "\n".repeat(emptyLines);
}

/** The indentation of the first line that is not empty; `undefined` if it is too small, or an empty line has more. */
function indentOf(text: string, start: number, parent: number): number | undefined {
  let widest = 0;
  for (let lineStart = start; lineStart < text.length; ) {
    const content = contentOf(text, lineStart);
    const indent = content - lineStart;
    if (text.charCodeAt(content) !== NEWLINE) return indent > parent && indent >= widest ? indent : undefined;
    widest = Math.max(widest, indent);
    lineStart = content + 1;
  }
  return undefined;
}

/** The lines up to the first one that is indented less; those of spaces alone belong to it wherever they end. */
function readLines(cursor: Cursor, indent: number): string[] {
  const { text } = cursor;
  const lines: string[] = [];
  for (let lineStart = cursor.at + 1; lineStart < text.length; lineStart = cursor.at + 1) {
    const content = contentOf(text, lineStart);
    if (content - lineStart < indent && text.charCodeAt(content) !== NEWLINE) break;
    cursor.at = text.indexOf("\n", content);
    lines.push(text.slice(lineStart + indent, cursor.at));
  }
  return lines;
}

/** Lines that are indented more keep the line breaks in front of them and behind. */
function folded(lines: readonly string[]): string {
  let value = "";
  let emptyLines = 0;
  let wasIndented = false;
  for (const line of lines) {
    if (line === "") {
      emptyLines++;
      continue;
    }
    const isIndented = line.startsWith(" ");
    if (value === "") value = "\n".repeat(emptyLines);
    else value += isIndented || wasIndented ? "\n".repeat(emptyLines + 1) : foldedBreaks(emptyLines);
    value += line;
    emptyLines = 0;
    wasIndented = isIndented;
  }
  return value;
}
