import { existsSync } from "node:fs";
import type { PackRef } from "../pack/ref.ts";
import { type KnownRelease, keptTrees, releasesOf } from "./history.ts";
import { livePath, type VolumeLayout } from "./layout.ts";
import type { LedgerReader, PackRecord } from "./ledger.ts";
import { listManifests, type Manifest, readManifest } from "./manifest.ts";

/** What can be known of the volume without its lock. */
export interface VolumeView {
  packs(): ReadonlyMap<PackRef, PackRecord>;
  /** The id of a pack's live release. */
  live(ref: PackRef): string | undefined;
  /** What packsync last left under this name: the live release, or what a retirement left. */
  previous(ref: PackRef): Manifest | undefined;
  /** A pack's releases, oldest first, as far as they are still there. */
  releases(ref: PackRef): readonly KnownRelease[];
  /** Trees in a pack's history that are no release's. */
  keptTrees(ref: PackRef): readonly string[];
  /** The pack's directory in the volume. */
  path(ref: PackRef): string;
  /** Whether a whole pack stands there, whoever put it there. */
  isLive(ref: string): boolean;
}

export function viewVolume(layout: VolumeLayout, ledger: LedgerReader): VolumeView {
  return {
    packs: () => ledger.packs(),
    live: (ref) => ledger.live(ref),
    previous(ref) {
      const latest = ledger.live(ref) ?? ledger.releases(ref).at(-1)?.release;
      return latest === undefined
        ? undefined
        : (readManifest(layout, ref, latest) ?? listManifests(layout, ref).at(-1));
    },
    releases: (ref) => releasesOf(layout, ledger, ref),
    keptTrees: (ref) => keptTrees(layout, ledger, ref),
    path: (ref) => livePath(layout, ref),
    isLive: (ref) => existsSync(`${layout.root}/${ref}/pack.yaml`),
  };
}
