import { type Canvas, canvasOf, lineOn, within } from "./canvas.ts";
import { countsSpans, problemSpans, titleSpans } from "./head.ts";
import type { Line } from "./line.ts";
import { packLines } from "./pack-lines.ts";
import { serviceTable } from "./service-table.ts";
import type { Shown } from "./signs.ts";
import { sourceTable } from "./source-table.ts";
import { tableLines } from "./table.ts";
import type { View } from "./view.ts";

/** What a terminal has room for, and can show. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly shown: Shown;
}

/** Everything at one glance, never more than there is room for: what does not fit is counted. */
export function frame(view: View, { columns, rows, shown }: Room, now: Date): readonly Line[] {
  const canvas = canvasOf(columns, shown, now);
  const foot = rows < SMALL ? [] : [lineOn(canvas, [{ text: "q ends it", format: "dim" }])];
  const head = [titleSpans(view, canvas), countsSpans(view, canvas)].map((spans) => lineOn(canvas, spans));
  const problems = within(
    problemSpans(view, canvas).map((spans) => lineOn(canvas, spans)),
    share(rows),
    canvas,
  );
  const top = [...head, ...problems].slice(0, Math.max(1, rows - foot.length));
  const room = rows - top.length - foot.length;
  const around = room < ROOMY ? [] : aroundLines(view, canvas, room);
  const gap = room < SMALL ? [] : [EMPTY];
  const packs = packLines(view, canvas, room - around.length - gap.length);
  return [...top, ...around, ...(packs.length === 0 ? [] : [...gap, ...packs]), ...foot];
}

const SMALL = 4;
/** With fewer lines, packs are all that is shown. */
const ROOMY = 12;
const EMPTY: Line = [];

/** Sources and services: each a part of the room. */
function aroundLines(view: View, canvas: Canvas, room: number): readonly Line[] {
  return [sourceTable(view, canvas), serviceTable(view, canvas)].flatMap((table) => {
    if (table.rows.length === 0) return [];
    return [EMPTY, ...within(tableLines(table, canvas.width, canvas.ellipsis), share(room), canvas)];
  });
}

/** Nobody but packs gets more than a quarter. */
function share(rows: number): number {
  return Math.max(2, Math.floor(rows / 4));
}
