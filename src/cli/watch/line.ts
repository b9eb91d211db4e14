import stringWidth from "string-width";
import type { Paint } from "../text.ts";

type Format = Parameters<Paint>[0];

/** A piece of text in one format. Its text is harmless already; see `signs.ts`. */
export interface Span {
  readonly text: string;
  readonly format?: Format;
}

/** A piece of a line, and the column where it begins, from 0. */
interface Placed extends Span {
  readonly at: number;
}

/** One line of a screen, none of whose pieces reaches into the next one. */
export type Line = readonly Placed[];

/** How many columns a terminal gives a text: two for wide characters and emoji, none for what combines. */
export const widthOf = (text: string): number => stringWidth(text);

/** Pieces one after another, as far as they fit. */
export function lineOf(spans: readonly Span[], width: number, ellipsis: string): Line {
  let at = 0;
  const placed: Placed[] = [];
  for (const span of spans) {
    const text = clip(span.text, width - at, ellipsis);
    if (text !== "") placed.push({ ...span, text, at });
    at += widthOf(text);
    if (text !== span.text) break;
  }
  return placed;
}

/** As much of a text as fits; what is cut off leaves a sign. */
export function clip(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(ellipsis);
  if (room < 0) return "";
  let end = 0;
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > room) break;
    end += segment.length;
  }
  return text.slice(0, end) + ellipsis;
}

const graphemes = new Intl.Segmenter();

const ASCII = /^[\x20-\x7e]*$/;

/**
 * A line as a terminal takes it. After a piece that is not ASCII the next column is said by number, and what may stand in between is
 * erased: terminals differ in how wide they think that an emoji is.
 */
export function terminalLine(line: Line, paint: Paint): string {
  let end = 0;
  let isSure = true;
  const pieces = line.map(({ at, text, format }) => {
    const gap = isSure ? " ".repeat(at - end) : `\u001b[K\u001b[${at + 1}G`;
    end = at + widthOf(text);
    isSure &&= ASCII.test(text);
    return gap + (format === undefined ? text : paint(format, text));
  });
  return pieces.join("");
}
