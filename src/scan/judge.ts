import { findCollisions } from "../pack/collisions.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { generatedManifest } from "../pack/generated.ts";
import type { FileEntry, LiveSnapshot } from "../pack/snapshot.ts";
import { sha256 } from "../platform/sha256.ts";
import { distrusting, type Fingerprint } from "./fingerprint.ts";
import { judgeContent } from "./judge-content.ts";
import type { Reading } from "./read-changed.ts";
import type { Attempt, IsLive, ScannedPack, ScanSink } from "./scan-pack.ts";
import type { PackIdentity } from "./store.ts";
import type { SourceWalk } from "./walk.ts";

/** What a scan compares the source with; see {@link LiveSnapshot}. */
interface Live {
  readonly live: LiveSnapshot | undefined;
  readonly isLive: IsLive;
}

/** Who the pack is, and everything that is wrong with it. */
export async function judge(
  walk: SourceWalk,
  reading: Reading,
  { live, isLive }: Live,
  { request, sink }: Attempt,
): Promise<Omit<ScannedPack, "live" | "written" | "tookMs">> {
  const seen = [...walk.diagnostics, ...reading.diagnostics];
  const { files } = reading;
  const manifest = reading.manifest ?? (mayHaveManifest(walk, reading, seen) ? "as before" : undefined);
  const { identity, facts, diagnostics, said } = await judgeContent({ walk, reading, manifest, live, request });
  const ownManifest = files.has("pack.yaml") || request.known?.ownManifest === true;
  if (manifest === undefined && identity !== undefined) {
    files.set("pack.yaml", generateManifest(identity, isLive, sink));
  }
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
  };
}

/** A `pack.yaml` that nobody could see, or that is refused, is not one that is missing. */
function mayHaveManifest({ stopped }: SourceWalk, { files }: Reading, seen: readonly Diagnostic[]): boolean {
  if (stopped || files.has("pack.yaml")) return true;
  return seen.some(({ severity, file }) => severity === "error" && (file === "pack.yaml" || file === "."));
}

/** Who runs packsync may become another, and no stamp tells: what could not be read is tried again each time. */
function isUnreadable({ code }: Diagnostic): boolean {
  return code === "source.unreadable";
}

function remembered({ fingerprint, young }: SourceWalk): Fingerprint {
  return young.length === 0 ? fingerprint : distrusting(fingerprint, young);
}

/** A bare development pack's release gets a `pack.yaml`; its source never does. */
function generateManifest({ ref }: PackIdentity, isLive: IsLive, sink: ScanSink | undefined): FileEntry {
  const bytes = Buffer.from(generatedManifest(ref));
  const entry = { digest: sha256(bytes), size: bytes.length, mode: 0o644 };
  if (!isLive("pack.yaml", entry)) sink?.write("pack.yaml", entry.mode, bytes);
  return entry;
}
