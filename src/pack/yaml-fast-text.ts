import { type Cursor, DASH, GREATER, NEWLINE, OUTSIDE, SPACE, toLineEnd } from "./yaml-fast-cursor.ts";

const PLUS = 0x2b;

/**
 * A text that begins with `|` or `>`, without indentation indicator. Afterwards the cursor is on the end of its last
 * line.
 *
 * @param parent the column of the collection around it
 */
export function readBlockText(cursor: Cursor, parent: number): string | typeof OUTSIDE {
  const { text } = cursor;
  const isFolded = text.charCodeAt(cursor.at) === GREATER;
  const chomping = text.charCodeAt(++cursor.at);
  if (chomping === DASH || chomping === PLUS) cursor.at++;
  if (!toLineEnd(cursor)) return OUTSIDE;
  const indent = indentOf(text, cursor.at + 1, parent);
  if (indent === undefined) return OUTSIDE;

  let value = "";
  let emptyLines = 0;
  let isIndented = false;
  for (let end = textLine(text, cursor.at + 1, indent); end !== -1; end = textLine(text, end + 1, indent)) {
    const line = text.slice(cursor.at + 1 + indent, end);
    cursor.at = end;
    if (line === "") {
      emptyLines++;
      continue;
    }
    // Lines that are indented more keep the line breaks around them.
    const wasIndented = isIndented;
    isIndented = line.charCodeAt(0) === SPACE;
    const isJoined = isFolded && value !== "" && !isIndented && !wasIndented;
    value += (isJoined ? foldedBreaks(emptyLines) : lineBreaks(value === "" ? emptyLines : emptyLines + 1)) + line;
    emptyLines = 0;
  }
  // Whether spaces at the end of the file are a line depends on what is in front of them and behind.
  if (cursor.at === text.length - 1 && text.charCodeAt(cursor.at - 1) === SPACE) return OUTSIDE;
  if (chomping === PLUS) return value + lineBreaks(emptyLines + 1);
  return chomping === DASH ? value : `${value}\n`;
}

/** The indentation of the first line that is not empty; `undefined` if that is not enough, or less than an empty line has. */
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

/** The end of the line if it belongs to the text: spaces and line ends do everywhere. -1 if it does not. */
function textLine(text: string, lineStart: number, indent: number): number {
  if (lineStart >= text.length) return -1;
  const content = contentOf(text, lineStart);
  if (text.charCodeAt(content) === NEWLINE) return content;
  return content - lineStart < indent ? -1 : text.indexOf("\n", content);
}

function contentOf(text: string, lineStart: number): number {
  let at = lineStart;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

function foldedBreaks(emptyLines: number): string {
  return emptyLines === 0 ? " " : lineBreaks(emptyLines);
}

function lineBreaks(count: number): string {
  return count === 1 ? "\n" : "\n".repeat(count);
}
