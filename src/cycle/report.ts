import type { RegistrationReport } from "../catalog/report.ts";
import type { StageName } from "../events/event.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { HoldReason } from "../plan/hold.ts";
import type { Change, ChangeKind } from "../plan/plan.ts";
import type { Routing } from "../plan/routing.ts";
import type { ServiceView } from "../signal/view.ts";

/** What a cycle did with a pack; docs/cli.md has the table. */
export type Outcome = "published" | "unchanged" | "rejected" | "failed" | "retired" | "held" | "checked" | "waiting";

/** How many paths of a pack were decided how. */
export interface ChangeCounts {
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
  readonly preserved: number;
  readonly carried: number;
}

/** What a cycle did with one pack, and why. `release` is what is live now; `ref` is the directory's name while it has none. */
export interface PackReport {
  readonly ref: string;
  readonly source: string;
  readonly directory: string;
  readonly kind: "production" | "development";
  readonly version: string | undefined;
  readonly outcome: Outcome;
  readonly release: string | undefined;
  readonly changes: ChangeCounts;
  readonly diagnostics: readonly Diagnostic[];
  /** File by file; only when planning. */
  readonly plan?: readonly Change[];
  /** Whom the changes concern; only of a pack whose content becomes another. */
  readonly routing?: Routing;
  /** Of a pack that went live. */
  readonly timings?: Timings;
}

/** How long each stage of the flow took, in milliseconds, as far as it is known. What one publishes together shares its `publish`. */
export type Timings = Readonly<Partial<Record<StageName, number>>>;

/** A source as a cycle found it. */
export interface SourceReport {
  readonly name: string;
  readonly path: string;
  readonly kind: "production" | "development";
  readonly mode?: "published" | "mounted" | undefined;
  readonly state: "listed" | "absent" | "unreadable";
  readonly held: HoldReason | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A pack that another source's pack of the same ref hides. */
export interface Shadowed {
  readonly ref: string;
  readonly source: string;
  readonly by: string;
}

export interface CycleReport {
  readonly sources: readonly SourceReport[];
  /** Sorted by ref. */
  readonly packs: readonly PackReport[];
  readonly shadowed: readonly Shadowed[];
  /** What came of it in the catalogs; not when planning. */
  readonly registration?: RegistrationReport;
  /** Where services stand then; not when planning, nor where nobody can be told. */
  readonly services?: readonly ServiceView[];
  /** What a person should know of whom the changes concern. */
  readonly notes?: readonly { readonly pack: string; readonly note: string }[];
}

export const NO_CHANGES: ChangeCounts = { added: 0, replaced: 0, removed: 0, preserved: 0, carried: 0 };

const COUNTED = {
  add: "added",
  replace: "replaced",
  remove: "removed",
  preserve: "preserved",
  carry: "carried",
} as const;

export function countChanges(changes: readonly Change[]): ChangeCounts {
  const counts: Record<(typeof COUNTED)[ChangeKind], number> = { ...NO_CHANGES };
  for (const { kind } of changes) counts[COUNTED[kind]]++;
  return counts;
}

/** How many packs had which outcome. */
export function totalsOf(packs: readonly PackReport[]): Readonly<Record<Outcome, number>> {
  const totals = { published: 0, unchanged: 0, rejected: 0, failed: 0, retired: 0, held: 0, checked: 0, waiting: 0 };
  for (const { outcome } of packs) totals[outcome]++;
  return totals;
}

/** Whether a pack of the report keeps a run from being a success. */
export function isBroken({ outcome, kind }: PackReport): boolean {
  return kind === "production" && (outcome === "rejected" || outcome === "failed");
}
