import { readdirSync, statSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { routePolicyOf } from "./config/routes.ts";
import type { CycleDeps, CycleMemory } from "./cycle/deps.ts";
import { recordCycle } from "./cycle/journal.ts";
import { type CycleReport, totalsOf } from "./cycle/report.ts";
import { readStatus, type Status } from "./cycle/status.ts";
import { begin, commit, rollback } from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { viewVolume } from "./publish/view.ts";
import { reconcile } from "./reconciler.ts";
import { WORTH_A_THREAD } from "./scan/scanner.ts";
import { emptyScanStore, openScanStore, readScanStore } from "./scan/store.ts";
import { disposableScanner, scanLimits } from "./threaded-scanner.ts";
import { layoutOf, policyOf, reading, type SessionOptions, withVolume } from "./volume-session.ts";

/** What a run is told beside its configuration. */
export interface RunOptions extends SessionOptions {
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Composition root: builds the adapters, runs one cycle, and releases everything last-in-first-out.
 *
 * @throws PacksyncError when the volume cannot be used or the lock is not to be had; findings are in the report.
 */
export async function syncOnce(options: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  await using scanner = disposableScanner(options.config);
  if (expectsMuch(options.config)) scanner.startThread();
  const report = await withVolume(options, abort, ({ database, publisher }) => {
    const memory = {
      begin: () => begin(database),
      record: (report: CycleReport) => recordCycle(database, report, options.config.only, new Date()),
      commit: () => commit(database),
      rollback: () => rollback(database),
    };
    const store = openScanStore(database);
    return reconcile(cycleDeps(options, { scanner, store, volume: publisher, memory, publisher }), abort);
  });
  logReport(report, options.log);
  return report;
}

/** One line a cycle, and with `debug` one for each pack that is not as it was. */
function logReport({ packs }: CycleReport, log: Log): void {
  for (const { ref, source, outcome, release, changes } of packs)
    if (outcome !== "unchanged") log.debug({ ref, source, outcome, release, changes }, "pack");
  log.info(totalsOf(packs), "synced");
}

/** What `--once` would do, file by file; takes no lock and changes nothing. */
export async function planOnce(options: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  const { config } = options;
  const layout = layoutOf(config);
  await using scanner = disposableScanner(config);
  return await reading(config, async (database) => {
    const volume = viewVolume(layout, database ? readLedger(database) : emptyLedger);
    const store = database ? readScanStore(database) : emptyScanStore;
    const parts = { scanner, store, volume, memory: NO_MEMORY, publisher: undefined };
    return await reconcile(cycleDeps(options, { ...parts, route: await routeOf(config) }), abort);
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
    (database) => database && readStatus(database, viewVolume(layoutOf(config), readLedger(database))),
  );
}

/** Whether a whole pack stands in the volume, whoever put it there. */
export function isLiveIn(config: Config): (ref: string) => boolean {
  return viewVolume(layoutOf(config), emptyLedger).isLive;
}

/** A database of this size, in bytes, knows some 30,000 files. */
const MANY_FILES_BYTES = 4 * 1024 * 1024;

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

type Parts = Pick<CycleDeps, "scanner" | "store" | "volume" | "memory" | "publisher"> &
  Partial<Pick<CycleDeps, "route">>;

function cycleDeps({ config, onProgress }: RunOptions, parts: Parts): CycleDeps {
  const { sources, adopt, allowRemovals, only, history } = config;
  const limits = scanLimits(config);
  const policy = policyOf(config);
  return {
    route: undefined,
    ...parts,
    sources,
    policy,
    adopt,
    allowRemovals,
    only,
    limits,
    retention: history,
    now: () => new Date(),
    onProgress,
  };
}
