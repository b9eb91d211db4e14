import type { DatabaseSync } from "node:sqlite";
import type { Config } from "../config/config.ts";
import type { VolumeLayout } from "../publish/layout.ts";
import { type Concerns, routeChanges } from "../routed.ts";
import {
  type Deliveries,
  type Finished,
  type Labels,
  type Quarantined,
  readDeliveries,
  saveFinished,
  saveLabels,
  saveQuarantine,
} from "../signal/deliveries.ts";

/** Who remembers what services were told. */
export interface Journal {
  load(): Promise<Deliveries>;
  /** What became another since it was routed last. */
  route(labels: readonly Labels[]): Promise<Concerns>;
  finish(finished: Finished): Promise<void>;
  keepLabels(labels: readonly Labels[]): Promise<void>;
  /** All that are quarantined for the sake of a service. */
  quarantine(service: string, packs: readonly Quarantined[]): Promise<void>;
}

/** The journal as it is asked of another thread. */
export interface JournalRequests {
  readonly load: object;
  readonly route: { readonly labels: readonly Labels[] };
  readonly finish: Finished;
  readonly labels: { readonly labels: readonly Labels[] };
  readonly quarantine: { readonly service: string; readonly packs: readonly Quarantined[] };
}
export interface JournalAnswers {
  readonly load: Deliveries;
  readonly route: Concerns;
  readonly finish: undefined;
  readonly labels: undefined;
  readonly quarantine: undefined;
}

/** The journal in a volume that this process holds. */
export function journalIn(database: DatabaseSync, config: Config, layout: VolumeLayout): Journal {
  return {
    load: async () => readDeliveries(database),
    route: async (labels) => routeChanges({ database, config, layout, labels, now: () => new Date() }),
    finish: async (finished) => saveFinished(database, finished),
    keepLabels: async (labels) => saveLabels(database, labels),
    quarantine: async (service, packs) => saveQuarantine(database, service, packs),
  };
}
