import type { MeaningKind } from "../plan/meaning.ts";
import type { PackNotice } from "./driver.ts";

/** A pack became another: whom that concerns, and what of it. Every one has a number of its own, greater than those before. */
export interface Turn {
  readonly number: number;
  readonly pack: string;
  /** What went live; `undefined`: the pack is gone. */
  readonly release: string | undefined;
  /** When it was live for certain, in milliseconds since 1970 by packsync's clock. */
  readonly liveAtMs: number;
  /** Services by globs, `register`, `environments`. */
  readonly targets: readonly string[];
  /** The first {@link MAX_CHANGES} of them. */
  readonly changes: readonly { readonly path: string; readonly meaning: MeaningKind }[];
}

/** More than anybody reads; an adopted pack may have 100,000. */
export const MAX_CHANGES = 1000;

/** By pack, the oldest first. */
export type Turns = ReadonlyMap<string, readonly Turn[]>;

/** By pack: the number of the turn that somebody was told of last. */
export type Told = ReadonlyMap<string, number>;

export function withTurn(turns: Turns, turn: Turn): Turns {
  return new Map([...turns, [turn.pack, pruned([...(turns.get(turn.pack) ?? []), turn])]]);
}

/** The changes of so many turns of a pack are remembered. */
const KEPT = 10;

/** What is left of a pack's turns: the newest ones, and whichever is the last that concerned somebody. */
export function pruned(turns: readonly Turn[]): readonly Turn[] {
  return turns.filter(({ targets }, index) => {
    const later = new Set(turns.slice(index + 1).flatMap((turn) => turn.targets));
    return index >= turns.length - KEPT || targets.some((target) => !later.has(target));
  });
}

/** What a service is told of the packs it does not know as they are: what is live now, and all that changed since it was told. */
export function packNotices(packs: Iterable<string>, told: Told, turns: Turns): readonly PackNotice[] {
  return [...packs].flatMap((pack) => {
    const all = turns.get(pack) ?? [];
    const last = all.at(-1);
    if (last === undefined) return [];
    const since = all.filter(({ number }) => number > (told.get(pack) ?? 0));
    const changes = new Map(since.flatMap((turn) => turn.changes.map((change) => [change.path, change])));
    return [{ ref: pack, release: last.release, changes: [...changes.values()].slice(0, MAX_CHANGES) }];
  });
}

/** What is live of a pack, as far as it is known here. */
export function liveOf(pack: string, turns: Turns): string | undefined {
  return turns.get(pack)?.at(-1)?.release;
}

/** When all of these were live; a service that started later has read them. */
export function liveAtMs(packs: Iterable<string>, turns: Turns): number {
  return Math.max(...[...packs].map((pack) => turns.get(pack)?.at(-1)?.liveAtMs ?? Number.POSITIVE_INFINITY));
}
