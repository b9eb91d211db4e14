import { realpathSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { canaryPlace } from "./canary/paths.ts";
import { catalogSchema } from "./catalog/embedded.ts";
import { registrationSchema } from "./catalog/registrations.ts";
import type { Config } from "./config/config.ts";
import { journalSchema } from "./cycle/journal.ts";
import { PacksyncError } from "./errors.ts";
import { preserveOverride } from "./plan/preserve.ts";
import {
  isCorrupt,
  openState,
  openStateReadOnly,
  setAsideState,
  statePath,
  unusableState,
} from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import type { Owner } from "./platform/ownership.ts";
import { unusable } from "./platform/unusable.ts";
import { VERSION } from "./platform/version.ts";
import type { PublisherDeps } from "./publish/go-live.ts";
import { type VolumeLayout, volumeLayout } from "./publish/layout.ts";
import { ledgerSchema, openLedger } from "./publish/ledger.ts";
import type { Publisher } from "./publish/publisher.ts";
import { liveFingerprint, scanLive } from "./scan/live.ts";
import { openScanStore, type ScanStore, scanSchema } from "./scan/store.ts";
import { deliverySchema } from "./signal/deliveries.ts";
import { routedSchema } from "./signal/models.ts";

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
  readonly store: ScanStore;
  readonly owner: Owner | undefined;
}

/** A volume that stays open from one piece of work to the next. */
export interface OpenVolume extends Disposable {
  /**
   * Does a piece of work. The first one opens the volume under its lock, finishes or forgets what a run that died left, and
   * rebuilds the database if it was lost; where another volume stands since, or what packsync keeps there was removed, it is
   * opened afresh.
   *
   * @throws PacksyncError when the volume cannot be used or the lock is not to be had
   */
  run<T>(work: Work<T>, abort: AbortSignal): Promise<T>;
}

type Work<T> = (session: VolumeSession) => T | Promise<T>;

/** The volume for one piece of work; see {@link OpenVolume}. */
export async function withVolume<T>(options: SessionOptions, abort: AbortSignal, work: Work<T>): Promise<T> {
  using volume = keepVolume(options);
  return await volume.run(work, abort);
}

export function keepVolume(options: SessionOptions): OpenVolume {
  const { stateDir, volume } = options.config;
  let locked: LockedVolume | undefined;
  let state: OpenState | undefined;
  const closeState = (): void => {
    state?.[Symbol.dispose]();
    state = undefined;
  };
  const close = (): void => {
    closeState();
    locked?.[Symbol.dispose]();
    locked = undefined;
  };
  const session = async (abort: AbortSignal): Promise<VolumeSession> => {
    if (locked?.isInPlace() === false || state?.isInPlace() === false) close();
    locked ??= await lockVolume(options, abort);
    state ??= await openStateOf(locked, options);
    return state;
  };
  return {
    async run(work, abort) {
      try {
        try {
          return await work(await session(abort));
        } catch (error) {
          if (!isCorrupt(error)) throw error;
          closeState();
          setAside(options);
          return await work(await session(abort));
        }
      } catch (error) {
        throw unusable(`the volume ${volume}`, unusableState(stateDir, error));
      }
    },
    [Symbol.dispose]: close,
  };
}

function setAside({ config, log }: SessionOptions): void {
  const aside = setAsideState(config.stateDir, new Date());
  log.error({ aside }, "the database cannot be read; it is rebuilt from the manifests");
}

/** A volume that nobody else writes. */
interface LockedVolume extends Place, Disposable {
  /** Whether it still is the one that was locked. */
  isInPlace(): boolean;
}

async function lockVolume({ config, log, doing }: SessionOptions, abort: AbortSignal): Promise<LockedVolume> {
  const layout = layoutOf(config);
  const { hasReliableLocks, openVolume } = await import("./publish/volume.ts");
  const { acquireLock, describeHolder } = await import("./publish/lock.ts");
  const { lockTimeoutSeconds: timeoutSeconds, stateDir } = config;
  const owner = openVolume({ layout, stateDir, owner: config.owner });
  const onWait = (holder: Parameters<typeof describeHolder>[0]) =>
    log.warn({ holder, timeoutSeconds }, `waiting for ${describeHolder(holder)}`);
  const request = { version: VERSION, doing, owner, timeoutSeconds, onWait };
  using resources = new DisposableStack();
  const locks = [resources.use(await acquireLock({ path: `${stateDir}/lock`, ...request }, abort))];
  // Whoever keeps the state elsewhere writes into this volume all the same.
  if (!isSameDirectory(stateDir, layout.own) && hasReliableLocks(layout.own))
    locks.push(resources.use(await acquireLock({ path: `${layout.own}/lock`, ...request }, abort)));
  const own = identityOf(layout.own);
  const held = resources.move();
  return {
    layout,
    owner,
    isInPlace: () => identityOf(layout.own) === own && locks.every((lock) => lock.isInPlace()),
    [Symbol.dispose]: () => held.dispose(),
  };
}

/** A file or directory as long as it is the same one. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
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
  return identityOf(a) === identityOf(b);
}

type Place = Pick<PublisherDeps, "layout" | "owner">;

interface OpenState extends VolumeSession, Disposable {
  isInPlace(): boolean;
}

/** Everybody's tables. */
const SCHEMAS = [
  ...[ledgerSchema, scanSchema, journalSchema, catalogSchema, registrationSchema],
  ...[deliverySchema, routedSchema],
];

async function openStateOf({ layout, owner }: Place, { config, log }: SessionOptions): Promise<OpenState> {
  const { createPublisher } = await import("./publish/publisher.ts");
  const { rebuildLedger, recover } = await import("./publish/recover.ts");
  const { removeTree } = await import("./publish/directories.ts");
  const { recoverInstalls } = await import("./publish/installed.ts");
  using resources = new DisposableStack();
  removeTree(canaryPlace(config.stateDir).root); // of a daemon that was killed
  const database = resources.adopt(openState(config.stateDir, SCHEMAS, owner), (each) => each.close());
  const ledger = openLedger(database);
  const policy = policyOf(config);
  const now = () => new Date();
  const { minFreeBytes } = config.history;
  const seeing = { scan: scanLive, fingerprint: liveFingerprint };
  const deps = { layout, ledger, database, owner, policy, minFreeBytes, now, ...seeing };
  if (ledger.packs().size === 0) {
    const rebuilt = rebuildLedger(deps);
    if (rebuilt.length > 0) log.warn({ packs: rebuilt }, "the database was rebuilt from the manifests");
  }
  const recovery = recover(deps);
  if (recovery.finished.length + recovery.abandoned.length > 0)
    log.warn(recovery, "recovered what an earlier run left unfinished");
  const undone = recoverInstalls(layout, (ref) => ledger.pack(ref)?.release, owner, Date.now());
  if (undone.length > 0) log.warn({ packs: undone }, "took back installations that an earlier run left unfinished");
  const file = statePath(config.stateDir);
  const opened = identityOf(file);
  const store = openScanStore(database);
  const open = resources.move();
  return {
    database,
    store,
    owner,
    get publisher() {
      return createPublisher(deps); // each looks at the mounts anew
    },
    isInPlace: () => identityOf(file) === opened,
    [Symbol.dispose]: () => open.dispose(),
  };
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
