import type { EventSeverity, PacksyncEvent } from "../events/event.ts";
import { sentence } from "../events/event-text.ts";
import type { Paint } from "./text.ts";

const COLORS = { info: "green", warning: "yellow", error: "red" } as const satisfies Record<EventSeverity, string>;

/** As long as the longest kind. */
const WIDTH = "environments.failed".length;

/** An event as one line: when, what, a sentence, how long it took, and the release that it is about. */
export function eventLine({ at, kind, severity, text, elapsed_ms, release }: PacksyncEvent, paint: Paint): string {
  const took = elapsed_ms === undefined ? "" : paint("dim", durationText(elapsed_ms));
  const id = release === undefined ? "" : paint("dim", sentence(release));
  const cells = [paint("dim", localTime(at)), paint(COLORS[severity], kind.padEnd(WIDTH)), sentence(text), took, id];
  return cells.filter((cell) => cell !== "").join("  ");
}

function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `2026-11-21 22:15:07`, by the clock on the wall. */
function localTime(at: string): string {
  const time = new Date(at);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")}`;
}
