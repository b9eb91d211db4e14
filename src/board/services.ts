import { printableName } from "../platform/names.ts";
import type { Deliveries } from "../signal/deliveries.ts";
import type { ServiceView } from "../signal/view.ts";
import type { ServiceRow } from "./documents.ts";

export interface Telling extends Pick<Deliveries, "turns" | "told"> {
  /** By service: ISO time of its last acknowledgement. */
  readonly lastTold: ReadonlyMap<string, string>;
}

/** Where services stand, and what each was told. */
export function serviceRows(views: readonly ServiceView[], telling: Telling): ServiceRow[] {
  return views.map(({ service, state, since, waiting, failures, why, evidence }) => ({
    service: printableName(service),
    state,
    since: since ?? null,
    last_told_at: telling.lastTold.get(service) ?? (state === "told" ? (since ?? null) : null),
    waiting: [...waiting],
    knows: knownTo(service, telling),
    failures,
    why: why === undefined ? null : printableName(why),
    evidence: evidence.map(printableName),
  }));
}

/** A pack that it was told is gone it does not run. What was told too long ago to be remembered has no release. */
function knownTo(service: string, { turns, told }: Telling): ServiceRow["knows"] {
  return [...(told.get(service) ?? [])]
    .flatMap(([pack, number]) => {
      const turn = turns.get(pack)?.find((each) => each.number === number);
      if (pack === "" || (turn !== undefined && turn.release === undefined)) return [];
      return [{ pack, release: turn?.release ?? null }];
    })
    .sort((a, b) => (a.pack < b.pack ? -1 : 1));
}
