import { placeKey } from "../cycle/attention.ts";

/** A hint of a change may come a moment after a rescan has found it. */
const GRACE_MS = 1000;
/** A hint that came so long before a rescan began may be of the change that it found. */
const MEMORY_MS = 15_000;

/** Packs come and go under ever new names for months. */
const MOST_REMEMBERED = 10_000;

/** Changes that a rescan found: were they announced? Times in milliseconds. */
export interface Suspicions {
  /** @param places `<source>/<directory>` each */
  add(places: readonly string[], startedMs: number, now: number): void;
  heard(source: string, directory: string | undefined, now: number): void;
  /** By source: what nobody announced, and nobody will any more. */
  confirmed(now: number): ReadonlyMap<string, readonly string[]>;
  nextAtMs(): number;
}

interface Suspicion {
  readonly source: string;
  readonly directory: string;
  readonly sinceMs: number;
  readonly judgeAtMs: number;
}

export function createSuspicions(): Suspicions {
  let open: readonly Suspicion[] = [];
  const heardAt = new Map<string, number>();
  const isHeard = ({ source, directory, sinceMs }: Suspicion): boolean =>
    [placeKey(source, directory), source].some((key) => (heardAt.get(key) ?? Number.NEGATIVE_INFINITY) >= sinceMs);
  return {
    add(places, startedMs, now) {
      const added = places.map((place) => {
        const slash = place.indexOf("/");
        const at = { source: place.slice(0, slash), directory: place.slice(slash + 1) };
        return { ...at, sinceMs: startedMs - MEMORY_MS, judgeAtMs: now + GRACE_MS };
      });
      open = [...open, ...added];
    },
    heard(source, directory, now) {
      const key = directory === undefined ? source : placeKey(source, directory);
      heardAt.delete(key);
      heardAt.set(key, now); // the last one is the newest
      const [oldest] = heardAt.keys();
      if (heardAt.size > MOST_REMEMBERED && oldest !== undefined) heardAt.delete(oldest);
    },
    confirmed(now) {
      const ripe = open.filter(({ judgeAtMs }) => judgeAtMs <= now);
      if (ripe.length === 0) return NOTHING;
      open = open.filter(({ judgeAtMs }) => judgeAtMs > now);
      const missed = ripe.filter((suspicion) => !isHeard(suspicion));
      const grouped = Map.groupBy(missed, ({ source }) => source);
      return new Map([...grouped].map(([source, its]) => [source, its.map(({ directory }) => directory)]));
    },
    nextAtMs: () => Math.min(...open.map(({ judgeAtMs }) => judgeAtMs)),
  };
}

const NOTHING: ReadonlyMap<string, readonly string[]> = new Map();
