/** The middle and the extremes of some values. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("Expected at least one measured value, got none");
  return { median: (lower + upper) / 2, min: Math.min(...sorted), max: Math.max(...sorted) };
}

/** Of the ratios round by round, not of the medians' ratio: neighbours in time shared the machine's mood. */
export function pairwiseRatio(subject: readonly number[], peer: readonly number[]): Spread {
  return spreadOf(subject.map((value, round) => value / (peer[round] ?? Number.NaN)));
}
