import { atLineEnd, type Cursor, isBlank, OUTSIDE, readInline, readScalar, toNextLine } from "./yaml-fast-scalars.ts";

/** In UTF-16 code units. What is longer is no definition that somebody wrote. */
const MAX_LENGTH = 131_072;

/** Far below the depth that js-yaml is allowed. */
const MAX_DEPTH = 60;

/**
 * Whatever somebody may take for the end of a line or refuse: tabs, CR and other controls, NEL, LS, PS, byte order
 * marks, surrogates, and U+FFFD, which stands for bytes that are no UTF-8.
 */
const UNUSUAL = /[^\n -~\xA0-\u2027\u202A-\uD7FF\uE000-\uFEFE\uFF00-\uFFFC]/;

/**
 * What a plain YAML file says, as most definitions are: block mappings and lists of scalars on one line each, block
 * texts, and brackets on one line.
 *
 * It stands before js-yaml for its speed alone: whatever is outside of this subset, or wrong, or in doubt gives
 * `undefined`, and js-yaml decides. What it does read has the value that js-yaml gives, and js-yaml has no objection.
 */
export function parseSimpleYaml(text: string): { readonly value: unknown } | undefined {
  // What a block text makes of spaces behind the last line is a matter of its own.
  if (text.length > MAX_LENGTH || text.endsWith(" ") || UNUSUAL.test(text)) return undefined;

  // With a line feed at the end of every line nobody below has to look for the end of the text.
  const cursor: Cursor = { text: text.endsWith("\n") ? text : `${text}\n`, at: 0, column: 0 };
  if (!toDocument(cursor)) return undefined;
  const value = readNode(cursor, 0, -1, 0);
  const isWhole = typeof value === "object" && value !== null && cursor.at === cursor.text.length;
  return isWhole ? { value } : undefined;
}

/** To the content, behind one `---`. Whatever is special at the beginning of a line later on can be no key. */
function toDocument(cursor: Cursor): boolean {
  toNextLine(cursor);
  if (cursor.column !== 0) return false;
  if (!cursor.text.startsWith("---", cursor.at)) return true;
  cursor.at += 3;
  return atLineEnd(cursor) && toNextLine(cursor) === 0;
}

/**
 * What begins at the cursor, on a line of its own or behind `- `; afterwards the cursor is on the next line with content.
 *
 * @param column where it begins
 * @param parent the column of the mapping or list that it belongs to: less indented lines end it
 */
function readNode(cursor: Cursor, column: number, parent: number, depth: number): unknown {
  if (depth > MAX_DEPTH) return OUTSIDE;
  if (startsItem(cursor)) return readSequence(cursor, column, depth);

  const scalar = readScalar(cursor);
  if (scalar === OUTSIDE) return parent < 0 ? readInline(cursor, 0) : readInline(cursor, parent);
}
