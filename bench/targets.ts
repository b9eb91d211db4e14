import type { Samples } from "./measure.ts";
import { pairwiseRatio, ratioOfTails, type Spread, spreadOf } from "./statistics.ts";
import type { Size } from "./tree.ts";

export const CASES = [
  "cold",
  "noop",
  "edit",
  "rollback",
  "memory",
  "start",
  "idle-memory",
  "idle-cpu",
  "live",
  "signal",
  "switch",
  "validate",
  "revalidate",
  "save",
  "validate-memory",
  "register",
  "register-attune",
  "register-batch",
  "api",
  "listened",
] as const;
export type Case = (typeof CASES)[number];

/** What a case is made of, in rows of its own. */
type Part =
  | "signal: visible"
  | "signal: issued"
  | "api: list"
  | "api: pack"
  | "api: saves"
  | "listened: saves"
  | "listened: memory";

/** Who is measured: the program itself, and what it is compared with. */
export const SUBJECT = "packsync";
export const PEERS = [
  "cp -rf",
  "rsync -a",
  "node -e 0",
  "own noop",
  "re-hashing",
  "fresh process",
  "CSafeLoader",
  "own cold",
  "watcher alone",
  "copy loop",
  "lsyncd",
  "cp -r, sync",
  "idle API",
  "nobody listens",
  "before",
] as const;
export type Peer = (typeof PEERS)[number];

/** What one case gave at one size: milliseconds, bytes for what is called memory, percent of a core for `idle-cpu`, requests a second for `api: list` and `api: pack`. */
export interface Measurement {
  readonly case: Case | Part;
  readonly size: Size;
  readonly samples: Samples<typeof SUBJECT | Peer>;
}

/**
 * A limit for packsync's median: times a peer's, pairwise, after `plusMs` that are not counted; or milliseconds, megabytes
 * (10^6 bytes), percent.
 */
export type Bound =
  | { readonly kind: "ratio"; readonly atMost: number; readonly to: Peer; readonly plusMs: number }
  | { readonly kind: "milliseconds" | "megabytes" | "percent"; readonly atMost: number };

interface Target {
  readonly case: Case | Part;
  readonly size: Size;
  /** The limits are for this one in a hundred of the values, instead of the median. */
  readonly percentile?: Percentile;
  /** Unset: it is only shown. */
  readonly must?: Bound;
  readonly dream?: Bound;
}

export type Percentile = 50 | 99;

/** How long packsync waits for quiet after a save, and after a burst in a source (`src/plan/settle-windows.ts`). */
const [SETTLE_MS, SOURCE_SETTLE_MS] = [25, 1000];

const TARGETS: readonly Target[] = [
  { case: "cold", size: "10k", must: times(1.0, "rsync -a"), dream: times(1.0, "cp -rf") },
  { case: "cold", size: "100k", must: times(1.0, "rsync -a"), dream: times(1.0, "cp -rf") },
  { case: "noop", size: "1k", must: times(3.5, "node -e 0"), dream: times(2.0, "node -e 0") },
  { case: "noop", size: "10k", must: times(1.1, "rsync -a"), dream: times(0.5, "rsync -a") },
  { case: "noop", size: "100k", must: times(1.0, "rsync -a"), dream: times(0.5, "rsync -a") },
  { case: "edit", size: "10k", must: times(1.2, "own noop") },
  { case: "rollback", size: "1k", must: milliseconds(20) },
  { case: "validate", size: "10k", must: times(1.5, "CSafeLoader") },
  { case: "revalidate", size: "10k", must: times(0.1, "own cold") },
  { case: "save", size: "10k", must: milliseconds(10) },
  { case: "validate-memory", size: "10k", must: megabytes(200) },
  { case: "register", size: "10k", must: times(0.1, "own cold") },
  { case: "register-attune", size: "10k", must: times(0.1, "own cold") },
  { case: "register-batch", size: "10k", must: times(2, "cp -r, sync"), dream: times(1.2, "cp -r, sync") },
  { case: "api: saves", size: "10k" },
  { case: "api: saves", size: "10k", percentile: 99 },
  { case: "listened: saves", size: "10k", must: times(1.2, "nobody listens") },
  { case: "listened: saves", size: "10k", percentile: 99, must: times(1.2, "nobody listens") },
  { case: "listened: memory", size: "10k", must: times(1.1, "before") },
  { case: "memory", size: "100k", must: megabytes(250), dream: megabytes(150) },
  { case: "start", size: "10k", must: times(30, "node -e 0"), dream: times(8, "node -e 0") },
  { case: "start", size: "100k", must: times(160, "node -e 0"), dream: times(25, "node -e 0") },
  { case: "idle-memory", size: "10k", must: megabytes(180), dream: megabytes(90) },
  { case: "idle-memory", size: "100k", must: megabytes(600), dream: megabytes(150) },
  { case: "idle-cpu", size: "10k", must: percent(2), dream: percent(0.2) },
  { case: "live", size: "10k", must: milliseconds(SETTLE_MS + 10), dream: milliseconds(SETTLE_MS + 4) },
  { case: "live", size: "10k", percentile: 99, must: milliseconds(SETTLE_MS + 50) },
  { case: "live", size: "10k", must: times(0.1, "copy loop") },
  { case: "live", size: "10k", must: times(0.1, "lsyncd") },
  { case: "signal", size: "10k" },
  { case: "signal", size: "10k", percentile: 99 },
  { case: "signal: visible", size: "10k" },
  { case: "signal: visible", size: "10k", percentile: 99 },
  { case: "signal: issued", size: "10k", must: milliseconds(20), dream: milliseconds(10) },
  { case: "signal: issued", size: "10k", percentile: 99 },
  {
    case: "switch",
    size: "10k",
    must: times(2, "cp -rf", SOURCE_SETTLE_MS),
    dream: times(1.2, "cp -rf", SOURCE_SETTLE_MS),
  },
];

/** A bound and what was reached of it. */
export interface Reached {
  readonly bound: Bound;
  readonly value: Spread;
}

export interface Judgement {
  /** What of the values was judged. */
  readonly percentile: Percentile;
  readonly must?: Reached;
  readonly dream?: Reached;
  /** `-` without a target. */
  readonly verdict: "-" | "ok" | "MISS" | "dream";
}

/** One for each target whose peer was there, at least one. Medians or percentiles decide; the spread is for the reader. */
export function judge(measurement: Measurement): readonly [Judgement, ...Judgement[]] {
  const targets = TARGETS.filter((one) => one.case === measurement.case && one.size === measurement.size);
  const [first, ...others] = targets.filter(({ must }) => must?.kind !== "ratio" || measurement.samples.has(must.to));
  if (first === undefined) return [{ percentile: 50, verdict: "-" }];
  return [judgeBy(first, measurement), ...others.map((target) => judgeBy(target, measurement))];
}

function judgeBy({ percentile = 50, ...target }: Target, measurement: Measurement): Judgement {
  if (target.must === undefined) return { percentile, verdict: "-" };
  const must = reach(measurement, target.must, percentile);
  if (target.dream === undefined) return { percentile, must, verdict: holds(must) ? "ok" : "MISS" };
  const dream = reach(measurement, target.dream, percentile);
  const verdict = !holds(must) ? "MISS" : holds(dream) ? "dream" : "ok";
  return { percentile, must, dream, verdict };
}

/** The values of one contender; throws if the case did not measure it. */
export function samplesOf({ samples, ...one }: Measurement, name: typeof SUBJECT | Peer): readonly number[] {
  const values = samples.get(name);
  if (values === undefined) throw new Error(`Expected \`${one.case} ${one.size}\` to have measured \`${name}\``);
  return values;
}

function reach(measurement: Measurement, bound: Bound, percentile: Percentile): Reached {
  const subject = samplesOf(measurement, SUBJECT);
  switch (bound.kind) {
    case "ratio": {
      const counted = subject.map((ms) => ms - bound.plusMs);
      const peer = samplesOf(measurement, bound.to);
      return {
        bound,
        value: percentile === 50 ? pairwiseRatio(counted, peer) : ratioOfTails(counted, peer, percentile),
      };
    }
    case "milliseconds":
    case "percent":
      return { bound, value: spreadOf(subject, percentile) };
    case "megabytes":
      return { bound, value: spreadOf(subject.map((bytes) => bytes / 1e6)) };
    default:
      return bound satisfies never;
  }
}

function holds({ bound, value }: Reached): boolean {
  return value.middle <= bound.atMost;
}

function times(atMost: number, to: Peer, plusMs = 0): Bound {
  return { kind: "ratio", atMost, to, plusMs };
}

function milliseconds(atMost: number): Bound {
  return { kind: "milliseconds", atMost };
}

function megabytes(atMost: number): Bound {
  return { kind: "megabytes", atMost };
}

function percent(atMost: number): Bound {
  return { kind: "percent", atMost };
}
