/** The way of a change, as the canary's goes it: an author writes, the watcher hears, it comes to rest, the volume's thread looks at it and publishes it, and somebody reads it. */
export const LEGS = ["write", "watch", "settle", "scan", "publish", "read"] as const;
export type Leg = (typeof LEGS)[number];

/**
 * How the canary fares. `off`: there is none. `waiting`: the first one is not back yet. `well`: the last one came back. `stalled`: it has been
 * away for too long, see {@link CanaryStatus.leg}. Times are ISO, durations milliseconds.
 */
export interface CanaryStatus {
  readonly state: "off" | "waiting" | "well" | "stalled";
  /** How many came back since the daemon began. */
  readonly rounds: number;
  /** When the last one came back. */
  readonly lastAt: string | undefined;
  /** What the way of the last one that came back took, leg by leg; `watch` is missing where no directory more can be watched. */
  readonly legs: Readonly<Partial<Record<Leg, number>>> | undefined;
  /** How long none came back, but for the time that the volume had other things to do; grows to the canary's interval and begins anew. */
  readonly ageMs: number;
  /** The leg that the one which is away has not done yet, for how long, and why, as far as it is known. */
  readonly leg: Leg | undefined;
  readonly legMs: number;
  readonly why: string | undefined;
}

export const NO_CANARY: CanaryStatus = {
  state: "off",
  rounds: 0,
  lastAt: undefined,
  legs: undefined,
  ageMs: 0,
  leg: undefined,
  legMs: 0,
  why: undefined,
};
