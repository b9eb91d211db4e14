import { type Line, widthOf } from "../../../src/cli/watch/line.ts";

/** A line as a terminal shows it that measures as we do. */
export function textOf(line: Line): string {
  return line.reduce((before, { at, text }) => before + " ".repeat(at - widthOf(before)) + text, "");
}
