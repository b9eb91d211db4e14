import {
  atColon,
  type Cursor,
  DASH,
  endLine,
  HASH,
  isBlank,
  NEWLINE,
  OUTSIDE,
  skipSpaces,
  toContent,
} from "./yaml-fast-cursor.ts";
import { keyOf, readInline } from "./yaml-fast-inline.ts";

/** In UTF-16 code units. */
const MAX_LENGTH = 131_072;

/** Far below what js-yaml is allowed. */
const MAX_DEPTH = 60;

/**
 * Whatever somebody may take for the end of a line, or refuse: tabs, CR and other controls, NEL, LS, PS, byte order
 * marks, surrogates, and U+FFFD, which stands for bytes that are no UTF-8.
 */
const UNUSUAL = /[^\n -~\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFC]/;

/**
 * What a plain YAML file says, as most definitions are: block mappings and lists of scalars on one line each, block
 * texts, and brackets on one line.
 *
 * It stands before js-yaml for its speed alone. Whatever is outside of this subset, or wrong, or in doubt gives
 * `undefined`, and js-yaml decides; what it does read, js-yaml reads without objection and to the same value.
 */
export function parseSimpleYaml(text: string): { readonly value: unknown } | undefined {
  if (text.length > MAX_LENGTH || UNUSUAL.test(text)) return undefined;

  // With a line feed behind every line nobody below has to look for the end of the text.
  const cursor: Cursor = { text: text.endsWith("\n") ? text : `${text}\n`, at: 0, column: 0 };
  if (!toDocument(cursor)) return undefined;
  const value = readNode(cursor, 0, -1, 0);
  const isWhole = typeof value === "object" && cursor.at === cursor.text.length;
  return isWhole ? { value } : undefined;
}

/** To the content, behind one `---`. Another one, or a `...`, will be no key and no item, and so the end. */
function toDocument(cursor: Cursor): boolean {
  toContent(cursor);
  if (cursor.column === 0 && cursor.text.startsWith("---", cursor.at)) {
    cursor.at += 3;
    if (!endLine(cursor)) return false;
  }
  return cursor.column === 0;
}

/**
 * What stands at the cursor, at the beginning of a line or behind `- `.
 *
 * All that reads a node leaves the cursor on the next line with content; whether its indentation fits is up to the
 * collection around it.
 *
 * @param column where the node begins
 * @param parent the column of the collection around it
 */
function readNode(cursor: Cursor, column: number, parent: number, depth: number): unknown {
  if (depth > MAX_DEPTH) return OUTSIDE;
  if (atItem(cursor)) return readSequence(cursor, column, depth);

  const value = readInline(cursor, parent);
  if (value !== OUTSIDE && atColon(cursor)) return readMapping(cursor, column, depth, value);
  return value !== OUTSIDE && endLine(cursor) ? value : OUTSIDE;
}

/** @param first the first key; the cursor is on its colon */
function readMapping(cursor: Cursor, column: number, depth: number, first: unknown): unknown {
  const mapping: Record<string, unknown> = {};
  for (let scalar = first; atColon(cursor); scalar = readInline(cursor, column)) {
    const key = keyOf(scalar);
    if (key === undefined) return OUTSIDE;
    cursor.at++;
    const value = readValue(cursor, column, depth);
    if (value === OUTSIDE) return OUTSIDE;
    // As in js-yaml, of repeated keys the last one counts, in the place of the first.
    mapping[key] = value;
    if (cursor.column < column) return mapping;
    if (cursor.column > column) return OUTSIDE;
  }
  return OUTSIDE;
}

function readSequence(cursor: Cursor, column: number, depth: number): unknown {
  const items: unknown[] = [];
  do {
    const item = readItem(cursor, column, depth);
    if (item === OUTSIDE) return OUTSIDE;
    items.push(item);
  } while (cursor.column === column && atItem(cursor));
  // In the same column it is the next key, where the list is not indented more than its own key.
  return cursor.column <= column ? items : OUTSIDE;
}

function readItem(cursor: Cursor, column: number, depth: number): unknown {
  const dash = cursor.at;
  cursor.at++;
  skipSpaces(cursor);
  if (atContent(cursor)) return readNode(cursor, column + cursor.at - dash, column, depth + 1);
  return endLine(cursor) ? readBelow(cursor, column, depth) : OUTSIDE;
}

/** What stands behind a key's colon. */
function readValue(cursor: Cursor, column: number, depth: number): unknown {
  skipSpaces(cursor);
  const value = atContent(cursor) ? readInline(cursor, column) : undefined;
  if (value === OUTSIDE || !endLine(cursor)) return OUTSIDE;
  if (value !== undefined) return value;
  if (cursor.column === column && atItem(cursor)) return readSequence(cursor, column, depth + 1);
  return readBelow(cursor, column, depth);
}

/** What belongs to a key or a `-` that has nothing behind it: the more indented lines, or `null`. */
function readBelow(cursor: Cursor, column: number, depth: number): unknown {
  return cursor.column > column ? readNode(cursor, cursor.column, column, depth + 1) : null;
}

function atContent({ text, at }: Cursor): boolean {
  const code = text.charCodeAt(at);
  return code !== NEWLINE && code !== HASH;
}

function atItem({ text, at }: Cursor): boolean {
  return text.charCodeAt(at) === DASH && isBlank(text.charCodeAt(at + 1));
}
