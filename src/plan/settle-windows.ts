/** How long what is dirty stays so; everything in milliseconds but `burstPacks`. */
export interface SettleWindows {
  /** One pack: quiet for so long. */
  readonly quietMs: number;
  /** What was quiet for this part of its time is likely to come to rest: it is prepared meanwhile. */
  readonly aheadShare: number;
  /** What comes in pieces is quiet after twice its largest gap, but after no more than this. */
  readonly piecesQuietMs: number;
  /** More than `burstPacks` packs of a source touched within `burstMs`: the source settles as one, quiet for `sourceQuietMs`. */
  readonly burstPacks: number;
  readonly burstMs: number;
  /** So does what only goes away. */
  readonly sourceQuietMs: number;
  /** A directory that vanished often comes back: `rm -rf` and clone, to a branch and back. */
  readonly vanishedQuietMs: number;
  /** A pack that is written all the time for so long does not hold back its batch. */
  readonly restlessMs: number;
  /** What was found half-written waits once more. */
  readonly halfWrittenMs: number;
  /** What never comes to rest is looked at all the same: nothing starves. */
  readonly maxMs: number;
}

export const SETTLE: SettleWindows = {
  quietMs: 25,
  aheadShare: 0.25,
  piecesQuietMs: 250,
  burstPacks: 3,
  burstMs: 250,
  sourceQuietMs: 1000,
  vanishedQuietMs: 2000,
  restlessMs: 3000,
  halfWrittenMs: 250,
  maxMs: 10_000,
};
