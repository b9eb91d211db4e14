import type { Diagnostic } from "../pack/diagnostics.ts";
import { printableName } from "../platform/names.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { PrunedForGood, RetentionPolicy } from "../publish/retention.ts";
import type { ScanStore } from "../scan/store.ts";
import { type BringBackDeps, findFiles, planBringBack, type Shelf, stageBringBack } from "./bring-back.ts";
import type { CycleDeps } from "./deps.ts";
import { describeGoingLive } from "./findings.ts";
import { failure } from "./prepare.ts";
import type { PackVerification } from "./verify.ts";

export interface RepairDeps extends BringBackDeps, Pick<CycleDeps, "sources"> {
  readonly publisher: Publisher;
  readonly store: ScanStore;
}

/** `release` is what is live now; `undefined`: it could not be repaired, the findings say why. */
export interface Repair {
  readonly release: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Brings back what a live release is missing, as a new release of the same content: from history, or from the source while
 * it still has these bytes. What others wrote over it is kept in history. A source that changed unnoticed is read by the next sync.
 *
 * @returns `undefined` when there is nothing to repair
 */
export function repairPack({ ref, drift, unnoticed }: PackVerification, deps: RepairDeps): Repair | undefined {
  if (unnoticed !== undefined) deps.store.save({ ...unnoticed, fingerprint: undefined });
  if (drift.paths.length === 0) return undefined;
  try {
    return bringBack(ref, deps);
  } catch (error) {
    return { release: undefined, diagnostics: [failure(error)] };
  }
}

function bringBack(ref: PackVerification["ref"], deps: RepairDeps): Repair | undefined {
  const { publisher, volume } = deps;
  const previous = volume.previous(ref);
  if (previous === undefined) return undefined;
  const { files, directories, version, dependencies, content, restores, pinned } = previous;
  const about = { version, dependencies, content, ...(restores && { restores }), ...(pinned && { pinned }) };
  const state = { files, directories, foreign: [] };
  const planned = planBringBack({ ref, previous, state, about, foreign: new Map(), trust: "bytes" }, deps);
  const found = findFiles(planned, shelvesOf(ref, deps));
  if (found.missing.length > 0) return { release: undefined, diagnostics: found.missing.map(lostFinding) };
  const staged = stageBringBack(planned, found, publisher);
  using _ = staged.staging;
  const [outcome] = publisher.goLive([staged]);
  if (outcome?.live !== true) throw outcome?.error;
  return { release: staged.manifest.release, diagnostics: describeGoingLive(outcome) };
}

/** History first, the newest release before the others: there a link is enough. */
function shelvesOf(ref: PackVerification["ref"], { volume, sources }: RepairDeps): Shelf[] {
  const trees = volume.releases(ref).flatMap(({ root, isLive }) => (root === undefined || isLive ? [] : [root]));
  const { source: name, directory } = volume.packs().get(ref) ?? {};
  const source = sources.find((each) => each.name === name);
  return [
    ...trees.reverse().map((root) => ({ root, kind: "tree" }) as const),
    ...(source && directory ? [{ root: `${source.path}/${directory}`, kind: "source" } as const] : []),
  ];
}

function lostFinding(path: string): Diagnostic {
  const file = printableName(path);
  return {
    severity: "error",
    code: "history.lost",
    message: `\`${file}\` cannot be brought back: neither history nor the source has the bytes that were published`,
    file,
    hint: "Run `packsync --once`: it publishes what the source has now.",
  };
}

/** Removes what is kept for a person only; see {@link Publisher.pruneKept}. */
export function prunePack(
  { ref, damaged }: PackVerification,
  { publisher }: RepairDeps,
  { minAgeSeconds }: RetentionPolicy,
): PrunedForGood {
  return publisher.pruneKept(ref, new Set(damaged.map(({ release }) => release)), minAgeSeconds);
}
