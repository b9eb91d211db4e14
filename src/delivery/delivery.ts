import type { RegistrationReport } from "../catalog/report.ts";
import type { Config } from "../config/config.ts";
import { monotonicMs } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Concerns } from "../routed.ts";
import type { Deliveries, Finished } from "../signal/deliveries.ts";
import { orderOf } from "../signal/order.ts";
import { type QueuePolicy, type Releases, type ServiceStatus, statusOf } from "../signal/queue.ts";
import { createRunner, type Ended, type Runner } from "../signal/runner.ts";
import { wayOf } from "../signal/services.ts";
import { names } from "../signal/targets.ts";
import { liveAtMs, liveOf, type Turn, withTurn } from "../signal/turns.ts";
import { FAILED_AFTER, literalsOf, NOTIFIED, type ServiceView, stateOf, viewsOf } from "../signal/view.ts";
import { type Census, createCensus } from "./census.ts";
import type { Journal } from "./journal.ts";
import { afterwards, finishedOf, reasonOf } from "./results.ts";
import { createQuarantine, type Quarantine, type Retreat } from "./retreat.ts";
import type { Remembered } from "./state.ts";
import { openTelling, type Telling } from "./telling.ts";

/** An attempt that is over, and where its service stands. */
export interface Delivered extends Finished {
  readonly state: ServiceStatus;
  /** `restart`, a signal's name, `exec`, `http`, or `platform`. */
  readonly how: string;
  /** When all that it was told of was live, in milliseconds since 1970; `undefined`: nobody knows. */
  readonly liveAtMs: number | undefined;
}

/** A service that is to be told of these, and what is live of each. */
export interface Pending {
  readonly service: string;
  readonly packs: readonly { readonly pack: string; readonly release: string | undefined }[];
}

export interface DeliveryDeps {
  readonly config: Config;
  readonly log: Log;
  readonly journal: Journal;
  readonly onConcerns: (concerns: Concerns) => void;
  readonly onPending?: (services: readonly Pending[]) => void;
  readonly onDelivered: (delivered: Delivered) => void;
  /** What came of registering what is live: the database comes before the services that read it. */
  readonly registered: () => Promise<RegistrationReport | undefined>;
  /** Unset: nobody goes back. */
  readonly retreat?: Retreat;
}

/** Tells services what became another. */
export interface Delivery extends AsyncDisposable {
  /** Finds out who there is for the next look, which may come at any time now. */
  expect(): void;
  /** Something may have gone live. Resolves when whom it concerns is known, and their turn has come or not. */
  look(): Promise<void>;
  /** Tells a service now everything that is live. */
  notify(service: string): Promise<Ended>;
  views(): readonly ServiceView[];
  /** For how long the engine has not answered, in milliseconds; 0: it does, or nobody asks. */
  silentMs(): number;
  /** Resolves when everybody was told, or could not be; or on abort. */
  settled(abort: AbortSignal): Promise<void>;
  /** Whoever still waits is remembered as not told. */
  giveUp(why: string): Promise<void>;
}

const PACE = { firstMs: 1000, mostMs: 60_000 } as const;
const POLICY = { minIntervalMs: 2000, atOnce: 4, failedAfter: FAILED_AFTER, pace: PACE } as const;

/** Composition root of telling services: who there is, how they are told, in which order, and what they know already. */
export async function openDelivery(deps: DeliveryDeps): Promise<Delivery> {
  const { journal } = deps;
  const remembered: Remembered = { deliveries: await journal.load() };
  await using resources = new AsyncDisposableStack();
  const telling = resources.use(openTelling(deps, remembered));
  const known = new Set([...telling.named, ...servicesIn(remembered.deliveries)]);
  const order: { after: QueuePolicy["after"] } = { after: new Map() };
  const runner: Runner = resources.use(
    createRunner(new Map([...known].map((service) => [service, stateOf(service, remembered.deliveries)])), {
      tell: telling.tell,
      onEnded: (ended) => onEnded(ended, working),
      policy: () => ({ ...POLICY, ...order }),
      now: monotonicMs,
      chance: Math.random,
    }),
  );
  const quarantine = createQuarantine(remembered, journal, deps.retreat, (service) => runner.queue().get(service));
  const working: Working = { deps, remembered, telling, runner, quarantine, known, order };
  const stopping = new AbortController();
  resources.defer(() => stopping.abort(new Error("packsync ends")));
  const census = censusOf(working, stopping.signal);
  concern([], [], working);
  const owned = resources.move();
  let notified = 0;
  return {
    expect: census.expect,
    look: oneAfterTheOther(() => route(census, working)),
    notify(service) {
      concern([service], [], working);
      return runner.tellNow(service, new Map([[NOTIFIED, String(++notified)]]));
    },
    views: () => viewsOf(runner.queue(), remembered.deliveries, POLICY),
    silentMs: census.silentMs,
    settled: runner.settled,
    giveUp: (why) => giveUp(why, working),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What everything here works with. */
interface Working {
  readonly deps: DeliveryDeps;
  readonly remembered: Remembered;
  readonly telling: Telling;
  readonly runner: Runner;
  readonly quarantine: Quarantine;
  /** Every service that was ever seen or named. */
  readonly known: Set<string>;
  readonly order: { after: QueuePolicy["after"] };
}

/** Whoever was known when packsync ended. */
function servicesIn({ turns, labels, told }: Deliveries): readonly string[] {
  return [...literalsOf(turns), ...labels.map(({ service }) => service), ...told.keys()];
}

/** What went live since the last time concerns somebody, or nobody. */
async function route(census: Census, working: Working): Promise<void> {
  const { deps, remembered, quarantine } = working;
  await census.fresh();
  const concerns = await deps.journal.route(remembered.deliveries.labels);
  const { turns, notes } = concerns;
  if (turns.length + notes.length > 0) deps.onConcerns(concerns);
  if (turns.length === 0) return;
  const { deliveries } = remembered;
  remembered.deliveries = { ...deliveries, turns: turns.reduce(withTurn, deliveries.turns) };
  concern(literalsOf(new Map(turns.map((turn) => [turn.pack, [turn]]))), turns, working);
  quarantine.tryAgain().catch(failing("packs are not tried again", deps)); // it asks the volume, which may ask for another look
}

/** @param services perhaps there for the first time: these are to know all that ever concerned them, others these turns only */
function concern(services: readonly string[], turns: readonly Turn[], working: Working): void {
  const { remembered, known, runner } = working;
  const { deliveries } = remembered;
  const fresh = new Set(services.filter((service) => !known.has(service)));
  for (const service of fresh) known.add(service);
  keepOrder(working);
  const latest = new Map(turns.map(({ pack }) => [pack, deliveries.turns.get(pack) ?? []]));
  const wanted = [...known].map((service) => {
    const { wanted } = stateOf(service, { ...deliveries, turns: fresh.has(service) ? deliveries.turns : latest });
    return [service, wanted] as const;
  });
  const asked = new Map(wanted.filter(([, releases]) => releases.size > 0));
  const pending = pendingOf(asked, working);
  if (pending.length > 0) working.deps.onPending?.(pending);
  runner.want(asked);
}

/** Of what services are to know: what they neither know nor wait for yet. */
function pendingOf(asked: ReadonlyMap<string, Releases>, { runner, remembered }: Working): readonly Pending[] {
  const { turns } = remembered.deliveries;
  return [...asked].flatMap(([service, releases]) => {
    const { wanted, acknowledged } = runner.queue().get(service) ?? {};
    const isNew = ([pack, number]: [string, string]) =>
      wanted?.get(pack) !== number && acknowledged?.get(pack) !== number;
    const packs = [...releases].filter(isNew).map(([pack]) => ({ pack, release: liveOf(pack, turns) }));
    return packs.length === 0 ? [] : [{ service, packs }];
  });
}

function keepOrder({ known, telling, order }: Working): void {
  const wished = (service: string): readonly string[] => {
    const { after = [] } = telling.settingOf(service);
    return [...known].filter((other) => after.some(names(other)));
  };
  order.after = orderOf([...known], wished);
}

function censusOf(working: Working, stopping: AbortSignal): Census {
  const { telling, remembered, deps } = working;
  const look = async (): Promise<void> => {
    const labels = await telling.neighbours.services(stopping);
    const isNew = JSON.stringify(labels) !== JSON.stringify(remembered.deliveries.labels);
    remembered.deliveries = { ...remembered.deliveries, labels };
    const services = labels.map(({ service }) => service);
    concern(services, [], working);
    if (isNew) await deps.journal.keepLabels(labels);
  };
  const onTrouble = (error: unknown): void =>
    deps.log.warn({ why: reasonOf(error) }, "which services there are is not to be had; it is asked again");
  return createCensus(look, onTrouble, stopping);
}

function onEnded(ended: Ended, { deps, remembered, telling, runner, quarantine }: Working): void {
  const { service, ending } = ended;
  const finished = finishedOf(ended, remembered.deliveries, new Date());
  remembered.deliveries = afterwards(remembered.deliveries, finished);
  const known = runner.queue().get(service);
  const state = known === undefined ? "pending" : statusOf(known, POLICY);
  const how = wayOf(service, telling.settingOf(service));
  deps.onDelivered({ ...finished, state, how, liveAtMs: liveSince(finished, remembered.deliveries) });
  const isToGoBack = ending === "unhealthy" && telling.settingOf(service).onUnhealthy === "rollback";
  deps.journal
    .finish(finished)
    .then(() => (isToGoBack ? quarantine.goBack(service) : quarantine.tryAgain()))
    .catch(failing("what came of telling a service is not remembered", deps));
}

function liveSince({ told }: Finished, { turns }: Deliveries): number | undefined {
  const atMs = told.size === 0 ? Number.NaN : liveAtMs(told.keys(), turns);
  return Number.isFinite(atMs) ? atMs : undefined;
}

async function giveUp(why: string, { deps, remembered, runner }: Working): Promise<void> {
  const late = viewsOf(runner.queue(), remembered.deliveries, POLICY).filter(({ state }) => state === "pending");
  for (const { service } of late) {
    const about = { service, ending: "failed", why, evidence: [], failures: 1, tookMs: 0, told: new Map() } as const;
    const finished = finishedOf(about, remembered.deliveries, new Date());
    remembered.deliveries = afterwards(remembered.deliveries, finished);
    await deps.journal.finish(finished);
  }
}

function failing(what: string, { log }: DeliveryDeps): (error: unknown) => void {
  return (error) => log.error({ why: reasonOf(error) }, what);
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
