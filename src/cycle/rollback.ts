import type { RegistrationReport } from "../catalog/report.ts";
import { PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackRef } from "../pack/ref.ts";
import { forPack } from "../plan/preserve.ts";
import { monotonicMs } from "../platform/clock.ts";
import { displacedFiles, isRetirement, type KnownRelease } from "../publish/history.ts";
import type { PackRecord } from "../publish/ledger.ts";
import { KEPT, type Manifest } from "../publish/manifest.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { RetentionPolicy } from "../publish/retention.ts";
import type { ServiceView } from "../signal/view.ts";
import {
  type BringBackDeps,
  type Found,
  findFiles,
  type PlannedBringBack,
  planBringBack,
  stageBringBack,
} from "./bring-back.ts";
import { describeGoingLive, describePlan } from "./findings.ts";
import { notPublished } from "./history.ts";
import { type ChangeCounts, countChanges } from "./report.ts";

export interface RollbackDeps extends BringBackDeps {
  /** `undefined`: only plan, and change nothing. */
  readonly publisher: Publisher | undefined;
  readonly retention: RetentionPolicy;
}

/** What a rollback did. Times in milliseconds. */
export interface RollbackReport {
  readonly ref: string;
  readonly version: string;
  /** What was live before; `undefined`: the pack was retired. */
  readonly from: string | undefined;
  /** The release whose content is live again. */
  readonly to: string;
  /** The release that is live now; `undefined`: it was only planned. */
  readonly release: string | undefined;
  readonly changes: ChangeCounts;
  /** How many files of others came back that had made room. */
  readonly returned: number;
  readonly diagnostics: readonly Diagnostic[];
  /** How long re-hashing took. */
  readonly verifiedInMs: number;
  /** How long it took from then until readers had the other release. */
  readonly liveInMs: number;
  /** What came of it in the catalogs; not when it was only planned. */
  readonly registration?: RegistrationReport;
  /** Where services stand then; not when planning, nor where nobody can be told. */
  readonly services?: readonly ServiceView[];
}

/**
 * Makes an earlier release live again, as a new release, by one exchange: its files are links to those in history, their
 * digests verified; what others have in the live tree comes along, and binaries are preserved as ever. It stays until the source
 * changes, or until `unpin`.
 *
 * @param wanted a release's id or number; `undefined`: the newest one that differs from what is live
 * @throws PacksyncError `USAGE` when there is nothing to go back to, `PACK_FAILED` when it is damaged
 */
export function rollbackPack(ref: PackRef, wanted: string | undefined, deps: RollbackDeps): RollbackReport {
  const { volume, publisher, retention } = deps;
  const record = volume.packs().get(ref);
  const previous = record && volume.previous(ref);
  if (record === undefined || previous === undefined) throw notPublished(ref);
  const releases = volume.releases(ref);
  const target = targetOf(releases, record, wanted);
  const planned = planBringBack({ ref, previous, ...earlier(target, previous, releases) }, deps);
  if (!planned.plan.altersContent) throw isLiveAlready(ref, target);

  const started = monotonicMs();
  const found = findFiles(planned, [{ root: target.root, kind: "tree" }]);
  if (found.missing.length > 0) throw damaged(ref, target, found.missing);
  const verified = monotonicMs();
  const live = publisher && goBack(planned, found, publisher);
  publisher?.prune([ref], retention);
  return {
    ref,
    version: target.manifest.version,
    from: record.release,
    to: target.release,
    release: live?.release,
    changes: countChanges(planned.plan.changes),
    returned: planned.plan.returning.length,
    diagnostics: [...describePlan(planned.plan, forPack(deps.policy, ref), false), ...(live?.diagnostics ?? [])],
    verifiedInMs: verified - started,
    liveInMs: (live?.atMs ?? verified) - verified,
  };
}

function goBack(planned: PlannedBringBack, found: Found, publisher: Publisher) {
  const staged = stageBringBack(planned, found, publisher);
  using _ = staged.staging;
  using armed = publisher.arm([staged]);
  const [outcome] = armed.goLive();
  if (outcome?.live !== true) throw outcome?.error;
  return { release: staged.manifest.release, diagnostics: describeGoingLive(outcome), atMs: outcome.atMs };
}

/** A release that one can go back to. */
interface Target {
  readonly release: string;
  readonly number: number;
  readonly root: string;
  readonly manifest: Manifest;
}

function targetOf(releases: readonly KnownRelease[], record: PackRecord, wanted: string | undefined): Target {
  const newestFirst = releases.filter(({ root }) => root !== undefined).reverse();
  const isWanted = ({ release, number }: KnownRelease) =>
    wanted === undefined
      ? contentOf(release) !== contentOf(record.release)
      : release === wanted || String(number) === wanted;
  for (const known of newestFirst.filter(isWanted)) {
    const { release, number, root = "" } = known;
    const manifest = known.manifest();
    if (manifest !== undefined && !isRetirement(manifest)) return { release, number, root, manifest };
  }
  throw wanted === undefined ? nothingKept(record) : unknownRelease(record.ref, wanted, newestFirst);
}

/** The hexadecimal part of a release's id. */
function contentOf(release: string | undefined): string | undefined {
  return release?.slice(release.indexOf("-"));
}

/** Release 0 is what others had there, so all that it has comes back as theirs. */
function earlier(target: Target, previous: Manifest, releases: readonly KnownRelease[]) {
  const { manifest } = target;
  const by = releases.find(({ number }) => number > target.number)?.manifest();
  const foreign = displacedFiles(target.root, manifest, by);
  const isAdopted = manifest.origin === "adopted";
  const { version, dependencies } = manifest;
  return {
    trust: "stamps",
    foreign,
    state: {
      files: isAdopted ? {} : manifest.files,
      directories: isAdopted ? [] : manifest.directories,
      foreign: [...foreign.keys()],
    },
    about: {
      version,
      dependencies,
      content: previous.content,
      restores: target.release,
      pinned: previous.pinned ?? true,
    },
  } as const;
}

function nothingKept({ ref }: PackRecord): PacksyncError {
  return new PacksyncError("USAGE", `\`${ref}\` has no earlier release with other content to go back to.`, {
    hint: "`history.keep` says how many are kept.",
  });
}

function unknownRelease(ref: string, wanted: string, newestFirst: readonly KnownRelease[]): PacksyncError {
  const names = newestFirst.map(({ release }) => release);
  return new PacksyncError("USAGE", `Expected a release of \`${ref}\` that is kept, got \`${wanted}\`.`, {
    hint: names.length === 0 ? "None is kept." : `Kept: ${names.join(", ")}.`,
  });
}

function isLiveAlready(ref: string, { release }: Target): PacksyncError {
  return new PacksyncError(
    "USAGE",
    `To go back to ${release} would change nothing: what it had of \`${ref}\` is live already.`,
    {
      hint: `\`packsync history ${ref}\` lists its releases.`,
    },
  );
}

function damaged(ref: string, { release }: Target, missing: readonly string[]): PacksyncError {
  const others = missing.length === 1 ? "" : ` and ${missing.length - 1} more`;
  const message = `Release ${release} of \`${ref}\` is damaged: somebody changed \`${missing[0]}\`${others} since.`;
  return new PacksyncError("PACK_FAILED", message, {
    hint: `Go back to another one; \`packsync verify ${ref}\` says which are sound.`,
  });
}

/**
 * What is live stays, whatever its source has, and also without any, until {@link unpinPack}.
 *
 * @returns the release that stays
 * @throws PacksyncError `USAGE` when packsync has nothing of it live
 */
export function pinPack(ref: PackRef, publisher: Publisher): string {
  const previous = publisher.live(ref) === undefined ? undefined : publisher.previous(ref);
  if (previous === undefined) {
    throw new PacksyncError("USAGE", `Expected a pack that packsync has live, got \`${ref}\`.`, {
      hint: "`packsync status` says which are.",
    });
  }
  if (previous.pinned !== KEPT) publisher.pin(previous);
  return previous.release;
}

/**
 * Ends a pin: the next sync publishes what the source has.
 *
 * @returns the release that was pinned
 * @throws PacksyncError `USAGE` when the pack is not pinned
 */
export function unpinPack(ref: PackRef, publisher: Publisher): string {
  const previous = publisher.packs().get(ref)?.pinned === undefined ? undefined : publisher.previous(ref);
  if (previous === undefined) {
    throw new PacksyncError("USAGE", `Expected a pack that is pinned, got \`${ref}\`.`, {
      hint: "`packsync status` says which are.",
    });
  }
  publisher.unpin(previous);
  return previous.release;
}
