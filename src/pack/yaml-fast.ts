import {
  atColon,
  type Cursor,
  DASH,
  endLine,
  HASH,
  isBlank,
  NEWLINE,
  OUTSIDE,
  type Scalars,
  scalarsBy,
  skipSpaces,
  startOf,
  toContent,
} from "./yaml-fast-cursor.ts";
import { readInline } from "./yaml-fast-inline.ts";
import { readHead } from "./yaml-fast-key.ts";
import { keyOf, resolveCore } from "./yaml-fast-plain.ts";

/** In UTF-16 code units. */
const MAX_LENGTH = 131_072;

/** Far below what js-yaml is allowed. */
const MAX_DEPTH = 60;

/*
 * Whatever somebody may take for the end of a line, or refuse: tabs, CR and other controls, DEL, NEL, LS, PS, byte order
 * marks, surrogates, and U+FFFD, which stands for bytes that are no UTF-8. In two parts, each of 16 characters modulo
 * 128 and of two alternatives: such V8 looks for in many characters at once.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNUSUAL = /[\0-\x07\x7F-\x87]|[\b\t\v-\x0F\x88\x89\x8B-\x8F]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNUSUAL_TOO = /[\x10-\x17\x90-\x97]|[\x18-\x1F\x98-\x9F\u2028\u2029\uD800-\uDFFF\uFEFF\uFFFD-\uFFFF]/;
/** Modulo 128, this is the line feed. */
const VERTICAL_TAB_SET = "\x8A";

const CORE = scalarsBy(resolveCore);

export interface SimpleYaml {
  readonly value: unknown;
  /** Whether a key of a block mapping comes twice. */
  readonly repeats: boolean;
  /** Whether everybody certainly reads it alike: by YAML 1.1 and by 1.2, and without a key that repeats anywhere. */
  readonly alike: boolean;
}

/**
 * What a plain YAML file says, as most definitions are: block mappings and lists of scalars on one line each, block
 * texts, and brackets on one line.
 *
 * It stands before js-yaml for its speed alone. Whatever is outside of this subset, or wrong, or in doubt gives
 * `undefined`, and js-yaml decides; what it does read, js-yaml reads without objection and to the same value.
 */
export function parseSimpleYaml(text: string, scalars: Scalars = CORE): SimpleYaml | undefined {
  if (text.length > MAX_LENGTH || isUnusual(text)) return undefined;

  // With a line feed behind every line nobody below has to look for the end of the text.
  const cursor = startOf(text.endsWith("\n") ? text : `${text}\n`, scalars);
  if (!toDocument(cursor)) return undefined;
  const value = cursor.column === -1 ? null : readNode(cursor, cursor.column, -1, 0);
  const isWhole = typeof value === "object" && cursor.at === cursor.text.length;
  const { repeats } = cursor;
  return isWhole ? { value, repeats, alike: cursor.alike && !repeats } : undefined;
}

function isUnusual(text: string): boolean {
  return UNUSUAL.test(text) || UNUSUAL_TOO.test(text) || text.includes(VERTICAL_TAB_SET);
}

/** To the content, behind one `---`. Another one, or a `...`, will be no key and no item, and so the end. */
function toDocument(cursor: Cursor): boolean {
  toContent(cursor);
  if (cursor.column !== 0 || !cursor.text.startsWith("---", cursor.at)) return true;
  cursor.at += 3;
  return endLine(cursor);
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
  const head = readHead(cursor, parent);
  return atColon(cursor) ? readMapping(cursor, column, depth, head) : ended(cursor, head);
}

/** @param first what the first key is; the cursor is on its colon */
function readMapping(cursor: Cursor, column: number, depth: number, first: unknown): unknown {
  const mapping: Record<string, unknown> = {};
  for (let head = first; atColon(cursor); head = readHead(cursor, column)) {
    const key = keyOf(head);
    if (key === undefined) return OUTSIDE;
    cursor.at++;
    const value = readValue(cursor, column, depth);
    if (value === OUTSIDE) return OUTSIDE;
    if (Object.hasOwn(mapping, key)) cursor.repeats = true;
    // As in js-yaml, of repeated keys the last one counts, in the place of the first.
    mapping[key] = value;
    if (cursor.column !== column) return cursor.column < column ? mapping : OUTSIDE;
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
  if (atContent(cursor)) return ended(cursor, readInline(cursor, column));
  if (!endLine(cursor)) return OUTSIDE;
  if (cursor.column === column && atItem(cursor)) return readSequence(cursor, column, depth + 1);
  return readBelow(cursor, column, depth);
}

/** A value, if nothing but a comment follows on its line. */
function ended(cursor: Cursor, value: unknown): unknown {
  return value !== OUTSIDE && endLine(cursor) ? value : OUTSIDE;
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
