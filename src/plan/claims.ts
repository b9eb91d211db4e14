import type { PackRef } from "../pack/ref.ts";

/** A source directory that says, or last said, that it is the pack `ref`. `rank`: a higher source shadows a lower one. */
export interface Claim {
  readonly ref: PackRef;
  readonly source: string;
  readonly directory: string;
  readonly rank: number;
}

export interface Claims<C extends Claim> {
  /** Who wants to be this ref, the one that wins first. */
  readonly byRef: ReadonlyMap<PackRef, readonly C[]>;
  /** Directories whose ref another directory of the same source has, with that directory's name. */
  readonly duplicates: readonly { readonly claim: C; readonly other: string }[];
}

/**
 * Who is which pack. Of two directories of one source with one ref, the one that is live keeps it (the other is a copy
 * that was not renamed yet); if neither is, both are refused.
 */
export function resolveClaims<C extends Claim>(claims: readonly C[], isOwner: (claim: C) => boolean): Claims<C> {
  const byRef = new Map<PackRef, readonly C[]>();
  const duplicates: { claim: C; other: string }[] = [];
  for (const [ref, sameRef] of Map.groupBy(claims, ({ ref }) => ref)) {
    const accepted: C[] = [];
    for (const sameSource of Map.groupBy(sameRef, ({ source }) => source).values()) {
      const keeper = sameSource.length === 1 ? sameSource[0] : sameSource.find(isOwner);
      if (keeper !== undefined) accepted.push(keeper);
      for (const claim of sameSource) {
        if (claim === keeper) continue;
        const other = sameSource.find((each) => each !== claim)?.directory ?? "";
        duplicates.push({ claim, other: keeper?.directory ?? other });
      }
    }
    byRef.set(
      ref,
      accepted.sort((a, b) => b.rank - a.rank),
    );
  }
  return { byRef, duplicates };
}
