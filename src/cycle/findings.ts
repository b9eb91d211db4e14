import type { Diagnostic } from "../pack/diagnostics.ts";
import type { HoldReason } from "../plan/hold.ts";
import type { Change, Plan } from "../plan/plan.ts";
import type { PackPolicy } from "../plan/preserve.ts";
import { printableName } from "../platform/names.ts";
import type { GoLiveOutcome } from "../publish/go-live.ts";
import { KEPT, type Manifest } from "../publish/manifest.ts";
import { type Preserved, preservedFinding } from "./preserved.ts";
import { unpinning } from "./todo.ts";

/** So many paths are listed one by one; the rest is a number. */
const LISTED = 20;

/** What a person should know about a plan: files of others that stay, binaries that win, and what had to make room. */
export function describePlan({ changes }: Plan, { ref, arch }: PackPolicy, isAdoption: boolean): Diagnostic[] {
  const preserved = changes
    .filter((change) => change.kind === "preserve")
    .map((change) => preservedFinding(change, { ref, arch, binary: binaryOf(change, changes) }));
  const displaced = changes.flatMap((change) =>
    "displaces" in change && change.displaces ? [displacedFinding(change)] : [],
  );
  const leftovers = isAdoption ? changes.filter(({ kind }) => kind === "carry").map(leftoverFinding) : [];
  return [...preserved, ...abridged(displaced), ...abridged(leftovers)];
}

/** What somebody else changed in the volume, while the configuration says that it stays. */
export function describeDrift({ changes }: Plan): readonly Diagnostic[] {
  const drifted = changes.filter(({ kind }) => kind === "add" || kind === "replace" || kind === "remove");
  return abridged(
    drifted.map(({ path }): Diagnostic => {
      const file = printableName(path);
      const message = `\`${file}\` is not what was published: somebody else changed it in the volume`;
      const hint = "Run `packsync verify --repair`, or set `watch.drift: repair`.";
      return { severity: "warning", code: "volume.drifted", message, file, hint };
    }),
  );
}

/** What a person should know about how a release went live. */
export function describeGoingLive({ method, late }: Extract<GoLiveOutcome, { live: true }>): readonly Diagnostic[] {
  const kept = Object.keys(late.kept).map((path): Diagnostic => {
    const file = printableName(path);
    const message = `\`${file}\` was written by somebody else while the pack went live; theirs is kept in history`;
    return { severity: "warning", code: "volume.displaced", message, file };
  });
  return method === "two-renames" ? [...abridged(kept), NO_EXCHANGE] : abridged(kept);
}

const NO_EXCHANGE: Diagnostic = {
  severity: "warning",
  code: "volume.no_exchange",
  message:
    "the volume's file system or kernel cannot exchange two directories: the pack's name was missing for an instant",
  hint: "Put the volume on ext4, XFS, btrfs or tmpfs.",
};

/** So many of one kind, and how many more there are. */
export function abridged(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const [first] = findings;
  if (first === undefined || findings.length <= LISTED) return findings;
  const { severity, code } = first;
  const more: Diagnostic = { severity, code, message: `… and ${findings.length - LISTED} more like these` };
  return [...findings.slice(0, LISTED), more];
}

/** Where the binary stands that stays. */
function binaryOf({ path, prev, why }: Preserved, changes: readonly Change[]): string {
  if (why !== "foreign-binary-in-the-way") return path;
  return changes.find((change) => change.kind === "carry" && change.prev === prev)?.path ?? path;
}

type Displacing = Extract<Change, { kind: "replace" | "remove" }>;

function displacedFinding({ kind, path, prev }: Displacing): Diagnostic {
  const file = printableName(path);
  const what = prev.ownership === "drifted" ? "was changed by somebody else" : "was not packsync's";
  const why = prev.ownership === "drifted" ? "it left the source" : "it was in the way";
  const replaced = "the source's took its place, the old one is kept in history";
  return {
    severity: "warning",
    code: "volume.displaced",
    message: `\`${file}\` ${what}; ${kind === "replace" ? replaced : `${why}, and is kept in history`}`,
    file,
  };
}

function leftoverFinding({ path }: Change): Diagnostic {
  const file = printableName(path);
  return {
    severity: "hint",
    code: "volume.leftover",
    message: `\`${file}\` is in the volume only: left by an earlier copy, or made by somebody else; it stays`,
    file,
  };
}

/** `--adopt never`: a pack that packsync did not put there is nobody's to replace. */
export function adoptionRefused(ref: string): Diagnostic {
  return {
    severity: "error",
    code: "volume.adoption_refused",
    message: `the volume already has a pack \`${ref}\` that packsync did not publish`,
    hint: "Adopt it with --adopt merge (its own files stay), or remove it from the volume.",
  };
}

/** Two directories of one source that want to be one pack. */
export function duplicateRef(ref: string, source: string, other: string): Diagnostic {
  return {
    severity: "error",
    code: DUPLICATE_REF,
    message: `\`${ref}\` is the ref of \`${other}\` in source \`${source}\` already`,
    file: "pack.yaml",
    hint: "Give one of them another `ref`.",
  };
}

export const DUPLICATE_REF = "manifest.duplicate_ref";

/** A rollback that stays until the source changes, or what a person keeps. */
export function pinnedFinding({ pack, release, restores, pinned }: Manifest): Diagnostic {
  if (pinned === KEPT) {
    const message = `pinned: ${release} stays, whatever its source has`;
    return { severity: "warning", code: PINNED, message, hint: `Run \`${unpinning(pack)}\` and sync.` };
  }
  return {
    severity: "warning",
    code: PINNED,
    message: `rolled back to what ${restores} had; it stays while its source does not change`,
    hint: `Change the source, or run \`${unpinning(pack)}\` and sync.`,
  };
}

export const PINNED = "release.pinned";

const HELD: Readonly<Record<HoldReason, string>> = {
  "root-absent": "the source's directory does not exist",
  "root-unreadable": "the source's directory cannot be read",
  emptied: "the source is empty although it had packs: is its disk mounted?",
  "mass-removal": "more than half of the source's packs vanished at once",
  "not-uninstalled": "it was installed, and nobody uninstalled it",
};

export function heldFinding(held: HoldReason): Diagnostic {
  return {
    severity: "warning",
    code: "source.held",
    message: `not removed: ${HELD[held]}`,
    hint: "If it is meant, run once with --allow-removals.",
  };
}
