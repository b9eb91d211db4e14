import type { Series } from "../../documents.ts";
import { bytesText } from "../../text.ts";

type Bucket = Series["buckets"][number];

/** One small chart. Values are in the unit that `format` takes. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** What one sees there, in a sentence without the numbers. */
  readonly about: string;
  readonly style: "line" | "bars";
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
}

export interface ChartLine {
  readonly label: string;
  /** The name of a colour of the theme. */
  readonly colour: string;
  readonly value: (bucket: Bucket) => number | null;
}

export const CHARTS: readonly Chart[] = [
  {
    id: "latency",
    title: "Save → visible",
    about: "How long a saved change took until it was live",
    style: "line",
    lines: [
      { label: "typically", colour: "--chart-1", value: ({ latency_p50_ms }) => latency_p50_ms },
      { label: "slowest", colour: "--chart-2", value: ({ latency_max_ms }) => latency_max_ms },
    ],
    format: durationText,
  },
  counted("published", "Publishes", "How many releases went live", "--chart-1"),
  counted("rejected", "Rejected packs", "How often a pack was rejected for its errors", "--chart-3"),
  counted("restarts", "Restarts", "How many services were told by a restart", "--chart-4"),
  {
    id: "memory",
    title: "Memory",
    about: "What the daemon takes",
    style: "line",
    lines: [{ label: "now", colour: "--chart-2", value: ({ memory_bytes }) => memory_bytes }],
    format: bytesText,
  },
];

function counted(field: "published" | "rejected" | "restarts", title: string, about: string, colour: string): Chart {
  const lines = [{ label: title.toLowerCase(), colour, value: (bucket: Bucket) => bucket[field] }];
  return { id: field, title, about, style: "bars", lines, format: (value) => String(Math.round(value)) };
}

/** Seconds since the epoch, then each line's values: what uPlot takes. */
export function columnsOf(chart: Chart, { buckets }: Series): (number | null)[][] {
  const times = buckets.map(({ at }) => Date.parse(at) / 1000);
  return [times, ...chart.lines.map(({ value }) => buckets.map((bucket) => value(bucket)))];
}

/** The chart in numbers: of counts the sum, of the rest the newest and the highest. */
export function summaryOf(chart: Chart, series: Series): string {
  const known = chart.lines.map(({ label, value }) => {
    return { label, values: series.buckets.map((bucket) => value(bucket)).filter((each) => each !== null) };
  });
  if (chart.style === "bars")
    return chart.format(known.flatMap(({ values }) => values).reduce((sum, each) => sum + each, 0));
  const [first, second] = known;
  const last = first?.values.at(-1);
  if (first === undefined || last === undefined) return "nothing yet";
  const most = Math.max(...(second ?? first).values);
  return `${first.label} ${chart.format(last)}, ${second?.label ?? "at most"} ${chart.format(most)}`;
}

/** Only where something was: the text alternative is for people. */
export function tableRows(chart: Chart, { buckets }: Series): readonly (readonly [string, ...string[]])[] {
  return buckets
    .filter((bucket) => chart.lines.some(({ value }) => (value(bucket) ?? 0) !== 0))
    .map((bucket) => [
      bucket.at,
      ...chart.lines.map(({ value }) => {
        const known = value(bucket);
        return known === null ? "–" : chart.format(known);
      }),
    ]);
}

export function durationText(ms: number): string {
  if (ms > 0 && ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60 ? `${minutes} min ${Math.round((ms % 60_000) / 1000)} s` : `${Math.round(minutes / 60)} h`;
}
