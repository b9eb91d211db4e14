import { existsSync } from "node:fs";
import type { PackRef } from "../pack/ref.ts";
import { forPack } from "../plan/preserve.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { moveTree } from "./exchange.ts";
import type { PublisherDeps } from "./go-live.ts";
import { bringOver, type LateWrites } from "./late.ts";
import { livePath, releasePath, type VolumeLayout } from "./layout.ts";
import type { ReleaseRecord } from "./ledger.ts";
import { listReleases, type Manifest, numberOf, readManifest, rewriteManifest } from "./manifest.ts";

/** Somebody's working directory may still be in the tree before: what appeared there since is brought over now. */
export function compareAgain(by: Manifest, deps: PublisherDeps): void {
  const before = deps.ledger.releaseBefore(by.pack, by.number);
  if (before === undefined || displacerOf(before, deps) !== by.number) return;
  compareDisplaced({ ref: by.pack, release: before.release, by }, deps);
}

/** The number of the release that displaced this one: the next that has a manifest. What it carried says what is late. */
function displacerOf({ ref, number }: ReleaseRecord, { layout }: PublisherDeps): number {
  return Math.min(
    ...listReleases(layout, ref)
      .map(numberOf)
      .filter((other) => other > number),
  );
}

/** Compares a tree in history once more with what was carried out of it; what may not move to the live tree is kept. */
export function compareDisplaced(
  { ref, release, by }: { readonly ref: PackRef; readonly release: string; readonly by: Manifest },
  deps: PublisherDeps,
): void {
  const root = releasePath(deps.layout, ref, release);
  if (lstatIfAny(root)?.isDirectory() !== true) return;
  const was = readManifest(deps.layout, ref, release);
  const about = { live: livePath(deps.layout, ref), policy: forPack(deps.policy, ref), time: "again" } as const;
  remember(bringOver({ root, was, by, ...about }, deps.scan), by, deps);
}

/** What was kept is never pruned: the manifest says so. */
function remember({ kept }: LateWrites, by: Manifest, { layout, owner }: PublisherDeps): void {
  if (Object.keys(kept).length > 0) rewriteManifest(layout, { ...by, displaced: { ...by.displaced, ...kept } }, owner);
}

/** What was live until a moment ago, wherever it stands now. */
interface Displaced {
  readonly manifest: Manifest;
  readonly previous: Manifest | undefined;
  readonly displaced: string;
}

/** (5) and (6): also what recovery does for a run that died in between. */
export function afterExchange(from: Displaced, deps: PublisherDeps): LateWrites {
  const late = bringOverFrom(from, deps); // (5)
  moveTree(from.displaced, historyPath(deps.layout, from.manifest.pack, from.previous)); // (6)
  return late;
}

/** (5) alone: of a retired pack of which nothing stays, the whole tree is in history already. */
export function bringOverFrom({ manifest, previous, displaced }: Displaced, deps: PublisherDeps): LateWrites {
  const policy = forPack(deps.policy, manifest.pack);
  const about = { live: livePath(deps.layout, manifest.pack), policy, time: "first" } as const;
  const late = bringOver({ root: displaced, was: previous, by: manifest, ...about }, deps.scan);
  remember(late, manifest, deps);
  return late;
}

/** Where a displaced tree stands from now on. Where the name is taken (the state was lost once), beside it. */
export function historyPath(layout: VolumeLayout, ref: PackRef, previous: Manifest | undefined): string {
  const path = releasePath(layout, ref, previous?.release ?? "unknown");
  for (let count = 0; ; count++) {
    const free = count === 0 ? path : `${path}.${count}`;
    if (!existsSync(free)) return free;
  }
}
