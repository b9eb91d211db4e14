import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Outside } from "../pack/pack-facts.ts";
import type { PackRef } from "../pack/ref.ts";
import type { Plan } from "../plan/plan.ts";
import type { StagedRelease } from "../publish/go-live.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { ReleasePlace } from "../publish/publisher.ts";
import type { Staging } from "../publish/staging.ts";
import type { Look } from "../scan/look.ts";
import type { ScannedPack } from "../scan/scan-pack.ts";
import type { KnownPack } from "../scan/store.ts";
import type { CycleDeps } from "./deps.ts";
import { NO_CHANGES, type PackReport } from "./report.ts";

/** A pack on its way: settled already, or staged and only waiting to go live. */
export interface Prepared {
  readonly ref: PackRef | undefined;
  readonly dependencies: readonly string[];
  readonly report: PackReport;
  readonly staged: StagedRelease | undefined;
  /** What a scan found that is remembered; not there when nothing had changed. */
  readonly scanned?: { readonly outside: Outside | undefined; readonly diagnostics: readonly Diagnostic[] };
}

/** What there is to decide about a pack that was scanned. */
export interface Context {
  readonly look: Look;
  readonly record: PackRecord | undefined;
  readonly previous: Manifest | undefined;
  readonly scanned: ScannedPack;
  readonly place: ReleasePlace | undefined;
  readonly staging: Staging | undefined;
}

/** What was decided, and is remembered. */
export interface Decision {
  readonly prepared: Prepared;
  /** Everything that is known of the pack now, to be remembered with it. */
  readonly diagnostics: readonly Diagnostic[];
}

type Finished = Partial<Pick<PackReport, "release" | "version" | "changes" | "plan" | "routing">> &
  Pick<PackReport, "outcome" | "diagnostics">;

export function finished(look: Look, record: PackRecord | undefined, about: Finished): Prepared {
  const { source, directory, identity, known } = look;
  const report: PackReport = {
    ref: identity?.ref ?? record?.ref ?? directory,
    source: source.name,
    directory,
    kind: source.kind,
    version: identity?.version ?? known?.identity?.version,
    release: record?.release,
    changes: NO_CHANGES,
    ...about,
  };
  return { ref: identity?.ref, dependencies: identity?.dependencies ?? [], report, staged: undefined };
}

/** It has not come to rest: it is looked at later. */
export function waiting(look: Look, record: PackRecord | undefined): Prepared {
  return finished(look, record, { outcome: "waiting", diagnostics: [] });
}

/** The same source under another policy is another decision. */
export function appliedKey(
  { fingerprint, revision }: Pick<KnownPack, "fingerprint" | "revision">,
  { policy: { mode, arch, overrides } }: CycleDeps,
): string | undefined {
  const named = overrides.map((override) => `${override.pattern}=${override.mode}`);
  return fingerprint === undefined ? undefined : [revision, mode, ...arch, ...named].join(" ");
}

/** File by file only for those who asked: a report of 100,000 files helps nobody. */
export function listed({ changes }: Pick<Plan, "changes">, { publisher }: CycleDeps): Pick<PackReport, "plan"> {
  return publisher === undefined ? { plan: changes } : {};
}
