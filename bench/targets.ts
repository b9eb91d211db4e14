import type { Samples } from "./measure.ts";
import { pairwiseRatio, type Spread, spreadOf } from "./statistics.ts";
import type { Size } from "./tree.ts";

export const CASES = [
  "cold",
  "noop",
  "edit",
  "rollback",
  "memory",
  "validate",
  "revalidate",
  "save",
  "validate-memory",
  "register",
  "register-attune",
] as const;
export type Case = (typeof CASES)[number];

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
] as const;
export type Peer = (typeof PEERS)[number];

/** What one case gave at one size: milliseconds, or bytes for `memory` and `validate-memory`. */
export interface Measurement {
  readonly case: Case;
  readonly size: Size;
  readonly samples: Samples<typeof SUBJECT | Peer>;
}

/** A limit for packsync's median: times a peer's, pairwise, or milliseconds, or megabytes (10^6 bytes). */
export type Bound =
  | { readonly kind: "ratio"; readonly atMost: number; readonly to: Peer }
  | { readonly kind: "milliseconds" | "megabytes"; readonly atMost: number };

interface Target {
  readonly case: Case;
  readonly size: Size;
  readonly must: Bound;
  readonly dream?: Bound;
}

const TARGETS: readonly Target[] = [
  { case: "cold", size: "10k", must: times(1.0, "rsync -a"), dream: times(1.0, "cp -rf") },
  { case: "cold", size: "100k", must: times(1.0, "rsync -a"), dream: times(1.0, "cp -rf") },
  { case: "noop", size: "1k", must: times(3.5, "node -e 0"), dream: times(2.0, "node -e 0") },
  { case: "noop", size: "10k", must: times(1.1, "rsync -a"), dream: times(0.5, "rsync -a") },
  { case: "noop", size: "100k", must: times(1.0, "rsync -a"), dream: times(0.5, "rsync -a") },
  { case: "edit", size: "10k", must: times(1.2, "own noop") },
  { case: "rollback", size: "1k", must: { kind: "milliseconds", atMost: 20 } },
  { case: "validate", size: "10k", must: times(1.5, "CSafeLoader") },
  { case: "revalidate", size: "10k", must: times(0.1, "own cold") },
  { case: "save", size: "10k", must: { kind: "milliseconds", atMost: 10 } },
  { case: "validate-memory", size: "10k", must: megabytes(200) },
  { case: "register", size: "10k", must: times(0.1, "own cold") },
  { case: "register-attune", size: "10k", must: times(0.1, "own cold") },
  { case: "memory", size: "100k", must: megabytes(250), dream: megabytes(150) },
];

/** A bound and what was reached of it. */
export interface Reached {
  readonly bound: Bound;
  readonly value: Spread;
}

export interface Judgement {
  readonly must?: Reached;
  readonly dream?: Reached;
  /** `-` without a target. */
  readonly verdict: "-" | "ok" | "MISS" | "dream";
}

/** Medians decide; the spread is for the reader. */
export function judge(measurement: Measurement): Judgement {
  const target = TARGETS.find((one) => one.case === measurement.case && one.size === measurement.size);
  if (target === undefined) return { verdict: "-" };
  const must = reach(measurement, target.must);
  if (target.dream === undefined) return { must, verdict: holds(must) ? "ok" : "MISS" };
  const dream = reach(measurement, target.dream);
  const verdict = !holds(must) ? "MISS" : holds(dream) ? "dream" : "ok";
  return { must, dream, verdict };
}

/** The values of one contender; throws if the case did not measure it. */
export function samplesOf({ samples, ...one }: Measurement, name: typeof SUBJECT | Peer): readonly number[] {
  const values = samples.get(name);
  if (values === undefined) throw new Error(`Expected \`${one.case} ${one.size}\` to have measured \`${name}\``);
  return values;
}

function reach(measurement: Measurement, bound: Bound): Reached {
  const subject = samplesOf(measurement, SUBJECT);
  switch (bound.kind) {
    case "ratio":
      return { bound, value: pairwiseRatio(subject, samplesOf(measurement, bound.to)) };
    case "milliseconds":
      return { bound, value: spreadOf(subject) };
    case "megabytes":
      return { bound, value: spreadOf(subject.map((bytes) => bytes / 1e6)) };
    default:
      return bound satisfies never;
  }
}

function holds({ bound, value }: Reached): boolean {
  return value.median <= bound.atMost;
}

function times(atMost: number, to: Peer): Bound {
  return { kind: "ratio", atMost, to };
}

function megabytes(atMost: number): Bound {
  return { kind: "megabytes", atMost };
}
