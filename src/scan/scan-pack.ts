import { PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { FileEntry, FileIdentity, LedgerFile, LiveSnapshot, PackSnapshot } from "../pack/snapshot.ts";
import { isAbsence } from "../platform/absence.ts";
import { monotonicMs, msSince } from "../platform/clock.ts";
import type { Owner } from "../platform/ownership.ts";
import type { SaidDefinition } from "./check-definitions.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { judge } from "./judge.ts";
import { meets, scanLive } from "./live.ts";
import { isStill, rootOf, type SourceDirectory } from "./look.ts";
import type { Sink } from "./read.ts";
import { readChanged } from "./read-changed.ts";
import type { KnownPack, PackIdentity } from "./store.ts";
import { type ScanLimits, type SourceWalk, walkSource } from "./walk.ts";

/** Everything that one scan needs, as plain data: any thread can do it. */
export interface ScanRequest {
  readonly at: SourceDirectory;
  readonly known: KnownPack | undefined;
  /** What was found in files when `known` was scanned: while their stamps stay, their content does. */
  readonly files: Readonly<Record<string, FileEntry>>;
  /** What `known` found in its definitions and scripts. */
  readonly facts: PackFacts | undefined;
  /** Wanted machines, in `uname -m` terms; empty: any. */
  readonly arch: readonly string[];
  readonly limits: ScanLimits;
  /** What the source is compared with; `undefined`: its ref is not known, so nothing of it can be live. */
  readonly live: LivePlace | undefined;
  /** Where the bytes of changed files go while they are read; `undefined` when only planning. */
  readonly staging: StagingPlace | undefined;
}

/** A pack's directory in the volume, and what the ledger says of it; `undefined` ledger: nobody published it. */
export interface LivePlace {
  readonly root: string;
  readonly ledger: Readonly<Record<string, LedgerFile>> | undefined;
}

export interface StagingPlace {
  readonly root: string;
  readonly volume: string;
  readonly minFreeBytes: number;
  readonly owner: Owner | undefined;
}

/** What a scan found, ready to be planned, and to be remembered. */
export interface ScannedPack {
  readonly snapshot: PackSnapshot;
  readonly identity: PackIdentity | undefined;
  readonly ownManifest: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** `undefined` when something could not be read. */
  readonly fingerprint: Fingerprint | undefined;
  /** `undefined` while nobody knows whose rules its definitions follow. */
  readonly facts: PackFacts | undefined;
  /** What its plain definitions say that were read, by path: whoever registers them need not read them again. */
  readonly said: ReadonlyMap<string, SaidDefinition>;
  readonly revision: string;
  /** The pack's directory in the volume as it was compared; `undefined`: there is none. */
  readonly live: LiveSnapshot | undefined;
  /** What was written to the staging tree. */
  readonly written: ReadonlyMap<string, WrittenFile>;
  /** How long it took to read what changed, and to say what is wrong with it, in milliseconds. */
  readonly tookMs: { readonly scan: number; readonly validate: number };
}

/** A fresh file of the next tree. */
export interface WrittenFile extends FileIdentity {
  readonly mode: number;
}

/** Takes the bytes of files while they are read; `clear` when the pack changed meanwhile and is read again. */
export interface ScanSink extends Sink {
  readonly written: ReadonlyMap<string, WrittenFile>;
  clear(): void;
  /** Called before the first write, with the sizes in bytes of all files that may be written. */
  expect(sizes: Iterable<number>): void;
}

export type OpenSink = (place: StagingPlace) => ScanSink;

/** A pack that is written faster than it can be read is left for the next cycle after so many tries. */
const TRIES = 5;

/**
 * Reads what changed, once, and says what is wrong with it. A second look afterwards proves that nothing moved
 * meanwhile: not a file, and not a directory that became a symlink to somewhere else while it was read.
 *
 * @throws PacksyncError `PACK_BUSY` (retryable) when the pack keeps changing; nothing stays in staging then.
 */
export async function scanPack(request: ScanRequest, openSink: OpenSink): Promise<ScannedPack> {
  const sink = request.staging && openSink(request.staging);
  try {
    return await scanUntilStill({ request, sink });
  } catch (error) {
    sink?.clear();
    throw error;
  }
}

/** What one scan works with; `sink` is `undefined` when only planning. */
export interface Attempt {
  readonly request: ScanRequest;
  readonly sink: ScanSink | undefined;
}

async function scanUntilStill(attempt: Attempt): Promise<ScannedPack> {
  const { at, limits, live: place } = attempt.request;
  const root = rootOf(at);
  const startedMs = monotonicMs();
  for (let tries = 0; tries < TRIES; tries++) {
    attempt.sink?.clear();
    const before = walkIfThere(root, limits);
    if (before === undefined) continue;
    const live = place && lookAtLive(place, before);
    const isLive: IsLive = (path, entry) => isSame(live, path, entry);
    const reading = readChanged(before, isLive, attempt);
    if (reading !== "changed" && isStill(at, before.fingerprint, limits)) {
      const scan = msSince(startedMs);
      const readMs = monotonicMs();
      const judged = await judge(before, reading, { live, isLive }, attempt);
      const tookMs = { scan, validate: msSince(readMs) };
      return { ...judged, live, written: attempt.sink?.written ?? new Map(), tookMs };
    }
  }
  throw new PacksyncError("PACK_BUSY", `${root} changed each of the ${TRIES} times it was read.`, {
    hint: "Wait until whatever writes it is done.",
    retryable: true,
  });
}

/** A directory that vanishes while it is walked is one that changes. */
function walkIfThere(root: string, limits: ScanLimits): SourceWalk | undefined {
  try {
    return walkSource(root, limits, Date.now());
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return undefined;
  }
}

/** Whether the volume has exactly this file: then an unchanged source file need not be read. */
export type IsLive = (path: string, entry: FileEntry) => boolean;

function isSame(live: LiveSnapshot | undefined, path: string, entry: FileEntry): boolean {
  const file = live?.files.get(path);
  return file?.ownership === "ours" && file.digest === entry.digest && file.mode === entry.mode;
}

/**
 * Of the volume's own files only those are looked into that stand where the source has something; when a pack is
 * adopted, all: what is displaced then becomes release 0.
 */
function lookAtLive({ root, ledger }: LivePlace, source: SourceWalk): LiveSnapshot | undefined {
  const files = new Set(["pack.yaml", ...source.files.map(({ path }) => path)]);
  const inspect = ledger === undefined ? () => true : meets(files, new Set(source.directories));
  return scanLive({ root, ledger: ledger ?? {}, inspect });
}
