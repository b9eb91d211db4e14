/** Where a text is read; every line of it ends with a line feed. */
export interface Cursor {
  readonly text: string;
  /** In UTF-16 code units. */
  at: number;
  /** Where the content begins in the line that was entered last; -1 at the end of the text. */
  column: number;
}

/** What stands for a value where a reader gives up. An exception would cost as much as the whole file. */
export const OUTSIDE = Symbol("outside of the subset");

/** Character codes: to compare them makes no strings. */
export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const HASH = 0x23;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const COLON = 0x3a;
export const GREATER = 0x3e;

export function isBlank(code: number): boolean {
  return code === SPACE || code === NEWLINE;
}

export function atColon({ text, at }: Cursor): boolean {
  return text.charCodeAt(at) === COLON && isBlank(text.charCodeAt(at + 1));
}

export function skipSpaces(cursor: Cursor): void {
  const { text } = cursor;
  let { at } = cursor;
  while (text.charCodeAt(at) === SPACE) at++;
  cursor.at = at;
}

/** To the end of a line that has nothing more than a comment; `false` if it has. */
export function toLineEnd(cursor: Cursor): boolean {
  skipSpaces(cursor);
  const { text, at } = cursor;
  const code = text.charCodeAt(at);
  if (code === HASH && text.charCodeAt(at - 1) === SPACE) cursor.at = text.indexOf("\n", at);
  else if (code !== NEWLINE) return false;
  return true;
}

/** As {@link toLineEnd}, and on to the next content. */
export function endLine(cursor: Cursor): boolean {
  if (!toLineEnd(cursor)) return false;
  cursor.at++;
  toContent(cursor);
  return true;
}

/** From the beginning of a line to the first one that is neither empty nor a comment. */
export function toContent(cursor: Cursor): void {
  const { text } = cursor;
  let { at } = cursor;
  let lineStart = at;
  for (; at < text.length; lineStart = ++at) {
    while (text.charCodeAt(at) === SPACE) at++;
    const code = text.charCodeAt(at);
    if (code === HASH) at = text.indexOf("\n", at);
    else if (code !== NEWLINE) break;
  }
  cursor.at = at;
  cursor.column = at < text.length ? at - lineStart : -1;
}
