import type { DatabaseSync } from "node:sqlite";

export const WINDOWS = ["hour", "day"] as const;
export type Window = (typeof WINDOWS)[number];

/** Buckets of equal length, the oldest first. Durations in milliseconds. */
export interface Series {
  readonly window: Window;
  readonly bucketMs: number;
  readonly buckets: readonly Bucket[];
}

interface Bucket {
  /** When it begins, in milliseconds since 1970. */
  readonly atMs: number;
  readonly published: number;
  readonly rejected: number;
  /** Services that were told by a restart. */
  readonly restarts: number;
  readonly latencyP50Ms: number | undefined;
  readonly latencyMaxMs: number | undefined;
  readonly memoryBytes: number | undefined;
}

const MINUTE_MS = 60_000;
const SHAPES = {
  hour: { bucketMs: MINUTE_MS, buckets: 60 },
  day: { bucketMs: 15 * MINUTE_MS, buckets: 96 },
} as const;

/** What was counted last, by window. */
export type CountedSeries = Map<Window, { readonly mark: string; readonly series: Series }>;

/** The same, counted once for as long as nothing happens: many look at it, and a day of events takes its time. */
export function countOnce(counted: CountedSeries, ...about: Parameters<typeof seriesOf>): Series {
  const [database, window, nowMs] = about;
  const mark = markOf(database, Math.floor(nowMs / SHAPES[window].bucketMs));
  const known = counted.get(window);
  if (known?.mark === mark) return known.series;
  const series = seriesOf(...about);
  counted.set(window, { mark, series });
  return series;
}

/** Whatever is another one is written down with a greater number, or at a later time. */
function markOf(database: DatabaseSync | undefined, bucket: number): string {
  const newest = database
    ?.prepare("SELECT (SELECT max(id) FROM event) AS event, (SELECT max(at_ms) FROM sample) AS sample")
    .get();
  return [bucket, newest?.["event"], newest?.["sample"]].join();
}

/** What happened lately, counted. The last bucket is the one that it is now. @param database `undefined`: nothing was ever kept */
function seriesOf(database: DatabaseSync | undefined, window: Window, nowMs: number): Series {
  const { bucketMs, buckets } = SHAPES[window];
  const last = Math.floor(nowMs / bucketMs);
  const first = last - buckets + 1;
  const range = [bucketMs, first * bucketMs, (last + 1) * bucketMs] as const;
  const byBucket = (sql: string) =>
    new Map(
      database
        ?.prepare(sql)
        .all(...range)
        .map((row) => [Number(row["bucket"]), row]),
    );
  const [counts, latencies, memory] = [byBucket(COUNTS), byBucket(LATENCIES), byBucket(MEMORY)];
  return {
    window,
    bucketMs,
    buckets: Array.from({ length: buckets }, (_, index) => {
      const bucket = first + index;
      const [count, latency] = [counts.get(bucket), latencies.get(bucket)];
      return {
        atMs: bucket * bucketMs,
        published: Number(count?.["published"] ?? 0),
        rejected: Number(count?.["rejected"] ?? 0),
        restarts: Number(count?.["restarts"] ?? 0),
        latencyP50Ms: latency && Number(latency["p50"]),
        latencyMaxMs: latency && Number(latency["most"]),
        memoryBytes: memory.has(bucket) ? Number(memory.get(bucket)?.["rss"]) : undefined,
      };
    }),
  };
}

// A number of JavaScript is no whole one to SQLite.
const COUNTS = `SELECT at_ms / CAST(?1 AS INTEGER) AS bucket,
    count(*) FILTER (WHERE kind = 'pack.published') AS published,
    count(*) FILTER (WHERE kind = 'pack.rejected') AS rejected,
    count(*) FILTER (WHERE kind = 'service.told' AND document ->> '$.data.how' = 'restart') AS restarts
  FROM event WHERE at_ms >= ?2 AND at_ms < ?3 GROUP BY bucket`;

/** Of what was announced; the middle one is the lower one of two. */
const LATENCIES = `SELECT bucket, max(elapsed_ms) AS most, max(elapsed_ms) FILTER (WHERE place = (count + 1) / 2) AS p50 FROM (
    SELECT at_ms / CAST(?1 AS INTEGER) AS bucket, elapsed_ms,
      row_number() OVER (PARTITION BY at_ms / CAST(?1 AS INTEGER) ORDER BY elapsed_ms) AS place,
      count(*) OVER (PARTITION BY at_ms / CAST(?1 AS INTEGER)) AS count
    FROM event WHERE kind = 'pack.published' AND elapsed_ms IS NOT NULL AND at_ms >= ?2 AND at_ms < ?3
  ) GROUP BY bucket`;

const MEMORY = `SELECT at_ms / CAST(?1 AS INTEGER) AS bucket, max(rss) AS rss FROM sample WHERE at_ms >= ?2 AND at_ms < ?3 GROUP BY bucket`;
