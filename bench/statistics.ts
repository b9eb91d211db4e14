/** The value that decides, by default the median, and the extremes of some values. */
export interface Spread {
  readonly middle: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. `percentile`: what so many in a hundred of them do not exceed, between its two neighbours. */
export function spreadOf(values: readonly number[], percentile = 50): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = ((sorted.length - 1) * percentile) / 100;
  const [lower, upper] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (upper === undefined || lower === undefined) throw new Error("Expected at least one measured value, got none");
  return { middle: lower + (upper - lower) * (at % 1), min: Math.min(...sorted), max: Math.max(...sorted) };
}

/**
 * Of the ratios round by round, not of the medians' ratio: neighbours in time shared the machine's mood. Rounds that only one
 * of the two had do not count.
 */
export function pairwiseRatio(subject: readonly number[], peer: readonly number[]): Spread {
  const rounds = Math.min(subject.length, peer.length);
  return spreadOf(subject.slice(0, rounds).map((value, round) => value / (peer[round] ?? Number.NaN)));
}

/** Tails have no pairs: it is one value. */
export function ratioOfTails(subject: readonly number[], peer: readonly number[], percentile: number): Spread {
  const ratio = spreadOf(subject, percentile).middle / spreadOf(peer, percentile).middle;
  return { middle: ratio, min: ratio, max: ratio };
}
