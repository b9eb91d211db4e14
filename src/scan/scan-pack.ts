import { threadId } from "node:worker_threads";
import { errnoOf, PacksyncError } from "../errors.ts";
import { findCollisions } from "../pack/collisions.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { generatedManifest } from "../pack/generated.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import {
  directoriesAbove,
  type FileEntry,
  type FileIdentity,
  type LedgerFile,
  type LiveSnapshot,
  type PackSnapshot,
  parentsOf,
} from "../pack/snapshot.ts";
import type { Owner } from "../platform/ownership.ts";
import { sha256 } from "../platform/sha256.ts";
import type { Definition } from "./check-definitions.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { scanLive } from "./live.ts";
import { identityOf, isStill, rootOf, type SourceDirectory } from "./look.ts";
import { type ReadFile, readOnce, type Sink } from "./read.ts";
import type { KnownFile, KnownPack, PackIdentity } from "./store.ts";
import { type ScanLimits, type SourceWalk, type WalkedFile, walkSource } from "./walk.ts";

/** Everything that one scan needs, as plain data: any thread can do it. */
export interface ScanRequest {
  readonly at: SourceDirectory;
  readonly known: KnownPack | undefined;
  readonly files: ReadonlyMap<string, KnownFile>;
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
  readonly owner: Owner | undefined;
}

/** What a scan found, ready to be planned, and to be remembered. */
export interface ScannedPack {
  readonly snapshot: PackSnapshot;
  readonly identity: PackIdentity | undefined;
  readonly ownManifest: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** `undefined` while a stamp is too young to be trusted. */
  readonly fingerprint: Fingerprint | undefined;
  readonly revision: string;
  readonly files: ReadonlyMap<string, KnownFile>;
  /** The pack's directory in the volume as it was compared; `undefined`: there is none. */
  readonly live: LiveSnapshot | undefined;
  /** What was written to the staging tree. */
  readonly written: ReadonlyMap<string, WrittenFile>;
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

/** With time and thread it names a scan. */
let scans = 0;

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

interface Attempt {
  readonly request: ScanRequest;
  readonly sink: ScanSink | undefined;
}

async function scanUntilStill(attempt: Attempt): Promise<ScannedPack> {
  const { at, limits, live: place } = attempt.request;
  const root = rootOf(at);
  for (let tries = 0; tries < TRIES; tries++) {
    attempt.sink?.clear();
    const before = walkIfThere(root, limits);
    if (before === undefined) continue;
    const live = place && lookAtLive(place, before);
    const isLive: IsLive = (path, entry) => isSame(live, path, entry);
    const reading = readFiles(before, isLive, attempt);
    if (reading !== "changed" && isStill(at, before.fingerprint, limits)) {
      const judged = await judge(before, reading, isLive, attempt);
      return { ...judged, live, written: attempt.sink?.written ?? new Map() };
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
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "ENOTDIR") throw error;
    return undefined;
  }
}

/** Whether the volume has exactly this file: then an unchanged source file need not be read. */
type IsLive = (path: string, entry: FileEntry) => boolean;

function isSame(live: LiveSnapshot | undefined, path: string, entry: FileEntry): boolean {
  const file = live?.files.get(path);
  return file?.ownership === "ours" && file.digest === entry.digest && file.mode === entry.mode;
}

/**
 * Of the volume's own files only those are looked into that stand where the source has something; when a pack is
 * adopted, all: what is displaced then becomes release 0.
 */
function lookAtLive({ root, ledger }: LivePlace, source: SourceWalk): LiveSnapshot | undefined {
  const paths = new Set(["pack.yaml", ...source.files.map(({ path }) => path)]);
  const directories = directoriesAbove(paths);
  const meets = (path: string) =>
    paths.has(path) || directories.has(path) || parentsOf(path).some((each) => paths.has(each));
  return scanLive({ root, ledger: ledger ?? {}, inspect: ledger === undefined ? () => true : meets });
}

interface Reading {
  readonly files: Map<string, KnownFile>;
  readonly definitions: Definition[];
  readonly diagnostics: Diagnostic[];
  readonly manifest: Uint8Array | undefined;
}

function readFiles(walk: SourceWalk, isLive: IsLive, { request, sink }: Attempt): Reading | "changed" {
  const { limits } = request;
  const reading = {
    files: new Map<string, KnownFile>(),
    definitions: [] as Definition[],
    diagnostics: [] as Diagnostic[],
  };
  const isKnown = (file: WalkedFile) => request.files.get(file.path)?.stamp === file.stamp;
  const readable = walk.files.filter(({ size }) => size <= limits.maxFileSize);
  const skipped = new Set(readable.filter((file) => isKnown(file) && isLiveAsKnown(file, request, isLive)));
  sink?.expect(readable.filter((file) => !skipped.has(file)).map(({ size }) => size));
  let manifest: Uint8Array | undefined;
  for (const file of readable) {
    const before = request.files.get(file.path);
    if (before !== undefined && skipped.has(file)) {
      reading.files.set(file.path, before);
      if (before.entry.mode === 0o755 && !file.executable) reading.diagnostics.push(notExecutable(file.path));
      reading.diagnostics.push(...remembered(request.known, file.path));
      continue;
    }
    const read = tryRead(file, sink, reading.diagnostics);
    if (read === undefined) continue;
    if (read.entry.size !== file.size) return "changed";
    reading.files.set(file.path, { stamp: file.racy ? "" : file.stamp, entry: read.entry });
    if (read.madeExecutable) reading.diagnostics.push(notExecutable(file.path));
    if (before?.entry.digest === read.entry.digest) {
      reading.diagnostics.push(...remembered(request.known, file.path));
      continue;
    }
    if (!isDefinitionFile(file.path)) continue;
    if (read.bytes === undefined || file.size > limits.maxDefinitionSize)
      reading.diagnostics.push(tooLarge(file, limits));
    else if (file.path === "pack.yaml") manifest = Uint8Array.from(read.bytes);
    else reading.definitions.push({ file: file.path, bytes: Uint8Array.from(read.bytes) });
  }
  return { ...reading, manifest };
}

function isLiveAsKnown({ path }: WalkedFile, { files }: ScanRequest, isLive: IsLive): boolean {
  const known = files.get(path);
  return known !== undefined && isLive(path, known.entry);
}

function tryRead(file: WalkedFile, sink: Sink | undefined, diagnostics: Diagnostic[]): ReadFile | undefined {
  try {
    return readOnce(file, sink);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ELOOP") return undefined; // the second look sees it, too
    if (errno !== "EACCES" && errno !== "EPERM" && errno !== "EIO") throw error;
    diagnostics.push({
      severity: "error",
      code: "source.unreadable",
      message: `\`${file.path}\`: cannot be read (${errno})`,
      file: file.path,
      hint: "Let packsync's user read it.",
    });
    return undefined;
  }
}

async function judge(
  before: SourceWalk,
  reading: Reading,
  isLive: IsLive,
  attempt: Attempt,
): Promise<Omit<ScannedPack, "live" | "written">> {
  const { request, sink } = attempt;
  const manifest = reading.manifest ?? (reading.files.has("pack.yaml") ? "as before" : undefined);
  const identity = await identityOf(request.at, request.known, manifest);
  const findings = await check(reading.definitions);
  const files = new Map(Array.from(reading.files, ([path, { entry }]) => [path, entry]));
  if (manifest === undefined && identity.identity !== undefined) {
    files.set("pack.yaml", generateManifest(identity.identity, isLive, sink));
  }
  return {
    snapshot: { files, directories: before.directories },
    identity: identity.identity,
    ownManifest: manifest !== undefined || request.known?.ownManifest === true,
    diagnostics: [
      ...before.diagnostics,
      ...findCollisions([...files.keys(), ...before.directories]),
      ...identity.diagnostics,
      ...reading.diagnostics,
      ...findings,
    ],
    fingerprint: before.racy ? undefined : before.fingerprint,
    revision: `${Date.now()}-${threadId}-${++scans}`,
    files: reading.files,
  };
}

/** The YAML libraries are loaded only when there is something to parse. */
async function check(definitions: readonly Definition[]): Promise<readonly Diagnostic[]> {
  if (definitions.length === 0) return [];
  const { checkDefinitions } = await import("./check-definitions.ts");
  return checkDefinitions(definitions);
}

/** A bare development pack's release gets a `pack.yaml`; its source never does. */
function generateManifest({ ref }: PackIdentity, isLive: IsLive, sink: ScanSink | undefined): FileEntry {
  const bytes = Buffer.from(generatedManifest(ref));
  const entry = { digest: sha256(bytes), size: bytes.length, mode: 0o644 };
  if (!isLive("pack.yaml", entry)) sink?.write("pack.yaml", entry.mode, bytes);
  return entry;
}

/** What the last scan said about a file that did not change; what the walk says is said anew each time. */
function remembered(known: KnownPack | undefined, path: string): readonly Diagnostic[] {
  const findings = known?.diagnostics.filter(({ file }) => file === path) ?? [];
  return findings.filter(({ code }) => !/^(source|limits|volume)\.|^script\.not_executable$/.test(code));
}

function notExecutable(file: string): Diagnostic {
  return {
    severity: "hint",
    code: "script.not_executable",
    message: `\`${file}\` is a program without its execute bit; its release has it`,
    file,
    hint: `chmod +x ${file}`,
  };
}

function tooLarge({ path, size }: WalkedFile, { maxDefinitionSize }: ScanLimits): Diagnostic {
  return {
    severity: "error",
    code: "limits.definition_size",
    message: `\`${path}\`: expected a definition of at most ${maxDefinitionSize} bytes, got ${size}`,
    file: path,
    hint: "Move bulk data into a file that is no definition.",
  };
}
