import { readdirSync, statSync } from "node:fs";
import type { RegistrationReport } from "./catalog/report.ts";
import { readStandings } from "./catalog/standing.ts";
import type { Config } from "./config/config.ts";
import { routePolicyOf } from "./config/routes.ts";
import { EVERYTHING } from "./cycle/attention.ts";
import type { CycleDeps, CycleMemory } from "./cycle/deps.ts";
import { type CycleReport, totalsOf } from "./cycle/report.ts";
import { readStatus, type Status } from "./cycle/status.ts";
import { createCyclesMemory, settingsOf } from "./cycles.ts";
import type { Told } from "./deliver-once.ts";
import { isSystemError, PacksyncError } from "./errors.ts";
import { perform } from "./perform.ts";
import type { Log } from "./platform/log.ts";
import { keepHeapSmall } from "./platform/small-heap.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { viewVolume } from "./publish/view.ts";
import { reconcile } from "./reconciler.ts";
import { isRegistration, registrationAfter, withRegistration, withServices } from "./registered.ts";
import { attuneSettings, registerLive, untilRegistered } from "./registration.ts";
import type { Answers, RequestKind, Requests } from "./requests.ts";
import { keepingSaid } from "./said-definitions.ts";
import { WORTH_A_THREAD } from "./scan/scanner.ts";
import { emptyScanStore, readScanStore } from "./scan/store.ts";
import { disposableScanner } from "./threaded-scanner.ts";
import { layoutOf, reading, type SessionOptions, type VolumeSession, withVolume } from "./volume-session.ts";

/** What a run is told beside its configuration. */
export interface RunOptions extends SessionOptions {
  readonly onProgress: CycleDeps["onProgress"];
}

/**
 * Does one thing in the volume and releases everything last-in-first-out.
 *
 * @throws PacksyncError when the volume cannot be used or the lock is not to be had; findings are in the report.
 */
export async function performOnce<K extends RequestKind>(
  kind: K,
  request: Requests[K],
  options: RunOptions,
  abort: AbortSignal,
): Promise<Answers[K]> {
  const { config } = options;
  await using scanner = disposableScanner(config);
  const isLarge = kind === "sync" && expectsMuch(config);
  if (isLarge) scanner.startThread();
  const onProgress = isLarge ? keepingHeapSmall(options.onProgress) : options.onProgress;
  const said = keepingSaid(scanner);
  const how = { config, log: options.log, scanner: said.scanner, onProgress, memory: createCyclesMemory() };
  const wanted = registrationAfter(kind, request);
  const done = await withVolume(options, abort, async (session) => {
    const answer = await perform(kind, request, session, how, abort);
    await scanner.end(); // its thread's memory is wanted for what comes
    if (wanted === undefined) return { answer, registration: undefined, told: undefined };
    const about = { config, log: options.log, request: wanted, said };
    const live = { database: session.database, volume: session.publisher };
    const registration = isRegistration(answer) ? answer : await registerLive(live, about, abort);
    return { answer, registration, told: await deliverLive(kind, session, registration, options, abort) };
  });
  const { answer, registration, told } = done;
  if (wanted === undefined || registration === undefined) return answer;
  const registered = await untilRegistered(registration, { ...options, request: wanted }, abort);
  await buildNeeded(wanted.only, options, abort);
  return withServices(kind, withRegistration(kind, answer, registered), told);
}

/** With so many packs prepared V8 has some 4 MB for what is young: with less it looks for garbage too often, more only takes memory. */
const GROWN_PACKS = 24;

function keepingHeapSmall(onProgress: RunOptions["onProgress"]): RunOptions["onProgress"] {
  return (done, all) => {
    if (done === GROWN_PACKS) keepHeapSmall();
    onProgress(done, all);
  };
}

/** What packs need that went live is built at last: nobody waits for it, and what fails is tried again when its pack changes. */
async function buildNeeded(only: readonly string[], { config, log }: RunOptions, abort: AbortSignal): Promise<void> {
  if (config.environments === "off") return;
  const { buildLiveEnvironments } = await import("./live-environments.ts");
  const { logEnvironments } = await import("./environment-log.ts");
  try {
    logEnvironments(await buildLiveEnvironments(only, { config, log }, abort), log);
  } catch (error) {
    abort.throwIfAborted();
    if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
    log.warn({ why: error.message }, "environments could not be looked at; the next run tries again");
  }
}

/** What is live is told to those it concerns, under the same lock; most machines have nobody to tell. */
async function deliverLive(
  kind: RequestKind,
  session: VolumeSession,
  registration: RegistrationReport,
  { config, log }: RunOptions,
  abort: AbortSignal,
): Promise<Told | undefined> {
  if (kind === "register") return undefined;
  const { mayTell } = await import("./delivery/may-tell.ts");
  if (!mayTell(session.database, config)) return undefined;
  const { deliverOnce } = await import("./deliver-once.ts");
  return await deliverOnce(session, { config, log, registration }, abort);
}

/** One sync of everything. */
export async function syncOnce(options: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  const { only, allowRemovals } = options.config;
  return await performOnce("sync", { only, allowRemovals }, options, abort);
}

/** One line a cycle, and with `debug` one for each pack that is not as it was. */
export function logReport({ packs }: CycleReport, log: Log): void {
  for (const { ref, source, outcome, release, changes } of packs)
    if (outcome !== "unchanged") log.debug({ ref, source, outcome, release, changes }, "pack");
  log.info(totalsOf(packs), "synced");
}

/** What `--once` would do, file by file; takes no lock and changes nothing. */
export async function planOnce({ config, onProgress }: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  const layout = layoutOf(config);
  const { only, allowRemovals } = config;
  await using scanner = disposableScanner(config);
  return await reading(config, async (database) => {
    const volume = viewVolume(layout, database ? readLedger(database) : emptyLedger);
    const store = database ? readScanStore(database) : emptyScanStore;
    const route = await routeOf(config);
    const parts = { scanner, store, volume, memory: NO_MEMORY, publisher: undefined, route, onProgress };
    return await reconcile({ ...settingsOf(config), ...parts, only, allowRemovals, attention: EVERYTHING }, abort);
  });
}

/** Loaded only by those who ask whom changes concern. */
async function routeOf(config: Config): Promise<NonNullable<CycleDeps["route"]>> {
  const { routerOf, routingOf } = await import("./plan/routing.ts");
  const policy = routePolicyOf(config);
  const router = routerOf(policy);
  return (pack) => routingOf(pack, router, policy);
}

const NO_MEMORY: CycleMemory = { begin: () => {}, record: () => {}, commit: () => {}, rollback: () => {} };

/** What the last cycle left; `undefined` before the first. */
export function status(config: Config): Promise<Status | undefined> {
  return reading(
    config,
    (database) =>
      database &&
      readStatus(
        database,
        viewVolume(layoutOf(config), readLedger(database)),
        readStandings(database, attuneSettings(config) !== undefined),
      ),
  );
}

/** Whether a whole pack stands in the volume, whoever put it there. */
export function isLiveIn(config: Config): (ref: string) => boolean {
  return viewVolume(layoutOf(config), emptyLedger).isLive;
}

/** A database of this size, in bytes, knows some 30,000 files. */
const MANY_FILES_BYTES = 14 * 1024 * 1024;

/** Whether the thread had better start while the rest is loaded; before the first sync by the number of packs. */
function expectsMuch({ stateDir, sources }: Config): boolean {
  try {
    const known = statSync(`${stateDir}/state.db`, { throwIfNoEntry: false });
    if (known !== undefined) return known.size > MANY_FILES_BYTES;
    return sources.some(({ path }) => readdirSync(path).length >= WORTH_A_THREAD);
  } catch {
    return false; // not to be had: whoever needs it says why
  }
}
