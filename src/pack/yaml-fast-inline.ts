import {
  atColon,
  COLON,
  type Cursor,
  DASH,
  DOT,
  GREATER,
  HASH,
  isBlank,
  NEWLINE,
  OUTSIDE,
  SPACE,
  skipSpaces,
} from "./yaml-fast-cursor.ts";
import { readBlockText } from "./yaml-fast-text.ts";

/** More brackets than anybody puts into each other on one line. */
const MAX_BRACKETS = 10;

/** What js-yaml's core schema takes for a number, except for what JSON has none of. */
const NUMBER = /^(?:[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+)$/;
const INFINITY_OR_NAN = /^[-+]?\.(?:inf|nan)$/i;

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const COMMA = 0x2c;
const NINE = 0x39;
const LESS = 0x3c;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const BAR = 0x7c;
const RIGHT_BRACE = 0x7d;

/**
 * What begins at the cursor and is no block mapping or list. Afterwards the cursor is behind it and the spaces that
 * follow, or on the end of the last line of a block text.
 *
 * @param parent the column of the collection around it
 */
export function readInline(cursor: Cursor, parent: number): unknown {
  const { text, at } = cursor;
  const code = text.charCodeAt(at);
  if (code === BAR || code === GREATER) return readBlockText(cursor, parent);
  return readEnclosed(cursor, 0) ?? readPlain(cursor, plainEnd(text, at));
}

/**
 * The name of a property, as JavaScript writes numbers and booleans. Not what js-yaml treats on its own (`null`, `<<`,
 * `__proto__`), and nothing that could be a `---` or `...`.
 */
export function keyOf(scalar: unknown): string | undefined {
  if (typeof scalar === "number" || typeof scalar === "boolean") return keyOf(String(scalar));
  if (typeof scalar !== "string" || scalar === "__proto__") return undefined;
  const first = scalar.charCodeAt(0);
  return first === DASH || first === DOT || first === LESS ? undefined : scalar;
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
    mapping[key] = value;
  }
  advance(cursor, 1);
  return mapping;
}

function readEntry(cursor: Cursor, depth: number): unknown {
  return readEnclosed(cursor, depth + 1) ?? readPlain(cursor, entryEnd(cursor.text, cursor.at));
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
  for (; text.charCodeAt(end + 1) === SINGLE_QUOTE && end !== -1; end = text.indexOf("'", end + 2)) isEscaped = true;

  const value = text.slice(at + 1, end);
  if (end === -1 || value.includes("\n")) return OUTSIDE;
  advance(cursor, end + 1 - at);
  return isEscaped ? value.replaceAll("''", "'") : value;
}

function readDoubleQuoted(cursor: Cursor): unknown {
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

function readPlain(cursor: Cursor, end: number): unknown {
  const { text, at } = cursor;
  if (!beginsPlain(text, at)) return OUTSIDE;
  let valueEnd = end;
  while (text.charCodeAt(valueEnd - 1) === SPACE) valueEnd--;
  cursor.at = end;
  return resolve(text.slice(at, valueEnd));
}

/** Whether a scalar without quotes may begin so. A few more may, which have to be looked at closely. */
function beginsPlain(text: string, at: number): boolean {
  switch (text[at]) {
    case "\n":
    case " ":
    case "!":
    case "#":
    case "%":
    case "&":
    case "*":
    case ",":
    case ":":
    case ">":
    case "?":
    case "@":
    case "[":
    case "]":
    case "`":
    case "{":
    case "|":
    case "}":
      return false;
    case "-":
      return !isBlank(text.charCodeAt(at + 1)) && !isBracketOrComma(text.charCodeAt(at + 1));
    default:
      return true;
  }
}

/** Where a plain scalar ends that is outside of brackets: at a line end, a comment or a colon. */
function plainEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    // What is behind the colon, as letters are, needs no more questions.
    if (code <= COLON && endsPlain(text, at, code)) return at;
  }
}

/** The same inside of brackets, where brackets and commas end it too. */
function entryEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (isBracketOrComma(code) || endsPlain(text, at, code)) return at;
    if (code === COLON && isBracketOrComma(text.charCodeAt(at + 1))) return at;
  }
}

function endsPlain(text: string, at: number, code: number): boolean {
  if (code === COLON) return isBlank(text.charCodeAt(at + 1));
  return code === NEWLINE || (code === HASH && text.charCodeAt(at - 1) === SPACE);
}

function isBracketOrComma(code: number): boolean {
  return (
    code === COMMA || code === LEFT_BRACKET || code === RIGHT_BRACKET || code === LEFT_BRACE || code === RIGHT_BRACE
  );
}

/** The value of a plain scalar in the core schema of YAML 1.2. */
function resolve(scalar: string): unknown {
  const first = scalar.charCodeAt(0);
  if (first <= NINE) return resolveNumber(scalar);
  if (scalar.length > 5) return scalar;
  switch (scalar) {
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return null;
    case "true":
    case "True":
    case "TRUE":
      return true;
    case "false":
    case "False":
    case "FALSE":
      return false;
    default:
      return scalar;
  }
}

function resolveNumber(scalar: string): unknown {
  if (!NUMBER.test(scalar)) return INFINITY_OR_NAN.test(scalar) ? OUTSIDE : scalar;
  const number = Number(scalar);
  return Number.isFinite(number) ? number : scalar;
}

function advance(cursor: Cursor, by: number): void {
  cursor.at += by;
  skipSpaces(cursor);
}
