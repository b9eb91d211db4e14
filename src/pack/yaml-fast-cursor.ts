/**
 * Where a text is read; every line of it ends with a line feed.
 *
 * What comes next is searched for once and kept until the cursor has passed it: JavaScript's `indexOf` is faster than
 * any loop over characters, a cold one by far. All are offsets in UTF-16 code units.
 */
export interface Cursor {
  readonly text: string;
  readonly scalars: Scalars;
  at: number;
  /** Where the content begins in the line that was entered last; -1 at the end of the text. */
  column: number;
  lineEnd: number;
  /** The next `:` that a space or the line end follows, wherever it is. */
  colon: number;
  /** The next `#` behind a space or at the beginning of a line, wherever it is. */
  comment: number;
  /** A key in a block repeats. */
  repeats: boolean;
  /** Nothing was seen yet that somebody may read in another way: no key that repeats, no ambiguous scalar. */
  alike: boolean;
}

/** By which rules scalars without quotes are read. */
export interface Scalars {
  /** The value of one, or {@link OUTSIDE}. */
  readonly resolve: (scalar: string) => unknown;
  /** Keys that were read lately by these rules. */
  readonly knownKeys: (string | undefined)[];
}

export function scalarsBy(resolve: Scalars["resolve"]): Scalars {
  return { resolve, knownKeys: new Array<string | undefined>(256).fill(undefined) };
}

/** What stands for a value where a reader gives up. An exception would cost as much as the whole file. */
export const OUTSIDE = Symbol("outside of the subset");

export const NEWLINE = 0x0a;
export const SPACE = 0x20;
export const HASH = 0x23;
export const COMMA = 0x2c;
export const DASH = 0x2d;
export const DOT = 0x2e;
export const COLON = 0x3a;
export const GREATER = 0x3e;
export const LEFT_BRACKET = 0x5b;
export const RIGHT_BRACKET = 0x5d;
export const LEFT_BRACE = 0x7b;
export const RIGHT_BRACE = 0x7d;

/** @param text has a line feed at its end */
export function startOf(text: string, scalars: Scalars): Cursor {
  return { text, scalars, at: 0, column: 0, lineEnd: -1, colon: -1, comment: -1, repeats: false, alike: true };
}

export function isBlank(code: number): boolean {
  return code === SPACE || code === NEWLINE;
}

export function atColon({ text, at }: Cursor): boolean {
  return text.charCodeAt(at) === COLON && isBlank(text.charCodeAt(at + 1));
}

export function lineEndFrom(cursor: Cursor, from: number): number {
  if (cursor.lineEnd < from) cursor.lineEnd = cursor.text.indexOf("\n", from);
  return cursor.lineEnd;
}

export function colonFrom(cursor: Cursor, from: number): number {
  if (cursor.colon < from) cursor.colon = findColon(cursor.text, from);
  return cursor.colon;
}

function findColon(text: string, from: number): number {
  let colon = text.indexOf(":", from);
  while (colon !== -1 && !isBlank(text.charCodeAt(colon + 1))) colon = text.indexOf(":", colon + 1);
  return colon === -1 ? text.length : colon;
}

export function commentFrom(cursor: Cursor, from: number): number {
  if (cursor.comment < from) cursor.comment = findComment(cursor.text, from);
  return cursor.comment;
}

function findComment(text: string, from: number): number {
  let hash = text.indexOf("#", from);
  while (hash > 0 && !isBlank(text.charCodeAt(hash - 1))) hash = text.indexOf("#", hash + 1);
  return hash === -1 ? text.length : hash;
}

export function skipSpaces(cursor: Cursor): void {
  cursor.at = contentOf(cursor.text, cursor.at);
}

/** To the end of a line that has nothing more than a comment; `false` if it has. */
export function toLineEnd(cursor: Cursor): boolean {
  const { text } = cursor;
  if (text.charCodeAt(cursor.at) === NEWLINE) return true;
  const at = contentOf(text, cursor.at);
  const lineEnd = lineEndFrom(cursor, at);
  const isOver = at === lineEnd || (text.charCodeAt(at) === HASH && text.charCodeAt(at - 1) === SPACE);
  if (isOver) cursor.at = lineEnd;
  return isOver;
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
  let lineStart = cursor.at;
  let at = lineStart;
  while (lineStart < text.length) {
    at = contentOf(text, lineStart);
    const code = text.charCodeAt(at);
    if (code !== NEWLINE && code !== HASH) break;
    lineStart = lineEndFrom(cursor, at) + 1;
  }
  const isEnd = lineStart === text.length;
  cursor.at = isEnd ? lineStart : at;
  cursor.column = isEnd ? -1 : at - lineStart;
}

/** Where a line's content, or its end, is. */
export function contentOf(text: string, lineStart: number): number {
  let at = lineStart;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}
