import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { plural } from "../text.ts";

/** Ticks once a second while somebody looks: whoever reads it is drawn anew. */
export const now = signal(Date.now());
setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 1000);

/** What follows from the time, and from `inputs`: whoever reads it is drawn anew only when it is another value. */
export function useTicking<T>(compute: (now: number) => T, inputs: readonly unknown[]): ReadonlySignal<T> {
  return useMemo(() => computed(() => compute(now.value)), inputs);
}

/** How long ago; the exact time on hover. `null`: a dash. */
export function Time({ at }: { readonly at: string | null }) {
  const text = useTicking((nowMs) => (at === null ? "–" : relative(Date.parse(at), nowMs)), [at]);
  if (at === null) return <span class="muted">–</span>;
  return (
    <time dateTime={at} title={absolute(at)}>
      {text}
    </time>
  );
}

export function absolute(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `12 s ago`; clocks differ a little, and nothing happens in the future. */
export function relative(at: number, nowMs: number): string {
  const ms = nowMs - at;
  if (Number.isNaN(ms)) return "–";
  if (ms < 2000) return "just now";
  return `${span(ms)} ago`;
}

function span(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return plural(Math.floor(ms / DAY_MS), "day");
}

/** `26 ms`, `1.4 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}
