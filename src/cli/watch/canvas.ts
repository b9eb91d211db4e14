import { type Line, lineOf, type Span } from "./line.ts";
import type { Shown } from "./signs.ts";

/** What a frame is made for. */
export interface Canvas {
  /** One column less than the terminal's: in the last one a terminal is about to wrap, and not all agree on what is erased then. */
  readonly width: number;
  readonly ellipsis: string;
  readonly shown: Shown;
  /** Clock time of today, the day of what is older. */
  readonly time: (iso: string | undefined) => string;
}

export function canvasOf(columns: number, shown: Shown, now: Date): Canvas {
  return { width: Math.max(1, columns - 1), ellipsis: shown("…"), shown, time: (iso) => timeText(iso, now) };
}

export function lineOn({ width, ellipsis }: Canvas, spans: readonly Span[]): Line {
  return lineOf(spans, width, ellipsis);
}

/** As many as there is room for; the last line counts the rest. */
export function within(lines: readonly Line[], room: number, canvas: Canvas): readonly Line[] {
  if (lines.length <= room) return lines;
  if (room <= 0) return [];
  return [...lines.slice(0, room - 1), moreLine(lines.length - room + 1, "", canvas)];
}

export function moreLine(hidden: number, about: string, canvas: Canvas): Line {
  return lineOn(canvas, [{ text: canvas.shown(`… ${hidden} more${about}`), format: "dim" }]);
}

function timeText(iso: string | undefined, now: Date): string {
  const at = new Date(iso ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return "-";
  const two = (number: number): string => `${number}`.padStart(2, "0");
  return at.toDateString() === now.toDateString()
    ? [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")
    : [`${at.getFullYear()}`, two(at.getMonth() + 1), two(at.getDate())].join("-");
}
