import type { PackRef } from "../pack/ref.ts";
import { type GoLiveOutcome, goLive, type PublisherDeps, packRecord, type StagedRelease } from "./go-live.ts";
import { livePath, stagingPath } from "./layout.ts";
import { type Manifest, releaseId, writeManifest } from "./manifest.ts";
import { mountPoints, refuseFullVolume, refuseMounts } from "./preflight.ts";
import { prune, type RetentionPolicy } from "./retention.ts";
import { directoryIdentity, makeReleaseDirectory, type StageRequest, stageTree } from "./stage.ts";
import { createStaging, type Staging } from "./staging.ts";
import { type VolumeView, viewVolume } from "./view.ts";

/** Where packs are published. At every instant a reader sees one whole release of a pack, the old one or the new one. */
export interface Publisher extends VolumeView {
  /** Where the next release of a pack is built. */
  open(ref: PackRef): ReleaseStaging;
  /** Completes the next tree. */
  stage(request: PublishRequest): StagedRelease;
  goLive(batch: readonly StagedRelease[]): GoLiveOutcome[];
  /** The live release is equal to its source as it is now, although nothing was published. */
  confirm(confirmation: Confirmation): void;
  prune(refs: Iterable<PackRef>, policy: RetentionPolicy): number;
}

/** The next tree of one pack, with what it will be called. */
export interface ReleaseStaging extends Staging {
  readonly number: number;
  expect(sizes: Iterable<number>): void;
}

export interface PublishRequest extends Omit<StageRequest, "number"> {
  readonly kind: StagedRelease["kind"];
  readonly staging: ReleaseStaging;
  readonly applied: string | undefined;
}

/** What changed about a live release without changing its content. */
export interface Confirmation {
  readonly manifest: Manifest;
  readonly source: Manifest["source"];
  readonly memory: Manifest["memory"];
  readonly applied: string | undefined;
}

export function createPublisher(deps: PublisherDeps): Publisher {
  const { layout, ledger, owner } = deps;
  const view = viewVolume(layout, ledger);
  return {
    ...view,
    open(ref) {
      refuseMounts(livePath(layout, ref), mountPoints());
      const number = (ledger.pack(ref)?.number ?? 0) + 1;
      const staging = createStaging(stagingPath(layout, ref, number), owner);
      return Object.assign(staging, { number, expect: (sizes: Iterable<number>) => refuseFullVolume(layout.root, sizes) });
    },
    stage(request) {
      const { kind, staging, applied } = request;
      const previous = request.previous ?? adoptLive(request, deps);
      const manifest = stageTree({ ...request, previous, number: staging.number }, layout, owner, deps.now());
      return { kind, manifest, previous, staging, applied, freshFiles: staging.written.size };
    },
    goLive: (batch) => goLive(batch, deps),
    confirm(confirmation) {
      const manifest = rewritten(confirmation);
      if (manifest !== confirmation.manifest) writeManifest(layout, manifest, owner);
      ledger.savePack({ ...packRecord(manifest, deps), applied: confirmation.applied });
    },
    prune: (refs, policy) => prune(refs, policy, deps),
  };
}

/** Only what changed is written: the memory of binaries, or which source a pack comes from now. */
function rewritten({ manifest, source, memory }: Confirmation): Manifest {
  const next = source === undefined ? { ...manifest, memory } : { ...manifest, memory, source };
  return JSON.stringify(next) === JSON.stringify(manifest) ? manifest : next;
}

/** Release 0: the manifest of what somebody else had put where a pack goes live for the first time. */
function adoptLive({ ref, live, version }: PublishRequest, { layout, owner, now }: PublisherDeps): Manifest | undefined {
  if (live === undefined) return undefined;
  const known = [...live.files].flatMap(([path, { digest, ...file }]) => (digest === undefined ? [] : [[path, { ...file, digest }] as const]));
  const files = Object.fromEntries(known.map(([path, { kind: _, ownership: __, ...file }]) => [path, file]));
  const manifest: Manifest = {
    format: 1,
    pack: ref,
    release: releaseId(0, files, live.directories),
    number: 0,
    version,
    origin: "adopted",
    publishedAt: now().toISOString(),
    latestMtime: 0,
    identity: directoryIdentity(livePath(layout, ref)),
    dependencies: [],
    directories: live.directories,
    files,
    carried: {},
    displaced: {},
    memory: {},
  };
  makeReleaseDirectory(layout, ref, owner);
  writeManifest(layout, manifest, owner);
  return manifest;
}

