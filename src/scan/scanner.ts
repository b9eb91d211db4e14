import type { LiveSnapshot } from "../pack/snapshot.ts";
import { discover, type Source, type SourceListing } from "./discover.ts";
import { type ForeignPack, readForeignPack } from "./foreign.ts";
import { type LiveScanRequest, liveFingerprint, scanLive } from "./live.ts";
import { type Look, lookAt, type SourceDirectory } from "./look.ts";
import { areStill } from "./restat.ts";
import type { OpenSink, ScannedPack, ScanRequest } from "./scan-pack.ts";
import type { KnownPack } from "./store.ts";
import type { ScanThread } from "./thread.ts";
import type { ScanLimits } from "./walk.ts";

/** Sees what sources and volume hold; nothing is cached here but through the {@link KnownPack} it is given. */
export interface Scanner {
  discover(source: Source, known: ReadonlyMap<string, KnownPack>): SourceListing;
  /** First looks; directories that vanished meanwhile are left out. */
  look(places: readonly Place[]): Promise<Look[]>;
  scan(request: ScanRequest): Promise<ScannedPack>;
  scanLive(request: LiveScanRequest): LiveSnapshot | undefined;
  /** What others may name of a pack in the volume that is in no source; `ref` is its directory's name. */
  readForeign(root: string, ref: string): Promise<ForeignPack | undefined>;
  fingerprint(root: string, paths: readonly string[]): string;
}

/** A directory of a source, and what is remembered of it. */
export interface Place {
  readonly at: SourceDirectory;
  readonly known: KnownPack | undefined;
}

export interface ScannerDeps {
  readonly limits: ScanLimits;
  readonly openSink: OpenSink;
  /** A second thread that scans beside this one; asked for when there is enough to do. */
  readonly thread: () => ScanThread;
}

/** With fewer packs to scan than this, all is done before a thread has started. */
export const WORTH_A_THREAD = 12;

/** Reading here blocks; between two packs what the thread has answered gets its turn. */
function letAnswersIn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function createScanner({ limits, openSink, thread }: ScannerDeps): Scanner {
  let changed = 0;
  let turns = Promise.resolve();
  return {
    discover,
    async look(places) {
      const still = areStill(places, limits, thread);
      changed = still.filter((isStill) => !isStill).length;
      if (changed >= WORTH_A_THREAD) thread(); // it starts while this one looks
      const looks: Look[] = [];
      for (const [index, { at, known }] of places.entries()) {
        const look = await lookAt(at, known, still[index] === true, limits);
        if (look !== undefined) looks.push(look);
      }
      return looks;
    },
    async scan(request) {
      const second = changed >= WORTH_A_THREAD ? thread() : undefined;
      if (second?.hasRoom() === false) {
        turns = turns.then(letAnswersIn);
        await turns;
      }
      const read = second?.hasRoom() === true ? await second.read(request) : undefined;
      const { scanPack } = await import("./scan-pack.ts"); // most runs find nothing to scan
      return await scanPack(request, openSink, read);
    },
    scanLive,
    readForeign: (root, ref) => readForeignPack(root, ref, limits),
    fingerprint: liveFingerprint,
  };
}
