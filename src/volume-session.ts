import { realpathSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { catalogSchema } from "./catalog/embedded.ts";
import { registrationSchema } from "./catalog/registrations.ts";
import type { Config } from "./config/config.ts";
import { journalSchema } from "./cycle/journal.ts";
import { PacksyncError } from "./errors.ts";
import { preserveOverride } from "./plan/preserve.ts";
import { isCorrupt, openState, openStateReadOnly, setAsideState, unusableState } from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import { unusable } from "./platform/unusable.ts";
import { VERSION } from "./platform/version.ts";
import type { PublisherDeps } from "./publish/go-live.ts";
import { type VolumeLayout, volumeLayout } from "./publish/layout.ts";
import { ledgerSchema, openLedger } from "./publish/ledger.ts";
import type { Publisher } from "./publish/publisher.ts";
import { liveFingerprint, scanLive } from "./scan/live.ts";
import { scanSchema } from "./scan/store.ts";

/** What a command is told beside its configuration. */
export interface SessionOptions {
  readonly config: Config;
  readonly log: Log;
  /** For the lock's holder: `sync`. */
  readonly doing: string;
}

/** A volume that nobody else writes, in order. */
export interface VolumeSession {
  readonly database: DatabaseSync;
  readonly publisher: Publisher;
}

/**
 * Opens the volume for writing, under its lock: finishes or forgets what a run that died left, and rebuilds the database if it
 * was lost. Everything is released when `work` is done.
 *
 * @throws PacksyncError when the volume cannot be used or the lock is not to be had
 */
export async function withVolume<T>(
  options: SessionOptions,
  abort: AbortSignal,
  work: (session: VolumeSession) => T | Promise<T>,
): Promise<T> {
  const { config, log, doing } = options;
  const layout = layoutOf(config);
  const { hasReliableLocks, openVolume } = await import("./publish/volume.ts");
  const { acquireLock, describeHolder } = await import("./publish/lock.ts");
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
    return await withSoundState({ layout, owner }, options, work);
  } catch (error) {
    throw unusable(`the volume ${layout.root}`, unusableState(stateDir, error));
  }
}

/** Mounts are known by their real paths. */
export function layoutOf({ volume }: Config): VolumeLayout {
  try {
    return volumeLayout(realpathSync.native(volume));
  } catch {
    return volumeLayout(volume); // not there yet, or not to be had: opening it says why
  }
}

export function policyOf({ preserve, arch }: Config): PublisherDeps["policy"] {
  if (typeof preserve === "string") return { mode: preserve, arch, overrides: [] };
  const overrides = Object.entries(preserve.files).map(([pattern, mode]) => preserveOverride(pattern, mode));
  return { mode: preserve.default, arch, overrides };
}

/** Also by way of a symlink or another mount. */
function isSameDirectory(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)];
  return one.dev === other.dev && one.ino === other.ino;
}

type Place = Pick<PublisherDeps, "layout" | "owner">;
type Work<T> = (session: VolumeSession) => T | Promise<T>;

async function withSoundState<T>(place: Place, options: SessionOptions, work: Work<T>): Promise<T> {
  try {
    return await withState(place, options, work);
  } catch (error) {
    if (!isCorrupt(error)) throw error;
    const aside = setAsideState(options.config.stateDir, new Date());
    options.log.error({ aside }, "the database cannot be read; it is rebuilt from the manifests");
    return await withState(place, options, work);
  }
}

async function withState<T>({ layout, owner }: Place, { config, log }: SessionOptions, work: Work<T>): Promise<T> {
  const { createPublisher } = await import("./publish/publisher.ts");
  const { rebuildLedger, recover } = await import("./publish/recover.ts");
  using resources = new DisposableStack();
  const database = resources.adopt(
    openState(config.stateDir, [ledgerSchema, scanSchema, journalSchema, catalogSchema, registrationSchema], owner),
    (each) => each.close(),
  );
  const ledger = openLedger(database);
  const policy = policyOf(config);
  const now = () => new Date();
  const { minFreeBytes } = config.history;
  const deps = {
    layout,
    ledger,
    database,
    owner,
    policy,
    minFreeBytes,
    scan: scanLive,
    fingerprint: liveFingerprint,
    now,
  };
  if (ledger.packs().size === 0) {
    const rebuilt = rebuildLedger(deps);
    if (rebuilt.length > 0) log.warn({ packs: rebuilt }, "the database was rebuilt from the manifests");
  }
  const recovery = recover(deps);
  if (recovery.finished.length + recovery.abandoned.length > 0)
    log.warn(recovery, "recovered what an earlier run left unfinished");
  return await work({ database, publisher: createPublisher(deps) });
}

/** Works with the database opened for reading, or with nothing before the first sync. */
export async function reading<T>(
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
