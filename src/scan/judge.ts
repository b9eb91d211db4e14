import { findCollisions } from "../pack/collisions.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { generatedManifest } from "../pack/generated.ts";
import { monotonicMs, msSince } from "../platform/clock.ts";
import { sha256 } from "../platform/sha256.ts";
import { distrusting, type Fingerprint } from "./fingerprint.ts";
import { judgeContent } from "./judge-content.ts";
import { isLive } from "./live.ts";
import type { ReadPack } from "./read-pack.ts";
import type { OpenSink, ScannedPack, ScanRequest, ScanSink } from "./scan-pack.ts";
import type { PackIdentity } from "./store.ts";

/**
 * Who a pack is that was read, and everything that is wrong with it.
 *
 * @param openSink only a generated `pack.yaml` is still to be written
 */
export async function judge(read: ReadPack, request: ScanRequest, openSink: OpenSink): Promise<ScannedPack> {
  let sink: ScanSink | undefined;
  const reopened = (): ScanSink | undefined => {
    sink ??= request.staging && openSink(request.staging, read.written);
    return sink;
  };
  try {
    return await judged(read, request, reopened);
  } catch (error) {
    reopened()?.clear();
    throw error;
  }
}

type Reopened = () => ScanSink | undefined;

async function judged(read: ReadPack, request: ScanRequest, reopened: Reopened): Promise<ScannedPack> {
  const startedMs = monotonicMs();
  const { walk, reading, live } = read;
  const seen = [...walk.diagnostics, ...reading.diagnostics];
  const { files } = reading;
  const manifest = reading.manifest ?? (mayHaveManifest(read, seen) ? "as before" : undefined);
  const { identity, facts, diagnostics, said } = await judgeContent({ walk, reading, manifest, live, request });
  const ownManifest = files.has("pack.yaml") || request.known?.ownManifest === true;
  const isBare = manifest === undefined && identity !== undefined;
  const written = isBare ? withManifest(identity, read, reopened) : read.written;
  const collisions = findCollisions([...files.keys(), ...walk.directories]);
  return {
    snapshot: { files, directories: walk.directories },
    identity,
    ownManifest,
    diagnostics: [...walk.diagnostics, ...collisions, ...reading.diagnostics, ...diagnostics],
    fingerprint: seen.some(isUnreadable) ? undefined : remembered(walk),
    facts,
    said,
    revision: `${Date.now()}-${process.hrtime.bigint()}`, // no pack is scanned twice at once, in whatever thread
    live,
    written,
    tookMs: { scan: read.tookMs, validate: msSince(startedMs) },
  };
}

/** A `pack.yaml` that nobody could see, or that is refused, is not one that is missing. */
function mayHaveManifest({ walk, reading }: ReadPack, seen: readonly Diagnostic[]): boolean {
  if (walk.stopped || reading.files.has("pack.yaml")) return true;
  return seen.some(({ severity, file }) => severity === "error" && (file === "pack.yaml" || file === "."));
}

/** Who runs packsync may become another, and no stamp tells: what could not be read is tried again each time. */
function isUnreadable({ code }: Diagnostic): boolean {
  return code === "source.unreadable";
}

function remembered({ fingerprint, young }: ReadPack["walk"]): Fingerprint {
  return young.length === 0 ? fingerprint : distrusting(fingerprint, young);
}

/** A bare development pack's release gets a `pack.yaml`; its source never does. @returns what is written then */
function withManifest(
  { ref }: PackIdentity,
  { reading, live, written }: ReadPack,
  reopened: Reopened,
): ScanSink["written"] {
  const bytes = Buffer.from(generatedManifest(ref));
  const entry = { digest: sha256(bytes), size: bytes.length, mode: 0o644 };
  reading.files.set("pack.yaml", entry);
  const sink = isLive(live, "pack.yaml", entry) ? undefined : reopened();
  sink?.write("pack.yaml", entry.mode, bytes);
  return sink?.written ?? written;
}
