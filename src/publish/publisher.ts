import { isDeepStrictEqual } from "node:util";
import type { PackRef } from "../pack/ref.ts";
import { originOf } from "../plan/installed.ts";
import type { Owner } from "../platform/ownership.ts";
import {
  type Armed,
  arm,
  FSYNC_FILES,
  type PublisherDeps,
  packRecord,
  type StagedRelease,
  watchedPaths,
} from "./go-live.ts";
import { livePath, manifestPath, stagingPath } from "./layout.ts";
import type { PackRecord } from "./ledger.ts";
import { contentDigest, KEPT, type Manifest, NO_SOURCE, releaseId, rewriteManifest } from "./manifest.ts";
import { freeBytes, mountPoints, type Room, refuseMounts } from "./preflight.ts";
import { makeRoom, type PrunedForGood, prune, pruneKept, type RetentionPolicy } from "./retention.ts";
import { directoryIdentity, makeReleaseDirectory, type StageRequest, stageTree } from "./stage.ts";
import { createStaging, type Staging } from "./staging.ts";
import { type VolumeView, viewVolume } from "./view.ts";

/** Where packs are published. At every instant a reader sees one whole release of a pack, the old one or the new one. */
export interface Publisher extends VolumeView {
  /** Where the next release of a pack is built: a scan writes there while it reads. */
  place(ref: PackRef): ReleasePlace;
  /** Takes over what a scan wrote there; disposing it removes it all, unless it goes live. */
  open(place: ReleasePlace, written: Staging["written"]): Staging;
  /** Completes the next tree. */
  stage(request: PublishRequest): StagedRelease;
  /** Does whatever can be done before they go live, so that they do at once when asked. */
  arm(batch: readonly StagedRelease[]): Armed;
  /** The live release is equal to its source as it is now, although nothing was published. */
  confirm(confirmation: Confirmation): void;
  /** It stays, whatever the source has. */
  pin(manifest: Manifest): void;
  /** The next sync publishes what the source has. */
  unpin(manifest: Manifest): void;
  prune(refs: Iterable<PackRef>, policy: RetentionPolicy): number;
  /** Prunes the oldest releases, however young, until so many bytes came free. @returns whether any came free */
  makeRoom(bytes: number): boolean;
  /** The same until what is left to the services is free; called when a cycle is done. */
  keepFree(): void;
  /** Removes what no policy removes, and these damaged releases. */
  pruneKept(ref: PackRef, damaged: ReadonlySet<string>, minAgeSeconds: number): PrunedForGood;
}

/** Where the next tree of one pack is built, and which number it will have. */
export interface ReleasePlace extends Room {
  readonly number: number;
  readonly root: string;
  readonly owner: Owner | undefined;
}

export interface PublishRequest extends StageRequest {
  readonly kind: StagedRelease["kind"];
  readonly applied: string | undefined;
}

/** What changed about a live release without changing its content. */
export interface Confirmation {
  readonly manifest: Manifest;
  readonly source: Manifest["source"];
  readonly memory: Manifest["memory"];
  /** What the source has; a pin that is not for this ends. */
  readonly content: string;
  readonly applied: string | undefined;
}

export function createPublisher(deps: PublisherDeps): Publisher {
  const { layout, ledger, owner } = deps;
  const view = viewVolume(layout, ledger);
  let mounts: readonly string[] | undefined;
  const restate = (manifest: Manifest): void => {
    rewriteManifest(layout, manifest, owner);
    ledger.savePack(recordNow(manifest, deps));
  };
  return {
    ...view,
    place(ref) {
      mounts ??= mountPoints();
      refuseMounts(livePath(layout, ref), mounts);
      const number = (ledger.pack(ref)?.number ?? 0) + 1;
      return {
        number,
        root: stagingPath(layout, ref, number),
        volume: layout.root,
        minFreeBytes: deps.minFreeBytes,
        owner,
      };
    },
    open: ({ root }, written) => createStaging(root, owner, written),
    stage(request) {
      const { kind, staging, applied } = request;
      const previous = request.previous ?? adoptLive(request, deps);
      const content = kind === "retire" ? { content: NO_SOURCE } : {};
      const whole = stageTree({ ...request, ...content, previous }, layout, owner, deps.now());
      const { files: _, ...manifest } = whole;
      const freshFiles = staging.written.size;
      if (freshFiles > FSYNC_FILES) staging.forgetWritten();
      return { kind, manifest, watched: watchedPaths(whole), previous, staging, applied, freshFiles };
    },
    arm: (batch) => arm(batch, deps),
    confirm(confirmation) {
      const manifest = rewritten(confirmation);
      if (manifest !== confirmation.manifest) rewriteManifest(layout, manifest, owner);
      ledger.savePack({ ...recordNow(manifest, deps), applied: confirmation.applied });
    },
    pin: (manifest) => restate({ ...manifest, pinned: KEPT }),
    unpin: ({ pinned: _, ...manifest }) => restate(manifest),
    prune: (refs, policy) => prune(refs, policy, deps),
    makeRoom: (bytes) => makeRoom(bytes, deps),
    keepFree() {
      const missing = deps.minFreeBytes - freeBytes(layout.root);
      if (missing > 0) makeRoom(missing, deps);
    },
    pruneKept: (ref, damaged, minAgeSeconds) => pruneKept(ref, damaged, minAgeSeconds, deps),
  };
}

/** The index's words for a live release that somebody looks at now. */
function recordNow(manifest: Manifest, { layout, fingerprint }: PublisherDeps): PackRecord {
  const watched = watchedPaths(manifest);
  return { ...packRecord(manifest, watched), live: fingerprint(livePath(layout, manifest.pack), watched) };
}

/** Only what changed is written: the memory of binaries, which source a pack comes from now, or what it has. */
function rewritten({ manifest, source, memory, content }: Confirmation): Manifest {
  const from = source && { source, origin: originOf(source.name) };
  const { pinned, ...rest } = { ...manifest, memory, content, ...from };
  const isKept = pinned === KEPT || (pinned === true && content === manifest.content);
  const next = isKept ? { ...rest, pinned } : rest;
  return isDeepStrictEqual(next, manifest) ? manifest : next;
}

/** Release 0: the manifest of what somebody else had put where a pack goes live for the first time. */
function adoptLive(
  { ref, live, staging }: PublishRequest,
  { layout, owner, now }: PublisherDeps,
): Manifest | undefined {
  if (live === undefined) return undefined;
  const known = [...live.files].flatMap(([path, { digest, ...file }]) =>
    digest === undefined ? [] : [[path, { ...file, digest }] as const],
  );
  const files = Object.fromEntries(known.map(([path, { kind: _, ownership: __, ...file }]) => [path, file]));
  const manifest: Manifest = {
    format: 1,
    pack: ref,
    release: releaseId(0, contentDigest(files), live.directories),
    number: 0,
    version: "unknown",
    origin: "adopted",
    publishedAt: now().toISOString(),
    latestMtime: 0,
    identity: directoryIdentity(livePath(layout, ref)),
    dependencies: [],
    content: NO_SOURCE,
    directories: [],
    carriedDirectories: live.directories,
    files,
    carried: {},
    displaced: {},
    memory: {},
  };
  makeReleaseDirectory(layout, ref, owner);
  staging.accompany(manifestPath(layout, ref, manifest.release));
  rewriteManifest(layout, manifest, owner);
  return manifest;
}
