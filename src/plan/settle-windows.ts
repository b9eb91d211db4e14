/** How long what is dirty stays so; everything in milliseconds but `burstPacks`. */
export interface SettleWindows {
  /** One pack: quiet for so long. */
  readonly quietMs: number;
  /** A pack, or a source, that was quiet for so long is likely to come to rest: it is prepared meanwhile. */
  readonly aheadAfterMs: number;
  readonly sourceAheadAfterMs: number;
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
  aheadAfterMs: 6,
  sourceAheadAfterMs: 100,
  piecesQuietMs: 250,
  burstPacks: 3,
  burstMs: 250,
  sourceQuietMs: 1000,
  vanishedQuietMs: 2000,
  restlessMs: 3000,
  halfWrittenMs: 250,
  maxMs: 10_000,
};
