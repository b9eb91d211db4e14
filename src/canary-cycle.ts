import { DatabaseSync } from "node:sqlite";
import { CANARY, type CanaryPlace, canaryPlace } from "./canary/paths.ts";
import type { Config } from "./config/config.ts";
import { EVERYTHING } from "./cycle/attention.ts";
import { journalSchema } from "./cycle/journal.ts";
import { createCyclesMemory, type Performing, runCycle } from "./cycles.ts";
import { PacksyncError } from "./errors.ts";
import { monotonicMs } from "./platform/clock.ts";
import { unusableState } from "./platform/database.ts";
import type { Log } from "./platform/log.ts";
import { removeTree } from "./publish/directories.ts";
import { volumeLayout } from "./publish/layout.ts";
import { ledgerSchema, openLedger } from "./publish/ledger.ts";
import { createPublisher } from "./publish/publisher.ts";
import { openSink } from "./publish/staging.ts";
import { openVolume } from "./publish/volume.ts";
import type { CanaryFlight } from "./requests.ts";
import { liveFingerprint, scanLive } from "./scan/live.ts";
import { createScanner } from "./scan/scanner.ts";
import { openScanStore, scanSchema } from "./scan/store.ts";
import { scanLimits } from "./threaded-scanner.ts";
import type { VolumeSession } from "./volume-session.ts";

/** The canary's part that the volume's thread does: as it publishes packs, into a volume of the canary's own. */
export interface CanaryCycle extends Disposable {
  /** @param onScanned called when all is ready to go live */
  fly(real: Real, onScanned: () => void, abort: AbortSignal): Promise<CanaryFlight>;
}

/** What it takes of the volume that it is not about. */
type Real = Pick<VolumeSession, "database" | "owner">;

/** Nothing of its history is worth keeping. */
const FORGET = { keep: 0, minAgeSeconds: 0, maxBytes: 0 } as const;

export function createCanaryCycle(config: Config, log: Log): CanaryCycle {
  const place = canaryPlace(config.stateDir);
  const own = canaryConfig(config, place);
  let opened: Opened | undefined;
  const close = (): void => {
    opened?.[Symbol.dispose]();
    opened = undefined;
  };
  return {
    async fly(real, onScanned, abort) {
      refuseLocked(real, config);
      try {
        opened ??= openOwn(own, place, real, log);
        return await fly(opened, onScanned, abort);
      } catch (error) {
        close(); // whatever it was, the next one begins afresh
        throw error;
      }
    },
    /** Under the volume's lock: the next daemon may have begun a moment later. */
    [Symbol.dispose]() {
      close();
      if (config.health.canarySeconds > 0) removeTree(place.root);
    },
  };
}

/** What it is about, beside where it is, does not matter: it has one pack, with two files that nobody registers or is told of. */
function canaryConfig(config: Config, { source, target, root }: CanaryPlace): Config {
  const sources = [{ name: CANARY, path: source, kind: "production" }] as const;
  const place = { sources, volume: target, stateDir: root };
  return { ...config, ...place, history: { ...FORGET, minFreeBytes: 0 }, only: [], allowRemovals: true };
}

/** Everything that is remembered waits for this lock; taking it writes nothing. */
function refuseLocked({ database }: Real, { stateDir }: Config): void {
  try {
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
  } catch (error) {
    throw unusableState(stateDir, error);
  }
}

interface Opened extends Disposable {
  readonly session: VolumeSession;
  readonly how: Performing;
}

function openOwn(config: Config, { target }: CanaryPlace, { owner }: Real, log: Log): Opened {
  removeTree(target);
  const layout = volumeLayout(target);
  openVolume({ layout, stateDir: config.stateDir, owner });
  const database = new DatabaseSync(":memory:"); // who comes later begins afresh
  database.exec([ledgerSchema, scanSchema, journalSchema].join("\n"));
  const policy = { mode: "off", arch: config.arch, overrides: [] } as const;
  const seeing = { scan: scanLive, fingerprint: liveFingerprint };
  const about = { layout, database, owner, policy, minFreeBytes: 0, durability: "none", ...seeing } as const;
  const publisher = createPublisher({ ...about, ledger: openLedger(database), now: () => new Date() });
  const thread = () => {
    throw new Error("Expected one pack to be too few for a second thread.");
  };
  const scanner = createScanner({ limits: scanLimits(config), openSink, thread });
  return {
    session: { database, publisher, store: openScanStore(database), owner },
    how: { config, log, scanner, onProgress: () => {}, memory: createCyclesMemory() },
    [Symbol.dispose]: () => database.close(),
  };
}

async function fly({ session, how }: Opened, onScanned: () => void, abort: AbortSignal): Promise<CanaryFlight> {
  const beganMs = monotonicMs();
  let scannedMs = beganMs;
  const awaitRest = (): void => {
    scannedMs = monotonicMs();
    onScanned();
  };
  const asked = { only: [], allowRemovals: true, attention: EVERYTHING, awaitRest };
  const { packs } = await runCycle(asked, session, how, abort);
  const [pack] = packs;
  if (pack?.outcome !== "published" && pack?.outcome !== "unchanged")
    throw new PacksyncError("PACK_FAILED", pack?.diagnostics[0]?.message ?? "its source is not there");
  return { scanMs: scannedMs - beganMs, publishMs: monotonicMs() - scannedMs };
}
