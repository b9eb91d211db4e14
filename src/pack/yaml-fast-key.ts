import { atColon, type Cursor, colonFrom } from "./yaml-fast-cursor.ts";
import { readInline } from "./yaml-fast-inline.ts";

const MAX_KNOWN_LENGTH = 32;

/**
 * As {@link readInline}, where it may be a key that begins. The cursor is on its colon then.
 *
 * Keys that were read lately are known by {@link slotOf}: files share most of theirs, and to look at one again costs less than to
 * make the same string once more and to find out that it is neither a number nor a `null`.
 */
export function readHead(cursor: Cursor, parent: number): unknown {
  const { text, at } = cursor;
  const { knownKeys } = cursor.scalars;
  const colon = colonFrom(cursor, at);
  const slot = slotOf(text, at, colon);
  const known = knownKeys[slot];
  if (known !== undefined && known.length === colon - at && text.startsWith(known, at)) {
    cursor.at = colon;
    return known;
  }
  const value = readInline(cursor, parent);
  const isKey = typeof value === "string" && atColon(cursor);
  // What is ambiguous has to be noticed in every file.
  if (isKey && cursor.alike && isVerbatim(value, text, at, colon)) knownKeys[slot] = value;
  return value;
}

/** Whether it is all that stands there, and so would be the same anywhere else. */
function isVerbatim(key: string, text: string, start: number, end: number): boolean {
  return key.length === end - start && key.length <= MAX_KNOWN_LENGTH && text.startsWith(key, start);
}

function slotOf(text: string, start: number, end: number): number {
  return ((end - start) * 31 + text.charCodeAt(start) * 7 + text.charCodeAt(end - 1)) & 255;
}
