import { setTimeout as sleepFor } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { ServiceSetting } from "../plan/how.ts";
import { monotonicMs } from "../platform/clock.ts";
import { attuneSettings } from "../registration.ts";
import type { Driver } from "../signal/driver.ts";
import { type Neighbours, openNeighbours } from "../signal/neighbours.ts";
import type { Releases } from "../signal/queue.ts";
import type { Result } from "../signal/runner.ts";
import { driverFor, namedServices, type ServicesSettings, settingOf } from "../signal/services.ts";
import { openWire } from "../signal/wire.ts";
import type { DeliveryDeps } from "./delivery.ts";
import { databaseResult, failedBy, noticeFor, resultOf } from "./results.ts";
import type { Remembered } from "./state.ts";

/** How each service is told: in which way, and after which database. */
export interface Telling extends AsyncDisposable {
  readonly neighbours: Neighbours;
  /** Services that were named, and need no container to be told. */
  readonly named: readonly string[];
  settingOf(service: string): ServiceSetting;
  /** It rejects for no other reason than the abort. */
  tell(service: string, unknown: Releases, abort: AbortSignal): Promise<Result>;
}

export function openTelling(deps: DeliveryDeps, remembered: Remembered): Telling {
  const { config, log } = deps;
  const resources = new AsyncDisposableStack();
  const settings = servicesSettings(config);
  const neighbours = resources.use(openNeighbours(config.docker));
  const wire = resources.use(openWire());
  const driverOf = keptDrivers((service, setting) =>
    driverFor(service, setting, { settings, neighbours, wire, log, sleep, now: monotonicMs }),
  );
  const settingFor = (service: string): ServiceSetting => {
    const label = remembered.deliveries.labels.find((each) => each.service === service)?.how;
    return settingOf(service, settings.services, label);
  };
  return {
    neighbours,
    named: namedServices(settings),
    settingOf: settingFor,
    async tell(service, unknown, abort) {
      try {
        const database = await databaseFirst(deps, abort);
        if (database !== undefined && service === "register" && config.platform.url === undefined) return database;
        const driver = driverOf(service, settingFor(service));
        return resultOf(await driver.tell(noticeFor(service, unknown, remembered.deliveries), abort));
      } catch (error) {
        abort.throwIfAborted();
        return failedBy(error);
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function servicesSettings({ services, preset, platform, environments }: Config): ServicesSettings {
  const { url, packsDir, tokenFile } = platform;
  const token = tokenFile === undefined ? { text: process.env["PACKSYNC_PLATFORM_TOKEN"] } : { file: tokenFile };
  return { services, preset, platform: { url, packsDir }, environments, token };
}

/** A driver remembers whom it has left half-told, so there is one for each service as long as that is told in the same way. */
function keptDrivers(open: (service: string, setting: ServiceSetting) => Driver) {
  const known = new Map<string, { readonly how: string; readonly driver: Driver }>();
  return (service: string, setting: ServiceSetting): Driver => {
    const how = JSON.stringify(setting);
    const before = known.get(service);
    if (before?.how === how) return before.driver;
    const driver = open(service, setting);
    known.set(service, { how, driver });
    return driver;
  };
}

/** Services read the database, so it comes first; but nobody waits for ever for one that does not answer. */
async function databaseFirst(
  { config, registered }: Pick<DeliveryDeps, "config" | "registered">,
  abort: AbortSignal,
): Promise<Result | undefined> {
  if (attuneSettings(config) === undefined) return undefined;
  const done = new AbortController();
  const late = sleep(config.database.timeoutSeconds * 1000, AbortSignal.any([abort, done.signal]));
  try {
    return databaseResult((await Promise.race([registered(), late])) ?? undefined);
  } finally {
    done.abort();
    late.catch(() => {});
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleepFor(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
