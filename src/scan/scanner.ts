import { errnoOf, PacksyncError } from "../errors.ts";
import { findCollisions } from "../pack/collisions.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { generatedManifest } from "../pack/generated.ts";
import { isDefinitionFile } from "../pack/layout.ts";
import type { FileEntry, LiveSnapshot, PackSnapshot } from "../pack/snapshot.ts";
import { sha256 } from "../platform/sha256.ts";
import type { Checker, Definition } from "./checker.ts";
import { discover, type Source, type SourceListing } from "./discover.ts";
import { type Fingerprint, isSameFingerprint, isUnchanged } from "./fingerprint.ts";
import { type IdentityResult, identifyBare, identifyManifest, readManifest } from "./identify.ts";
import { type LiveScanRequest, liveFingerprint, scanLive } from "./live.ts";
import { type ReadFile, readOnce, type Sink } from "./read.ts";
import type { KnownFile, KnownPack, PackIdentity } from "./store.ts";
import { keepsDirectoryTimes } from "./times.ts";
import { type ScanLimits, type SourceWalk, type WalkedFile, walkSource } from "./walk.ts";

/** A pack's directory in a source, by name. */
export interface SourceDirectory {
  readonly source: Source;
  readonly directory: string;
}

/**
 * A first look at a source directory, to know whose ref it claims before anything is published. `unchanged`: not a
 * stamp differs from the last scan, whose findings stand. `identity` is what it says now, or said last.
 */
export interface Look extends SourceDirectory {
  readonly unchanged: boolean;
  readonly known: KnownPack | undefined;
  readonly identity: PackIdentity | undefined;
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
}

type IsLive = (path: string, entry: FileEntry) => boolean;

/** Takes the bytes of files while they are read; `clear` when the pack changed meanwhile and is read again. */
export interface ScanSink extends Sink {
  clear(): void;
  /** Called before the first write, with the sizes in bytes of all files that may be written. */
  expect(sizes: Iterable<number>): void;
}

export interface ScanRequest {
  readonly at: SourceDirectory;
  readonly known: KnownPack | undefined;
  readonly files: ReadonlyMap<string, KnownFile>;
  /**
   * Looks at the volume, knowing which paths the source has, and tells of each file whether it is there exactly so:
   * then an unchanged source file need not be read.
   */
  readonly compareLive: (sourcePaths: ReadonlySet<string>) => IsLive;
  readonly sink: ScanSink | undefined;
}

/** Sees what sources and volume hold; nothing is cached here but through the {@link KnownPack} it is given. */
export interface Scanner {
  discover(source: Source, known: ReadonlyMap<string, KnownPack>): SourceListing;
  look(at: SourceDirectory, known: KnownPack | undefined): Promise<Look | undefined>;
  scan(request: ScanRequest): Promise<ScannedPack>;
  scanLive(request: LiveScanRequest): LiveSnapshot | undefined;
  fingerprint(root: string, paths: readonly string[]): string;
}

export function createScanner(deps: ScannerDeps): Scanner {
  return {
    discover,
    look: (at, known) => lookAt(at, known, deps),
    scan: (request) => scanPack(request, deps),
    scanLive,
    fingerprint: liveFingerprint,
  };
}

export interface ScannerDeps {
  readonly limits: ScanLimits;
  readonly checker: Checker;
  readonly now: () => number;
}

/** With the time it names a scan. */
let scans = 0;

/** A pack that is written faster than it can be read is left for the next cycle after so many tries. */
const TRIES = 5;

/** @returns `undefined` when the directory vanished since its source was listed. */
async function lookAt(at: SourceDirectory, known: KnownPack | undefined, deps: ScannerDeps): Promise<Look | undefined> {
  const root = rootOf(at);
  try {
    if (known?.fingerprint !== undefined) {
      if (isStill(at, known.fingerprint, deps)) return { ...at, unchanged: true, known, identity: known.identity };
    }
    const manifest = readManifest(root, deps.limits);
    const { identity } = await identityOf(at, known, manifest === "unusable" ? "as before" : manifest);
    return { ...at, unchanged: false, known, identity: identity ?? known?.identity };
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/**
 * Reads what changed, once, and says what is wrong with it. A second look afterwards proves that nothing moved
 * meanwhile: not a file, and not a directory that became a symlink to somewhere else while it was read.
 *
 * @throws PacksyncError `PACK_BUSY` (retryable) when the pack keeps changing.
 */
async function scanPack(request: ScanRequest, deps: ScannerDeps): Promise<ScannedPack> {
  const root = rootOf(request.at);
  for (let tries = 0; tries < TRIES; tries++) {
    request.sink?.clear();
    const before = walkSource(root, deps.limits, deps.now());
    const isLive = request.compareLive(new Set(["pack.yaml", ...before.files.map(({ path }) => path)]));
    const reading = readFiles(before, request, isLive, deps.limits);
    if (reading !== "changed" && isStill(request.at, before.fingerprint, deps)) {
      return judge(before, reading, isLive, request, deps);
    }
  }
  throw new PacksyncError("PACK_BUSY", `${root} changed each of the ${TRIES} times it was read.`, {
    hint: "Wait until whatever writes it is done.",
    retryable: true,
  });
}

/** Whether a pack in its source still is what a walk saw. */
function isStill(at: SourceDirectory, fingerprint: Fingerprint, { limits, now }: ScannerDeps): boolean {
  const root = rootOf(at);
  if (keepsDirectoryTimes(at.source.path)) return isUnchanged(root, fingerprint, limits);
  return isSameFingerprint(walkSource(root, limits, now()).fingerprint, fingerprint);
}

interface Reading {
  readonly files: Map<string, KnownFile>;
  readonly definitions: Definition[];
  readonly diagnostics: Diagnostic[];
  readonly manifest: Uint8Array | undefined;
}

function readFiles(walk: SourceWalk, request: ScanRequest, isLive: IsLive, limits: ScanLimits): Reading | "changed" {
  const reading = { files: new Map<string, KnownFile>(), definitions: [] as Definition[], diagnostics: [] as Diagnostic[] };
  const isKnown = (file: WalkedFile) => request.files.get(file.path)?.stamp === file.stamp;
  const readable = walk.files.filter(({ size }) => size <= limits.maxFileSize);
  const skipped = new Set(readable.filter((file) => isKnown(file) && isLiveAsKnown(file, request, isLive)));
  request.sink?.expect(readable.filter((file) => !skipped.has(file)).map(({ size }) => size));
  let manifest: Uint8Array | undefined;
  for (const file of readable) {
    const before = request.files.get(file.path);
    if (before !== undefined && skipped.has(file)) {
      reading.files.set(file.path, before);
      reading.diagnostics.push(...remembered(request.known, file.path));
      continue;
    }
    const read = tryRead(file, request.sink, reading.diagnostics);
    if (read === undefined) continue;
    if (read.entry.size !== file.size) return "changed";
    reading.files.set(file.path, { stamp: file.racy ? "" : file.stamp, entry: read.entry });
    if (before?.entry.digest === read.entry.digest) {
      reading.diagnostics.push(...remembered(request.known, file.path));
      continue;
    }
    if (read.madeExecutable) reading.diagnostics.push(notExecutable(file.path));
    if (!isDefinitionFile(file.path)) continue;
    if (read.bytes === undefined || file.size > limits.maxDefinitionSize) reading.diagnostics.push(tooLarge(file, limits));
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
  request: ScanRequest,
  deps: ScannerDeps,
): Promise<ScannedPack> {
  const manifest = reading.manifest ?? (reading.files.has("pack.yaml") ? "as before" : undefined);
  const [identity, findings] = await Promise.all([
    identityOf(request.at, request.known, manifest),
    deps.checker.check(reading.definitions),
  ]);
  const files = new Map(Array.from(reading.files, ([path, { entry }]) => [path, entry]));
  if (manifest === undefined && identity.identity !== undefined) {
    files.set("pack.yaml", generateManifest(identity.identity, isLive, request.sink));
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
    revision: `${deps.now()}-${++scans}`,
    files: reading.files,
  };
}

/** A bare development pack's release gets a `pack.yaml`; its source never does. */
function generateManifest({ ref }: PackIdentity, isLive: IsLive, sink: ScanSink | undefined): FileEntry {
  const bytes = Buffer.from(generatedManifest(ref));
  const entry = { digest: sha256(bytes), size: bytes.length, mode: 0o644 };
  if (!isLive("pack.yaml", entry)) sink?.write("pack.yaml", entry.mode, bytes);
  return entry;
}

/** Who the pack is, from its `pack.yaml` (its bytes, or the same as before), or from its directory's name without one. */
async function identityOf(at: SourceDirectory, known: KnownPack | undefined, manifest: Uint8Array | "as before" | undefined): Promise<IdentityResult> {
  if (manifest === "as before") return { identity: known?.identity, diagnostics: [] };
  if (manifest !== undefined) return identifyManifest(manifest, at.directory);
  return identifyBare(at.directory, known?.ownManifest === true || at.source.kind === "production");
}

/** What the last scan said about a file that did not change; what the walk says is said anew each time. */
function remembered(known: KnownPack | undefined, path: string): readonly Diagnostic[] {
  const findings = known?.diagnostics.filter(({ file }) => file === path) ?? [];
  return findings.filter(({ code }) => !/^(source|limits|volume)\./.test(code));
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

function rootOf({ source, directory }: SourceDirectory): string {
  return `${source.path}/${directory}`;
}
