import { PacksyncError } from "../errors.ts";
import { type Diagnostic, hasErrors } from "../pack/diagnostics.ts";
import { outsideOf } from "../pack/pack-facts.ts";
import { entryAt, type FileEntry } from "../pack/snapshot.ts";
import { INSTALLED, originOf } from "../plan/installed.ts";
import { type Change, type Plan, planPack } from "../plan/plan.ts";
import { forPack } from "../plan/preserve.ts";
import { monotonicMs, msSince } from "../platform/clock.ts";
import type { StagedRelease } from "../publish/go-live.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { Look } from "../scan/look.ts";
import type { ScannedPack } from "../scan/scan-pack.ts";
import type { KnownPack, PackIdentity } from "../scan/store.ts";
import type { CycleDeps } from "./deps.ts";
import { failure } from "./failure.ts";
import { adoptionRefused, describeDrift, describePlan } from "./findings.ts";
import { isLiveFrom } from "./live-from.ts";
import { checkMounted, settledMounted } from "./mounted.ts";
import { contentOf, isPinned, stayPinned } from "./pinned.ts";
import { appliedKey, type Context, type Decision, finished, listed, type Prepared, waiting } from "./prepared.ts";
import { countChanges, type PackReport } from "./report.ts";

/**
 * Everything that can fail happens here: scan, validate, plan, stage. A pack that is prepared only has to be made
 * durable and exchanged. Findings, and failures of this pack alone, are part of the report.
 */
export async function prepare(look: Look, record: PackRecord | undefined, deps: CycleDeps): Promise<Prepared> {
  try {
    return settledBefore(look, record, deps) ?? (await prepareWithRoom(look, record, deps));
  } catch (error) {
    const isBusy = error instanceof PacksyncError && error.code === "PACK_BUSY";
    if (isBusy && deps.attention.isPatient(look.source.name, look.directory)) return waiting(look, record);
    return finished(look, record, { outcome: "failed", diagnostics: [failure(error)] });
  }
}

/** On a full volume history makes room, for as long as there is any. */
async function prepareWithRoom(look: Look, record: PackRecord | undefined, deps: CycleDeps): Promise<Prepared> {
  for (;;) {
    try {
      return await prepareChanged(look, record, deps);
    } catch (error) {
      const isFull = error instanceof PacksyncError && error.code === "VOLUME_FULL";
      if (!isFull || deps.publisher?.makeRoom(error.missingBytes) !== true) throw error;
    }
  }
}

/** Not a stamp differs, neither in the source nor in the volume: what was found last time stands. */
function settledBefore(look: Look, record: PackRecord | undefined, deps: CycleDeps): Prepared | undefined {
  const { known, unchanged, source, directory } = look;
  if (!unchanged || known === undefined) return undefined;
  const { verdict, diagnostics } = known;
  if (source.mode === "mounted" && verdict === "valid") return settledMounted(look, known, deps);
  if (verdict === "rejected") {
    const isOfTheVolume = diagnostics.some(({ severity, code }) => severity === "error" && code.startsWith("volume."));
    return isOfTheVolume ? undefined : finished(look, record, { outcome: "rejected", diagnostics });
  }
  if (record === undefined || !isLiveFrom(record, source.name, directory)) return undefined;
  if (record.applied !== appliedKey(known, deps)) return undefined;
  if (deps.scanner.fingerprint(deps.volume.path(record.ref), record.watched) !== record.live) return undefined;
  return finished(look, record, { outcome: "unchanged", diagnostics });
}

async function prepareChanged(look: Look, record: PackRecord | undefined, deps: CycleDeps): Promise<Prepared> {
  const { source, directory, known } = look;
  const ref = look.identity?.ref ?? record?.ref;
  const isMounted = source.mode === "mounted";
  const previous = ref && !isMounted ? deps.volume.previous(ref) : undefined;
  const place = ref && !isMounted ? deps.publisher?.place(ref) : undefined;
  const scanned = await deps.scanner.scan({
    at: { source, directory },
    known,
    files: filesOf(known, record, previous),
    facts: known && deps.store.facts(source.name, directory),
    arch: deps.policy.arch,
    limits: deps.limits,
    live: ref && !isMounted ? { root: deps.volume.path(ref), ledger: previous?.files } : undefined,
    staging: place,
  });
  using owned = new DisposableStack();
  const staging = place && deps.publisher && owned.use(deps.publisher.open(place, scanned.written));
  if (scanned.identity !== undefined && scanned.identity.ref !== ref) throw changedMeanwhile(look);

  if (isHalfWritten(scanned) && deps.attention.isPatient(source.name, directory)) return waiting(look, record);
  const { prepared, diagnostics } = timed({ look, record, previous, scanned, place, staging }, deps);
  remember(look, scanned, diagnostics, deps);
  if (prepared.staged !== undefined) owned.move(); // the staged tree is the reconciler's now
  return { ...prepared, scanned: { outside: scanned.facts && outsideOf(scanned.facts), diagnostics } };
}

/** An empty file is no mapping either. */
const HALF_WRITTEN: ReadonlySet<string> = new Set([
  "metadata.invalid_yaml",
  "manifest.not_object",
  "component.not_object",
]);

/** What an editor or a linker leaves in mid-write, too: whoever saw the last write only just now had better look again. */
function isHalfWritten({ diagnostics, snapshot }: ScannedPack): boolean {
  if (diagnostics.some(({ code }) => HALF_WRITTEN.has(code))) return true;
  return snapshot.files.values().some(({ elf }) => elf?.truncated === true);
}

/**
 * What the source's files hold, as far as the live release has the same: the manifest is the cache. Nothing, unless it
 * was published from the very scan that is `known`.
 */
function filesOf(
  known: KnownPack | undefined,
  record: PackRecord | undefined,
  previous: Manifest | undefined,
): Readonly<Record<string, FileEntry>> {
  if (known === undefined || previous === undefined || previous.pinned !== undefined) return {};
  if (record?.applied?.startsWith(`${known.revision} `) !== true) return {};
  const { files, memory } = previous;
  const others = Object.keys(memory).filter((path) => entryAt(memory, path)?.source !== entryAt(files, path)?.digest);
  if (others.length === 0) return files;
  const preserved = new Set(others);
  return Object.fromEntries(Object.entries(files).filter(([path]) => !preserved.has(path)));
}

/** Planning is a part of staging: it takes no time worth a word. */
function timed(context: Context, deps: CycleDeps): Decision {
  const startedMs = monotonicMs();
  const decision = decide(context, deps);
  const { prepared } = decision;
  if (prepared.staged === undefined) return decision;
  const timings = { ...context.scanned.tookMs, stage: msSince(startedMs) };
  return { ...decision, prepared: { ...prepared, report: { ...prepared.report, timings } } };
}

function decide(context: Context, deps: CycleDeps): Decision {
  const { look, record, previous, scanned } = context;
  const { identity, live } = scanned;
  const reject = (diagnostics: readonly Diagnostic[]): Decision => ({
    prepared: finished(look, record, { outcome: "rejected", diagnostics }),
    diagnostics,
  });
  if (identity === undefined || (hasErrors(scanned.diagnostics) && !isUnchecked(look, deps)))
    return reject(scanned.diagnostics);
  if (look.source.mode === "mounted") {
    return { prepared: checkMounted(context, identity, deps), diagnostics: scanned.diagnostics };
  }
  const isAdoption = record?.release === undefined && live?.files.has("pack.yaml") === true;
  if (isAdoption && deps.adopt === "never") return reject([...scanned.diagnostics, adoptionRefused(identity.ref)]);

  if (previous !== undefined && isPinned(previous, scanned)) return stayPinned(context, previous, deps);

  const policy = forPack(deps.policy, identity.ref);
  const plan = planPack(scanned.snapshot, live, previous, policy);
  const isDrift = isDriftAlone(context, deps);
  const done = isDrift ? { ...plan, changes: plan.changes.filter(isLeavingAlone) } : plan;
  const diagnostics = [...scanned.diagnostics, ...describePlan(done, policy, isAdoption)];
  const applied = appliedKey(scanned, deps);
  const source = { name: look.source.name, directory: look.directory };
  const about = { diagnostics, version: identity.version, changes: countChanges(done.changes), ...listed(done, deps) };
  if ((!plan.altersContent || isDrift) && record?.release !== undefined && previous !== undefined) {
    const content = contentOf(scanned);
    deps.publisher?.confirm({ manifest: previous, source, memory: plan.memory, content, applied });
    const found = isDrift && deps.drift === "report" ? [...diagnostics, ...describeDrift(plan)] : diagnostics;
    return {
      prepared: finished(look, record, { ...about, outcome: "unchanged", diagnostics: found }),
      diagnostics: found,
    };
  }
  const staged = stage(context, { identity, plan, applied, source }, deps);
  const release = staged?.manifest.release ?? record?.release;
  const routing = routingFor(context, identity.ref, plan, deps);
  const prepared = finished(look, record, { outcome: "published", ...about, ...routing, release });
  return { prepared: { ...prepared, ref: identity.ref, dependencies: identity.dependencies, staged }, diagnostics };
}

/** Whoever installed it said that its errors do not matter. */
function isUnchecked({ source, directory }: Look, { unchecked }: CycleDeps): boolean {
  return source.name === INSTALLED && unchecked(directory);
}

/** Only the volume's files are not what they were, and nobody wants them mended. A pack that is gone comes back in any case. */
function isDriftAlone({ look, record, scanned }: Context, deps: CycleDeps): boolean {
  const { known, unchanged, source, directory } = look;
  if (deps.drift === "repair" || !unchanged || known === undefined || scanned.live === undefined) return false;
  return isLiveFrom(record, source.name, directory) && record?.applied === appliedKey(known, deps);
}

function isLeavingAlone({ kind }: Change): boolean {
  return kind === "preserve" || kind === "carry";
}

/** By what the definitions say now, and by what they said when they were last scanned. */
function routingFor(
  { look, scanned }: Context,
  ref: string,
  { changes }: Plan,
  { route, store }: CycleDeps,
): Pick<PackReport, "routing"> {
  if (route === undefined) return {};
  const { source, directory } = look;
  const before = store.facts(source.name, directory);
  const after = scanned.facts;
  const dialect = after?.dialect ?? before?.dialect ?? "attune";
  return { routing: route({ ref, source: source.name, changes, becomes: "published", dialect, before, after }) };
}

interface ToStage {
  readonly identity: PackIdentity;
  readonly plan: Plan;
  readonly applied: string | undefined;
  readonly source: { readonly name: string; readonly directory: string };
}

function stage(context: Context, { identity, ...rest }: ToStage, deps: CycleDeps): StagedRelease | undefined {
  const { staging, place, previous, scanned } = context;
  if (staging === undefined || place === undefined) return undefined;
  const { live } = scanned;
  const origin = originOf(rest.source.name);
  const about = { kind: "publish", origin, number: place.number, live, previous, staging } as const;
  return deps.publisher?.stage({ ...about, ...identity, ...rest });
}

function remember(look: Look, scanned: ScannedPack, diagnostics: readonly Diagnostic[], deps: CycleDeps): void {
  const { known, source, directory } = look;
  const isRejected = scanned.identity === undefined || (hasErrors(diagnostics) && !isUnchecked(look, deps));
  const verdict = isRejected ? "rejected" : "valid";
  const since = known?.verdict === verdict ? known.since : deps.now().toISOString();
  const { fingerprint, revision, ownManifest } = scanned;
  const identity = scanned.identity ?? look.identity;
  const about = { source: source.name, directory, fingerprint, revision, ownManifest, identity } as const;
  deps.store.save({ ...about, verdict, since, diagnostics }, scanned.facts);
}

function changedMeanwhile({ source, directory }: Look): PacksyncError {
  return new PacksyncError(
    "PACK_BUSY",
    `The \`ref\` in ${source.path}/${directory}/pack.yaml changed while it was read.`,
    {
      hint: "Run packsync again.",
      retryable: true,
    },
  );
}
