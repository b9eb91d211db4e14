import { threadId } from "node:worker_threads";
import { findCollisions } from "../pack/collisions.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { generatedManifest } from "../pack/generated.ts";
import type { FileEntry } from "../pack/snapshot.ts";
import { sha256 } from "../platform/sha256.ts";
import { checkDefinitions } from "./check-definitions.ts";
import { distrusting, type Fingerprint } from "./fingerprint.ts";
import { identityOf } from "./look.ts";
import type { Reading } from "./read-changed.ts";
import type { Attempt, IsLive, ScannedPack, ScanSink } from "./scan-pack.ts";
import type { PackIdentity } from "./store.ts";
import type { SourceWalk } from "./walk.ts";

/** With time and thread it names a scan. */
let scans = 0;

/** Who the pack is, and everything that is wrong with it. */
export async function judge(
  walk: SourceWalk,
  reading: Reading,
  isLive: IsLive,
  { request, sink }: Attempt,
): Promise<Omit<ScannedPack, "live" | "written">> {
  const seen = [...walk.diagnostics, ...reading.diagnostics];
  const manifest = reading.manifest ?? (mayHaveManifest(walk, reading, seen) ? "as before" : undefined);
  const identity = await identityOf(request.at, request.known, manifest);
  const findings = await checkDefinitions(reading.definitions);
  const { files } = reading;
  const ownManifest = files.has("pack.yaml") || request.known?.ownManifest === true;
  if (manifest === undefined && identity.identity !== undefined) {
    files.set("pack.yaml", generateManifest(identity.identity, isLive, sink));
  }
  const collisions = findCollisions([...files.keys(), ...walk.directories]);
  return {
    snapshot: { files, directories: walk.directories },
    identity: identity.identity,
    ownManifest,
    diagnostics: [...walk.diagnostics, ...collisions, ...identity.diagnostics, ...reading.diagnostics, ...findings],
    fingerprint: seen.some(isUnreadable) ? undefined : remembered(walk),
    revision: `${Date.now()}-${threadId}-${++scans}`,
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
