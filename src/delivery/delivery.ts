import { setTimeout as sleepFor } from "node:timers/promises";
import type { RegistrationReport } from "../catalog/report.ts";
import type { Config } from "../config/config.ts";
import { monotonicMs } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { attuneSettings } from "../registration.ts";
import type { Concerns } from "../routed.ts";
import type { Deliveries, Finished, Quarantined } from "../signal/deliveries.ts";
import type { Driver } from "../signal/driver.ts";
import { openNeighbours } from "../signal/neighbours.ts";
import { orderOf } from "../signal/order.ts";
import { type QueuePolicy, type Releases, type ServiceStatus, statusOf } from "../signal/queue.ts";
import { createRunner, type Ended, type Result } from "../signal/runner.ts";
import { driverFor, namedServices, type ServicesSettings, settingOf } from "../signal/services.ts";
import { names, type Turn, withTurn } from "../signal/turns.ts";
import { FAILED_AFTER, literalsOf, NOTIFIED, type ServiceView, stateOf, viewsOf } from "../signal/view.ts";
import { openWire } from "../signal/wire.ts";
import { createCensus } from "./census.ts";
import type { Journal } from "./journal.ts";
import { type Culprit, culpritsOf, releasesOf } from "./quarantine.ts";
import { afterwards, databaseResult, failedBy, finishedOf, noticeFor, reasonOf, resultOf } from "./results.ts";

/** An attempt that is over, and where its service stands. */
export interface Delivered extends Finished {
  readonly state: ServiceStatus;
}

export interface DeliveryDeps {
  readonly config: Config;
  readonly log: Log;
  readonly journal: Journal;
  readonly onConcerns: (concerns: Concerns) => void;
  readonly onDelivered: (delivered: Delivered) => void;
  /** What came of registering what is live: the database comes before the services that read it. */
  readonly registered: () => Promise<RegistrationReport | undefined>;
  /** Unset: nobody goes back. */
  readonly retreat?: Retreat;
}

/** What is done about a service that does not come back. */
export interface Retreat {
  /** @returns those that went back; it does not reject */
  goBack(service: string, culprits: readonly Culprit[]): Promise<readonly Quarantined[]>;
  /** Packs that went back are tried again. */
  tryAgain(service: string, packs: readonly string[]): Promise<void>;
}

/** Tells services what became another. */
export interface Delivery extends AsyncDisposable {
  /** Something may have gone live. Resolves when whom it concerns is known, and their turn has come or not. */
  look(): Promise<void>;
  /** Tells a service now everything that is live. */
  notify(service: string): Promise<Ended>;
  views(): readonly ServiceView[];
  /** Nobody goes on: whoever still waits is remembered as not told. */
  giveUp(why: string): Promise<void>;
  /** Resolves when everybody was told, or could not be; or on abort. */
  settled(abort: AbortSignal): Promise<void>;
}

const PACE = { firstMs: 1000, mostMs: 60_000 } as const;
const POLICY = { minIntervalMs: 2000, atOnce: 4, failedAfter: FAILED_AFTER, pace: PACE } as const;

/** Composition root of telling services: who there is, how they are told, in which order, and what they know already. */
export async function openDelivery(deps: DeliveryDeps): Promise<Delivery> {
  const { config, log, journal } = deps;
  await using resources = new AsyncDisposableStack();
  const settings = servicesSettings(config);
  const neighbours = resources.use(openNeighbours(config.docker));
  const wire = resources.use(openWire());
  const stopping = new AbortController();
  let deliveries = await journal.load();
  const known = new Set(servicesIn(deliveries, settings));
  let order: QueuePolicy["after"] = new Map();
  let notified = 0;
  const drivers = createDrivers();

  const settingFor = (service: string) => {
    const label = deliveries.labels.find((each) => each.service === service)?.how;
    return settingOf(service, settings.services, label);
  };
  const tell = async (service: string, unknown: Releases, abort: AbortSignal): Promise<Result> => {
    try {
      const report = await databaseFirst(deps, abort);
      if (report !== undefined && service === "register" && config.platform.url === undefined) return report;
      const about = { settings, neighbours, wire, log, sleep, now: monotonicMs };
      const setting = settingFor(service);
      const driver = drivers(service, setting, () => driverFor(service, setting, about));
      return resultOf(await driver.tell(noticeFor(service, unknown, deliveries), abort));
    } catch (error) {
      abort.throwIfAborted();
      return failedBy(error);
    }
  };
  const onEnded = (ended: Ended): void => {
    const finished = finishedOf(ended, deliveries, new Date());
    deliveries = afterwards(deliveries, finished);
    const state = runner.queue().get(ended.service);
    deps.onDelivered({ ...finished, state: state === undefined ? "pending" : statusOf(state, POLICY) });
    const isBad = ended.ending === "unhealthy" && settingFor(ended.service).onUnhealthy === "rollback";
    journal
      .finish(finished)
      .then(() => (isBad ? goBack(ended.service) : tryAgain()))
      .catch((error: unknown) => {
        log.error({ service: ended.service, why: reasonOf(error) }, "what came of telling it is not remembered");
      });
  };
  const stateIn = (service: string) => runner.queue().get(service);
  const goBack = async (service: string): Promise<void> => {
    const culprits = deps.retreat === undefined ? [] : culpritsOf(service, deliveries, stateIn(service));
    if (culprits.length === 0) return;
    const set = (await deps.retreat?.goBack(service, culprits)) ?? [];
    await keepSet(service, set);
  };
  const keepSet = async (service: string, set: readonly Quarantined[]): Promise<void> => {
    const others = deliveries.quarantined.filter((each) => each.service !== service);
    deliveries = { ...deliveries, quarantined: [...others, ...set] };
    await journal.quarantine(service, set);
  };
  const tryAgain = async (): Promise<void> => {
    for (const { service, unpin } of releasesOf(deliveries, stateIn)) {
      await keepSet(service, []);
      if (unpin.length > 0) await deps.retreat?.tryAgain(service, unpin);
    }
  };
  const runner = resources.use(
    createRunner(new Map([...known].map((service) => [service, stateOf(service, deliveries)])), {
      ...{ tell, onEnded, now: monotonicMs, chance: Math.random },
      policy: () => ({ ...POLICY, after: order }),
    }),
  );
  resources.defer(() => stopping.abort(new Error("packsync ends")));

  /** @param services perhaps there for the first time: these are to know all that ever concerned them, others these turns only */
  const concern = (services: readonly string[], turns: readonly Turn[]): void => {
    const fresh = new Set(services.filter((service) => !known.has(service)));
    for (const service of fresh) known.add(service);
    const wished = (service: string): readonly string[] => {
      const { after = [] } = settingFor(service);
      return [...known].filter((other) => after.some(names(other)));
    };
    order = orderOf([...known], wished);
    const latest = new Map(turns.map((turn) => [turn.pack, deliveries.turns.get(turn.pack) ?? []]));
    const wanted = [...known].map((service) => {
      const { wanted } = stateOf(service, { ...deliveries, turns: fresh.has(service) ? deliveries.turns : latest });
      return [service, wanted] as const;
    });
    runner.want(new Map(wanted.filter(([, releases]) => releases.size > 0)));
  };
  const census = createCensus(
    async () => {
      const labels = await neighbours.services(stopping.signal);
      const isNew = JSON.stringify(labels) !== JSON.stringify(deliveries.labels);
      deliveries = { ...deliveries, labels };
      concern(
        labels.map(({ service }) => service),
        [],
      );
      if (isNew) await journal.keepLabels(labels);
    },
    (error) => log.warn({ why: reasonOf(error) }, "which services there are is not to be had; it is asked again"),
    stopping.signal,
  );
  const route = async (): Promise<void> => {
    await census.first();
    const concerns = await journal.route(deliveries.labels);
    const { turns, notes } = concerns;
    if (turns.length + notes.length > 0) deps.onConcerns(concerns);
    if (turns.length === 0) return;
    deliveries = { ...deliveries, turns: turns.reduce(withTurn, deliveries.turns) };
    concern(literalsOf(new Map(turns.map((turn) => [turn.pack, [turn]]))), turns);
    census.again();
    tryAgain().catch((error: unknown) => log.error({ why: reasonOf(error) }, "packs are not tried again"));
  };
  concern([], []);
  const owned = resources.move();
  return {
    look: oneAfterTheOther(route),
    notify(service) {
      concern([service], []);
      runner.want(new Map([[service, new Map([[NOTIFIED, String(++notified)]])]]));
      return runner.tellNow(service);
    },
    views: () => viewsOf(runner.queue(), deliveries, POLICY),
    settled: runner.settled,
    async giveUp(why) {
      const late = viewsOf(runner.queue(), deliveries, POLICY).filter(({ state }) => state === "pending");
      for (const { service } of late) {
        const about = {
          service,
          ending: "failed",
          why,
          evidence: [],
          failures: 1,
          tookMs: 0,
          told: new Map(),
        } as const;
        const finished = finishedOf(about, deliveries, new Date());
        deliveries = afterwards(deliveries, finished);
        await journal.finish(finished);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function servicesSettings({ services, preset, platform }: Config): ServicesSettings {
  const { url, packsDir, tokenFile } = platform;
  const token = tokenFile === undefined ? { text: process.env["PACKSYNC_PLATFORM_TOKEN"] } : { file: tokenFile };
  return { services, preset, platform: { url, packsDir }, token };
}

/** Whoever was known when packsync ended, but for those that only ever had a container. */
function servicesIn({ turns, labels, told }: Deliveries, settings: ServicesSettings): readonly string[] {
  return [...namedServices(settings), ...literalsOf(turns), ...labels.map(({ service }) => service), ...told.keys()];
}

/** Services read the database, so it comes first; but nobody waits for ever for one that does not answer. */
async function databaseFirst({ config, registered }: DeliveryDeps, abort: AbortSignal): Promise<Result | undefined> {
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

/** A driver remembers whom it has left half-told, so there is one for each service as long as that is told in the same way. */
function createDrivers() {
  const known = new Map<string, { readonly how: string; readonly driver: Driver }>();
  return (service: string, setting: unknown, open: () => Driver): Driver => {
    const how = JSON.stringify(setting);
    const before = known.get(service);
    if (before?.how === how) return before.driver;
    const driver = open();
    known.set(service, { how, driver });
    return driver;
  };
}

/** What is asked while it runs is done once more after it. */
function oneAfterTheOther(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running.then(() => {
      next = undefined;
      const done = work();
      running = done.catch(() => {});
      return done;
    });
    return next;
  };
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleepFor(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
