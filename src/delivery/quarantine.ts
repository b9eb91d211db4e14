import type { Deliveries, Quarantined } from "../signal/deliveries.ts";
import { type ServiceState, unknownTo } from "../signal/queue.ts";
import { liveOf } from "../signal/turns.ts";

/** A pack that is to go back, from what is live of it to what a service was ready with. */
export interface Culprit {
  readonly pack: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The packs that became another since a service was ready last: it did not come back with the set of them, and nobody knows which one it is. Nobody
 * goes back for a service that was never ready, nor while something newer waits that may have mended it.
 */
export function culpritsOf(
  service: string,
  deliveries: Deliveries,
  state: ServiceState | undefined,
): readonly Culprit[] {
  const { turns, told, ready } = deliveries;
  if (state === undefined || unknownTo(state).size > 0) return [];
  return [...(told.get(service)?.keys() ?? [])].flatMap((pack) => {
    const [from, to] = [liveOf(pack, turns), ready.get(service)?.get(pack)];
    if (from === undefined || to === undefined || contentOf(from) === contentOf(to)) return [];
    return [{ pack, from, to }];
  });
}

/** Equal content has the equal end; see `publish/manifest.ts`. */
function contentOf(release: string): string {
  return release.slice(release.indexOf("-"));
}

/** What of a set may be tried again, and what is remembered of it from now on. */
export interface Release {
  readonly service: string;
  readonly unpin: readonly string[];
}

/**
 * A set is quarantined until one of its packs is another. Then the others are tried again, but only when the service is ready with that one: so a
 * good edit of one pack is not thrown back with the bad one of another.
 */
export function releasesOf(
  deliveries: Deliveries,
  stateOf: (service: string) => ServiceState | undefined,
): readonly Release[] {
  const byService = Map.groupBy(deliveries.quarantined, ({ service }) => service);
  return [...byService].flatMap(([service, set]) => {
    const state = stateOf(service);
    const isAsItWas = ({ pack, release }: Quarantined) => liveOf(pack, deliveries.turns) === release;
    const stays = set.filter(isAsItWas);
    if (stays.length === set.length) return [];
    const isReady = state?.lastEnding === "told" && state.inFlight === undefined && unknownTo(state).size === 0;
    return isReady ? [{ service, unpin: stays.map(({ pack }) => pack) }] : [];
  });
}
