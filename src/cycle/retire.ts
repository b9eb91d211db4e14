import { originOf } from "../plan/installed.ts";
import { planPack } from "../plan/plan.ts";
import { forPack } from "../plan/preserve.ts";
import type { StagedRelease } from "../publish/go-live.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { CycleDeps } from "./deps.ts";
import { failure } from "./failure.ts";
import { describePlan } from "./findings.ts";
import type { Prepared } from "./prepared.ts";
import { countChanges, NO_CHANGES, type PackReport } from "./report.ts";

/** Takes a pack out of the volume whose source has it no more: ours goes into history, what others have there stays. */
export function prepareRetirement(record: PackRecord, deps: CycleDeps): Prepared {
  const { ref, source: name = "", directory = "", version, release } = record;
  const kind = deps.sources.find((source) => source.name === name)?.kind ?? "production";
  const about = { ref, source: name, directory, kind, version, release } as const;
  try {
    const previous = deps.volume.previous(ref);
    const live = deps.scanner.scanLive({
      root: deps.volume.path(ref),
      ledger: previous?.files ?? {},
      inspect: () => false,
    });
    const policy = forPack(deps.policy, ref);
    const plan = planPack({ files: new Map(), directories: [] }, live, previous, policy);
    const staged = stage(record, { live, previous, plan }, deps);
    const diagnostics = describePlan(plan, policy, false);
    // What is known of the directory went with it: the files' names have to do.
    const model = { dialect: "attune", before: undefined, after: undefined, becomes: "retired" } as const;
    const routing = deps.route?.({ ref, source: name, changes: plan.changes, ...model });
    const report: PackReport = {
      ...about,
      ...(routing && { routing }),
      outcome: "retired",
      changes: countChanges(plan.changes),
      diagnostics,
      ...(staged === undefined ? { plan: plan.changes } : {}),
    };
    return { ref, dependencies: [], staged, report };
  } catch (error) {
    const report: PackReport = { ...about, outcome: "failed", changes: NO_CHANGES, diagnostics: [failure(error)] };
    return { ref, dependencies: [], staged: undefined, report };
  }
}

type Parts = Pick<Parameters<NonNullable<CycleDeps["publisher"]>["stage"]>[0], "live" | "previous" | "plan">;

function stage(
  { ref, version, source = "", directory = "" }: PackRecord,
  parts: Parts,
  deps: CycleDeps,
): StagedRelease | undefined {
  const { publisher } = deps;
  if (publisher === undefined) return undefined;
  using owned = new DisposableStack();
  const place = publisher.place(ref);
  const staging = owned.use(publisher.open(place, new Map()));
  const from = { name: source, directory };
  const about = {
    kind: "retire",
    origin: originOf(source),
    ref,
    version,
    dependencies: [],
    source: from,
    applied: undefined,
    number: place.number,
  } as const;
  const staged = publisher.stage({ ...about, ...parts, staging });
  owned.move();
  return staged;
}
