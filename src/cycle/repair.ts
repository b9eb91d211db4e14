import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackRef } from "../pack/ref.ts";
import type { Plan } from "../plan/plan.ts";
import { printableName } from "../platform/names.ts";
import type { StagedRelease } from "../publish/go-live.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { PrunedForGood, RetentionPolicy } from "../publish/retention.ts";
import type { ScanStore } from "../scan/store.ts";
import {
  type BringBack,
  type BringBackDeps,
  findFiles,
  isWritten,
  planBringBack,
  type Shelf,
  stageBringBack,
} from "./bring-back.ts";
import type { CycleDeps } from "./deps.ts";
import { failure } from "./failure.ts";
import { describeGoingLive } from "./findings.ts";
import { unpinning } from "./todo.ts";
import type { PackVerification } from "./verify.ts";

export interface RepairDeps extends BringBackDeps, Pick<CycleDeps, "sources"> {
  /** `undefined`: only plan, and change nothing. */
  readonly publisher: Publisher | undefined;
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
export function repairPack(
  { ref, drift, unnoticed }: PackVerification,
  store: ScanStore,
  deps: RepairDeps,
): Repair | undefined {
  if (unnoticed !== undefined) store.save({ ...unnoticed, fingerprint: undefined });
  const previous = drift.paths.length === 0 ? undefined : deps.volume.previous(ref);
  if (previous === undefined) return undefined;
  try {
    const { staged, lost } = stageRepair(previous, "bytes", deps);
    return staged === undefined ? { release: undefined, diagnostics: lost } : publish(staged, deps);
  } catch (error) {
    return { release: undefined, diagnostics: [failure(error)] };
  }
}

function publish(staged: StagedRelease, { publisher }: RepairDeps): Repair {
  using _ = staged.staging;
  using armed = publisher?.arm([staged]);
  const [outcome] = armed?.goLive() ?? [];
  if (outcome?.live !== true) throw outcome?.error;
  return { release: staged.manifest.release, diagnostics: describeGoingLive(outcome) };
}

/** A live release with what it was missing, ready to go live; or what nobody has any more. */
export interface StagedRepair {
  readonly changes: Plan["changes"];
  readonly staged: StagedRelease | undefined;
  readonly lost: readonly Diagnostic[];
}

/** @param trust whether the live files' stamps are believed */
export function stageRepair(previous: Manifest, trust: BringBack["trust"], deps: RepairDeps): StagedRepair {
  const { pack: ref, files, directories, version, dependencies, content, restores, pinned } = previous;
  const about = { version, dependencies, content, ...(restores && { restores }), ...(pinned && { pinned }) };
  const state = { files, directories, foreign: [] };
  const planned = planBringBack({ ref, previous, state, about, foreign: new Map(), trust }, deps);
  const { changes } = planned.plan;
  if (!changes.some(isWritten)) return { changes: [], staged: undefined, lost: [] };
  const found = findFiles(planned, shelvesOf(ref, deps));
  const lost = found.missing.map((path) => lostFinding(path, previous));
  const staged = lost.length > 0 || !deps.publisher ? undefined : stageBringBack(planned, found, deps.publisher);
  return { changes, staged, lost };
}

/** History first, the newest release before the others: there a link is enough. */
function shelvesOf(ref: PackRef, { volume, sources }: RepairDeps): Shelf[] {
  const trees = volume.releases(ref).flatMap(({ root, isLive }) => (root === undefined || isLive ? [] : [root]));
  const { source: name, directory } = volume.packs().get(ref) ?? {};
  const source = sources.find((each) => each.name === name);
  return [
    ...trees.reverse().map((root) => ({ root, kind: "tree" }) as const),
    ...(source && directory ? [{ root: `${source.path}/${directory}`, kind: "source" } as const] : []),
  ];
}

function lostFinding(path: string, { pack, pinned }: Manifest): Diagnostic {
  const file = printableName(path);
  return {
    severity: "error",
    code: "history.lost",
    message: `\`${file}\` cannot be brought back: neither history nor the source has the bytes that were published`,
    file,
    hint: pinned
      ? `Run \`${unpinning(pack)}\` and sync: that publishes what the source has now.`
      : "Run `packsync --once`: it publishes what the source has now.",
  };
}

/** Removes what is kept for a person only; see {@link Publisher.pruneKept}. */
export function prunePack(
  { ref, damaged }: PackVerification,
  publisher: Publisher,
  { minAgeSeconds }: RetentionPolicy,
): PrunedForGood {
  return publisher.pruneKept(ref, new Set(damaged.map(({ release }) => release)), minAgeSeconds);
}
