import { readdirSync, realpathSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Config } from "./config/config.ts";
import type { CycleDeps, CycleMemory } from "./cycle/deps.ts";
import { journalSchema, recordCycle } from "./cycle/journal.ts";
import { type CycleReport, totalsOf } from "./cycle/report.ts";
import { readStatus, type Status } from "./cycle/status.ts";
import { PacksyncError } from "./errors.ts";
import { preserveOverride } from "./plan/preserve.ts";
import {
  begin,
  commit,
  isCorrupt,
  openState,
  openStateReadOnly,
  rollback,
  setAsideState,
  unusableState,
} from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import { unusable } from "./platform/unusable.ts";
import { VERSION } from "./platform/version.ts";
import { type VolumeLayout, volumeLayout } from "./publish/layout.ts";
import { emptyLedger, ledgerSchema, openLedger, readLedger } from "./publish/ledger.ts";
import { openSink } from "./publish/staging.ts";
import { viewVolume } from "./publish/view.ts";
import { reconcile } from "./reconciler.ts";
import { liveFingerprint, scanLive } from "./scan/live.ts";
import { createScanner, type Scanner, WORTH_A_THREAD } from "./scan/scanner.ts";
import { emptyScanStore, openScanStore, readScanStore, scanSchema } from "./scan/store.ts";
import { type ScanThread, startScanThread } from "./scan/thread.ts";

/** What a run is told beside its configuration. */
export interface RunOptions {
  readonly config: Config;
  readonly log: Log;
  /** For the lock's holder: `sync`. */
  readonly doing: string;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Composition root: builds the adapters, runs one cycle, and releases everything last-in-first-out.
 *
 * @throws PacksyncError when the volume cannot be used or the lock is not to be had; findings are in the report.
 */
export async function syncOnce(options: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  const layout = layoutOf(options.config);
  await using scanner = disposableScanner(options.config);
  if (expectsMuch(options.config)) scanner.startThread();
  const { hasReliableLocks, openVolume } = await import("./publish/volume.ts");
  const { acquireLock, describeHolder } = await import("./publish/lock.ts");
  const { config, log, doing } = options;
  const owner = openVolume({ layout, stateDir: config.stateDir, owner: config.owner });
  const { lockTimeoutSeconds: timeoutSeconds, stateDir } = config;
  const onWait = (holder: Parameters<typeof describeHolder>[0]) =>
    log.warn({ holder, timeoutSeconds }, `waiting for ${describeHolder(holder)}`);
  const request = { version: VERSION, doing, owner, timeoutSeconds, onWait };
  using locks = new DisposableStack();
  locks.use(await acquireLock({ path: `${stateDir}/lock`, ...request }, abort));
  // Whoever keeps the state elsewhere writes into this volume all the same.
  if (!isSameDirectory(stateDir, layout.own) && hasReliableLocks(layout.own))
    locks.use(await acquireLock({ path: `${layout.own}/lock`, ...request }, abort));
  try {
    const report = await withSoundState({ layout, owner, scanner }, options, abort);
    logReport(report, log);
    return report;
  } catch (error) {
    throw unusable(`the volume ${layout.root}`, unusableState(stateDir, error));
  }
}

/** Also by way of a symlink or another mount. */
function isSameDirectory(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)];
  return one.dev === other.dev && one.ino === other.ino;
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
    return await reconcile(
      cycleDeps(options, { scanner, store, volume, memory: NO_MEMORY, publisher: undefined }),
      abort,
    );
  });
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

type Owner = Config["owner"];

interface Opened {
  readonly layout: VolumeLayout;
  readonly owner: Owner;
  readonly scanner: Scanner;
}

async function withSoundState(opened: Opened, options: RunOptions, abort: AbortSignal): Promise<CycleReport> {
  try {
    return await withState(opened, options, abort);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const aside = setAsideState(options.config.stateDir, new Date());
    options.log.error({ aside }, "the database cannot be read; it is rebuilt from the manifests");
    return await withState(opened, options, abort);
  }
}

async function withState(
  { layout, owner, scanner }: Opened,
  options: RunOptions,
  abort: AbortSignal,
): Promise<CycleReport> {
  const { createPublisher } = await import("./publish/publisher.ts");
  const { rebuildLedger, recover } = await import("./publish/recover.ts");
  const { config, log } = options;
  using resources = new DisposableStack();
  const database = resources.adopt(
    openState(config.stateDir, [ledgerSchema, scanSchema, journalSchema], owner),
    (each) => each.close(),
  );
  const ledger = openLedger(database);
  const policy = policyOf(config);
  const now = () => new Date();
  const deps = { layout, ledger, database, owner, policy, scan: scanLive, fingerprint: liveFingerprint, now };
  if (ledger.packs().size === 0) {
    const rebuilt = rebuildLedger(deps);
    if (rebuilt.length > 0) log.warn({ packs: rebuilt }, "the database was rebuilt from the manifests");
  }
  const recovery = recover(deps);
  if (recovery.finished.length + recovery.abandoned.length > 0)
    log.warn(recovery, "recovered what an earlier run left unfinished");
  const publisher = createPublisher(deps);
  const memory = {
    begin: () => begin(database),
    record: (report: CycleReport) => recordCycle(database, report, config.only, now()),
    commit: () => commit(database),
    rollback: () => rollback(database),
  };
  const store = openScanStore(database);
  return await reconcile(cycleDeps(options, { scanner, store, volume: publisher, memory, publisher }), abort);
}

/** The scanner, with a second thread that starts when it is first asked for. */
function disposableScanner({ limits }: Config): Scanner & AsyncDisposable & { readonly startThread: () => void } {
  let started: ScanThread | undefined;
  const thread = (): ScanThread => {
    started ??= startScanThread(
      new URL(import.meta.url.endsWith(".ts") ? "./scan-thread.ts" : "./scan-thread.js", import.meta.url),
    );
    return started;
  };
  const scanner = createScanner({ limits, openSink, thread });
  return {
    ...scanner,
    startThread: () => void thread(),
    [Symbol.asyncDispose]: async () => started?.[Symbol.asyncDispose](),
  };
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

type Parts = Pick<CycleDeps, "scanner" | "store" | "volume" | "memory" | "publisher">;

function cycleDeps({ config, onProgress }: RunOptions, parts: Parts): CycleDeps {
  const { sources, adopt, allowRemovals, only, limits, history } = config;
  const policy = policyOf(config);
  return {
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

function policyOf({ preserve, arch }: Config): CycleDeps["policy"] {
  if (typeof preserve === "string") return { mode: preserve, arch, overrides: [] };
  const overrides = Object.entries(preserve.files).map(([pattern, mode]) => preserveOverride(pattern, mode));
  return { mode: preserve.default, arch, overrides };
}

/** Mounts are known by their real paths. */
function layoutOf({ volume }: Config): VolumeLayout {
  try {
    return volumeLayout(realpathSync.native(volume));
  } catch {
    return volumeLayout(volume); // not there yet, or not to be had: opening it says why
  }
}

/** Works with the database opened for reading, or with nothing before the first sync. */
async function reading<T>(
  { stateDir }: Config,
  work: (database: DatabaseSync | undefined) => T | Promise<T>,
): Promise<T> {
  let database: DatabaseSync | undefined;
  try {
    database = openStateReadOnly(stateDir);
    return await work(database);
  } catch (error) {
    if (!isCorrupt(error)) throw unusableState(stateDir, error);
    const hint = "The next packsync --once rebuilds it from the manifests.";
    throw new PacksyncError("VOLUME_UNUSABLE", `The database in ${stateDir} cannot be read.`, { hint, cause: error });
  } finally {
    database?.close();
  }
}
