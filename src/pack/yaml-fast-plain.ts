import {
  COLON,
  COMMA,
  type Cursor,
  colonFrom,
  commentFrom,
  contentOf,
  DASH,
  DOT,
  HASH,
  isBlank,
  LEFT_BRACE,
  LEFT_BRACKET,
  lineEndFrom,
  NEWLINE,
  OUTSIDE,
  RIGHT_BRACE,
  RIGHT_BRACKET,
  SPACE,
} from "./yaml-fast-cursor.ts";
import { foldedBreaks } from "./yaml-fast-text.ts";
import { isAmbiguous } from "./yaml-suspects.ts";

/** What js-yaml's core schema takes for a number, except for what JSON has none of. */
const NUMBER = /^(?:[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+)$/;
const INFINITY_OR_NAN = /^[-+]?\.(?:inf|nan)$/i;

/** What no scalar without quotes may begin with, or only if it goes on in certain ways. */
const INDICATORS = "\n !#%&*,:>?@[]`{|}";

const NINE = 0x39;
const LESS = 0x3c;

/**
 * A scalar without quotes, outside of brackets; it goes on in the lines below that are indented more than `parent`.
 * Afterwards the cursor is on the line end, comment or colon that ends it.
 */
export function readPlain(cursor: Cursor, parent: number): unknown {
  const { text, at } = cursor;
  if (!beginsPlain(text, at)) return OUTSIDE;
  cursor.at = plainEnd(cursor, at);
  const line = trimmed(text, at, cursor.at);
  const rest = text.charCodeAt(cursor.at) === NEWLINE ? readContinuation(cursor, parent) : "";
  if (rest === OUTSIDE) return OUTSIDE;
  const scalar = line + rest;
  if (isAmbiguous(scalar)) cursor.alike = false;
  return rest === "" ? cursor.scalars.resolve(scalar) : scalar;
}

/** The same inside of brackets, on one line. */
export function readPlainEntry(cursor: Cursor): unknown {
  const { text, at } = cursor;
  if (!beginsPlain(text, at)) return OUTSIDE;
  cursor.at = entryEnd(cursor);
  const scalar = trimmed(text, at, cursor.at);
  if (isAmbiguous(scalar)) cursor.alike = false;
  return cursor.scalars.resolve(scalar);
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

/** The lines below, each with the line breaks or the space that joins it to the one above. */
function readContinuation(cursor: Cursor, parent: number): string | typeof OUTSIDE {
  const { text } = cursor;
  let joined = "";
  while (text.charCodeAt(cursor.at) === NEWLINE) {
    const content = continuation(text, cursor.at, parent);
    if (content === -1) return joined;
    const emptyLines = text.slice(cursor.at + 1, content).split("\n").length - 1;
    cursor.at = plainEnd(cursor, content);
    joined += foldedBreaks(emptyLines) + trimmed(text, content, cursor.at);
  }
  // A key has one line, and a text no colon.
  return text.charCodeAt(cursor.at) === COLON ? OUTSIDE : joined;
}

/** Where a scalar goes on below the line that ends at `lineEnd`; -1 if it does not. */
function continuation(text: string, lineEnd: number, parent: number): number {
  // Most often the next key follows, in the column `parent`, and there is nothing to look for.
  if (!isBlank(text.charCodeAt(lineEnd + 1 + parent))) return -1;
  let lineStart = lineEnd + 1;
  let content = contentOf(text, lineStart);
  while (text.charCodeAt(content) === NEWLINE) {
    lineStart = content + 1;
    content = contentOf(text, lineStart);
  }
  const isOver = content - lineStart <= parent || content === text.length || text.charCodeAt(content) === HASH;
  return isOver ? -1 : content;
}

function trimmed(text: string, start: number, end: number): string {
  let last = end;
  while (text.charCodeAt(last - 1) === SPACE) last--;
  return text.slice(start, last);
}

function beginsPlain(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== DASH) return !INDICATORS.includes(text.charAt(at));
  const next = text.charCodeAt(at + 1);
  return !isBlank(next) && !isBracketOrComma(next);
}

/** Where a plain scalar ends that is outside of brackets: at a line end, a comment or a colon. */
function plainEnd(cursor: Cursor, start: number): number {
  return Math.min(lineEndFrom(cursor, start), colonFrom(cursor, start), commentFrom(cursor, start));
}

/** The same inside of brackets, where brackets and commas end it too. */
function entryEnd(cursor: Cursor): number {
  const { text, at: start } = cursor;
  const end = plainEnd(cursor, start);
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isBracketOrComma(code) || (code === COLON && isBracketOrComma(text.charCodeAt(at + 1)))) return at;
  }
  return end;
}

function isBracketOrComma(code: number): boolean {
  return (
    code === COMMA || code === LEFT_BRACKET || code === RIGHT_BRACKET || code === LEFT_BRACE || code === RIGHT_BRACE
  );
}

/** The value of a plain scalar in the core schema of YAML 1.2. */
export function resolveCore(scalar: string): unknown {
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
