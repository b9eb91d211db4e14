import {
  atColon,
  COMMA,
  type Cursor,
  GREATER,
  LEFT_BRACE,
  LEFT_BRACKET,
  lineEndFrom,
  NEWLINE,
  OUTSIDE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  skipSpaces,
} from "./yaml-fast-cursor.ts";
import { keyOf, readPlain, readPlainEntry } from "./yaml-fast-plain.ts";
import { readBlockText } from "./yaml-fast-text.ts";

/** More brackets than anybody puts into each other on one line. */
const MAX_BRACKETS = 10;

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const BAR = 0x7c;

/**
 * What begins at the cursor and is no block mapping or list. Afterwards the cursor is behind it and the spaces that
 * follow, or on the end of the last line of a block text.
 *
 * @param parent the column of the collection around it
 */
export function readInline(cursor: Cursor, parent: number): unknown {
  const code = cursor.text.charCodeAt(cursor.at);
  if (code === BAR || code === GREATER) return readBlockText(cursor, parent);
  return readEnclosed(cursor, 0) ?? readPlain(cursor, parent);
}

/** What is in brackets or quotes; `undefined` if the cursor is on neither. */
function readEnclosed(cursor: Cursor, depth: number): unknown {
  if (depth > MAX_BRACKETS) return OUTSIDE;
  switch (cursor.text.charCodeAt(cursor.at)) {
    case LEFT_BRACKET:
      return readList(cursor, depth);
    case LEFT_BRACE:
      return readPairs(cursor, depth);
    case SINGLE_QUOTE:
      return readSingleQuoted(cursor);
    case DOUBLE_QUOTE:
      return readDoubleQuoted(cursor);
    default:
      return undefined;
  }
}

function readList(cursor: Cursor, depth: number): unknown {
  const items: unknown[] = [];
  advance(cursor, 1);
  while (cursor.text.charCodeAt(cursor.at) !== RIGHT_BRACKET) {
    const item = readEntry(cursor, depth);
    if (item === OUTSIDE || !passComma(cursor, RIGHT_BRACKET)) return OUTSIDE;
    items.push(item);
  }
  advance(cursor, 1);
  return items;
}

function readPairs(cursor: Cursor, depth: number): unknown {
  const mapping: Record<string, unknown> = {};
  advance(cursor, 1);
  while (cursor.text.charCodeAt(cursor.at) !== RIGHT_BRACE) {
    const key = keyOf(readEntry(cursor, depth));
    if (key === undefined || !atColon(cursor)) return OUTSIDE;
    advance(cursor, 1);
    const value = readEntry(cursor, depth);
    if (value === OUTSIDE || !passComma(cursor, RIGHT_BRACE)) return OUTSIDE;
    if (Object.hasOwn(mapping, key)) cursor.alike = false;
    mapping[key] = value;
  }
  advance(cursor, 1);
  return mapping;
}

function readEntry(cursor: Cursor, depth: number): unknown {
  return readEnclosed(cursor, depth + 1) ?? readPlainEntry(cursor);
}

/** Whether the entry ends here: at the comma, which may be the last thing before the `closing` bracket, or at that. */
function passComma(cursor: Cursor, closing: number): boolean {
  const code = cursor.text.charCodeAt(cursor.at);
  if (code === COMMA) advance(cursor, 1);
  return code === COMMA || code === closing;
}

function readSingleQuoted(cursor: Cursor): unknown {
  const { text, at } = cursor;
  let end = text.indexOf("'", at + 1);
  let isEscaped = false;
  for (; end !== -1 && text.charCodeAt(end + 1) === SINGLE_QUOTE; end = text.indexOf("'", end + 2)) isEscaped = true;
  if (end === -1 || end > lineEndFrom(cursor, at)) return OUTSIDE;

  advance(cursor, end + 1 - at);
  const value = text.slice(at + 1, end);
  return isEscaped ? value.replaceAll("''", "'") : value;
}

function readDoubleQuoted(cursor: Cursor): unknown {
  const { text, at } = cursor;
  const end = text.indexOf('"', at + 1);
  if (end === -1 || end > lineEndFrom(cursor, at)) return OUTSIDE;

  const value = text.slice(at + 1, end);
  if (value.includes("\\")) return readEscaped(cursor);
  advance(cursor, end + 1 - at);
  return value;
}

function readEscaped(cursor: Cursor): unknown {
  const { text } = cursor;
  let value = "";
  let start = cursor.at + 1;
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) return OUTSIDE;
    if (code === DOUBLE_QUOTE) {
      advance(cursor, at + 1 - cursor.at);
      return value + text.slice(start, at);
    }
    if (code !== BACKSLASH) continue;
    const char = escaped(text[at + 1]);
    if (char === undefined) return OUTSIDE;
    value += text.slice(start, at) + char;
    at++;
    start = at + 1;
  }
}

/** The escapes that people write; js-yaml knows the others. */
function escaped(char: string | undefined): string | undefined {
  switch (char) {
    case '"':
    case "/":
    case "\\":
      return char;
    case "n":
      return "\n";
    case "t":
      return "\t";
    default:
      return undefined;
  }
}

function advance(cursor: Cursor, by: number): void {
  cursor.at += by;
  skipSpaces(cursor);
}
