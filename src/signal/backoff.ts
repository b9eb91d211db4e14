/** How long to wait between attempts, in milliseconds. */
export interface Pace {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Of a wait up to this share is left to chance, so that many do not come back at one moment. */
const JITTER = 0.25;

/**
 * When to try again after so many failures: each wait is twice the one before, up to the longest.
 *
 * @param chance from 0 to 1
 */
export function retryAt(now: number, failures: number, chance: number, { firstMs, mostMs }: Pace): number {
  const wait = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return now + wait * (1 - JITTER * chance);
}
