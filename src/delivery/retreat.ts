import type { Quarantined } from "../signal/deliveries.ts";
import type { ServiceState } from "../signal/queue.ts";
import type { Journal } from "./journal.ts";
import { type Culprit, culpritsOf, releasesOf } from "./quarantine.ts";
import type { Remembered } from "./state.ts";

/** What is done about a service that does not come back. */
export interface Retreat {
  /** @returns those that went back; it does not reject */
  goBack(service: string, culprits: readonly Culprit[]): Promise<readonly Quarantined[]>;
  /** Packs that went back are tried again. */
  tryAgain(service: string, packs: readonly string[]): Promise<void>;
}

export interface Quarantine {
  /** A service did not come back. */
  goBack(service: string): Promise<void>;
  /** Whatever became another since may end a quarantine. */
  tryAgain(): Promise<void>;
}

export function createQuarantine(
  remembered: Remembered,
  journal: Journal,
  retreat: Retreat | undefined,
  stateOf: (service: string) => ServiceState | undefined,
): Quarantine {
  const keep = async (service: string, set: readonly Quarantined[]): Promise<void> => {
    const { deliveries } = remembered;
    const others = deliveries.quarantined.filter((each) => each.service !== service);
    remembered.deliveries = { ...deliveries, quarantined: [...others, ...set] };
    await journal.quarantine(service, set);
  };
  return {
    async goBack(service) {
      const culprits = culpritsOf(service, remembered.deliveries, stateOf(service));
      if (retreat === undefined || culprits.length === 0) return;
      await keep(service, await retreat.goBack(service, culprits));
    },
    async tryAgain() {
      for (const { service, unpin } of releasesOf(remembered.deliveries, stateOf)) {
        await keep(service, []); // before anything else: it is done once
        if (unpin.length > 0) await retreat?.tryAgain(service, unpin);
      }
    },
  };
}
