import type { Config } from "./config/config.ts";
import { daemonStatus } from "./control/client.ts";
import { type Attempt, readAttempts, readDeliveries } from "./signal/deliveries.ts";
import { FAILED_AFTER, queueOf, type ServiceView, viewsOf } from "./signal/view.ts";
import { reading } from "./volume-session.ts";

/** Where services stand, and what they were told. */
export interface Services {
  readonly services: readonly ServiceView[];
  /** The newest first. */
  readonly history: readonly Attempt[];
}

const SHOWN = 20;

/** As a daemon knows it that is running, else as it was left. @param service only this one */
export async function readServices(config: Config, service: string | undefined): Promise<Services> {
  const daemon = await daemonStatus(config.stateDir);
  return await reading(config, (database) => {
    if (database === undefined) return { services: [], history: [] };
    const deliveries = readDeliveries(database);
    const services = daemon?.services ?? viewsOf(queueOf(deliveries), deliveries, { failedAfter: FAILED_AFTER });
    const isAsked = (view: ServiceView) => service === undefined || view.service === service;
    return { services: services.filter(isAsked), history: readAttempts(database, service, SHOWN) };
  });
}
