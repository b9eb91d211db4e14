import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackFacts } from "../pack/pack-facts.ts";
import type { FileEntry, FileIdentity, LedgerFile, LiveSnapshot, PackSnapshot } from "../pack/snapshot.ts";
import type { Owner } from "../platform/ownership.ts";
import type { SaidDefinition } from "./check-definitions.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { judge } from "./judge.ts";
import type { SourceDirectory } from "./look.ts";
import type { Sink } from "./read.ts";
import { type ReadPack, readPack } from "./read-pack.ts";
import type { KnownPack, PackIdentity } from "./store.ts";
import type { ScanLimits } from "./walk.ts";

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

/** @param before what a scan has written there already */
export type OpenSink = (place: StagingPlace, before?: ScanSink["written"]) => ScanSink;

/**
 * Reads what changed, and says what is wrong with it.
 *
 * @param read what another thread has read
 * @throws PacksyncError `PACK_BUSY` (retryable) when the pack keeps changing; nothing stays in staging then.
 */
export async function scanPack(
  request: ScanRequest,
  openSink: OpenSink,
  read: ReadPack = readPack(request, openSink),
): Promise<ScannedPack> {
  return await judge(read, request, openSink);
}
