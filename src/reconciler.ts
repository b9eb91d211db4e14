import type { CycleDeps } from "./cycle/deps.ts";
import { failure } from "./cycle/failure.ts";
import { describeGoingLive } from "./cycle/findings.ts";
import { isLiveFrom } from "./cycle/live-from.ts";
import { prepare } from "./cycle/prepare.ts";
import type { Prepared } from "./cycle/prepared.ts";
import type { CycleReport, PackReport, Shadowed } from "./cycle/report.ts";
import { prepareRetirement } from "./cycle/retire.ts";
import { awayReport, heldReport, type Survey, stayingReport, survey } from "./cycle/survey.ts";
import { judgeWorld } from "./cycle/world.ts";
import { inDependencyOrder } from "./plan/order.ts";
import { monotonicMs, msSince, wholeMicroseconds } from "./platform/clock.ts";
import type { GoLiveOutcome } from "./publish/go-live.ts";
import type { PackRecord } from "./publish/ledger.ts";
import type { Look } from "./scan/look.ts";

/**
 * READ FIRST: one cycle, top to bottom. `--once` runs it once, the daemon for ever.
 *
 * Look into every source; prepare each pack on its own (scan → validate → plan → stage), so that whatever is wrong with
 * one is its own affair; say what packs miss of each other; then everything that is ready goes live back to back, packs after those they depend on;
 * then what left its source retires. A pack whose newest state is rejected keeps its last good release.
 */
export async function reconcile(deps: CycleDeps, abort: AbortSignal): Promise<CycleReport> {
  using stagedTrees = new DisposableStack();
  using uncommitted = new DisposableStack();
  deps.memory.begin();
  uncommitted.defer(deps.memory.rollback);

  const found = await survey(deps);
  const prepared = await judgeWorld(await prepareAll(found, deps, stagedTrees, abort), found, deps);
  if (prepared.some(({ staged }) => staged !== undefined)) await letSignalsIn(abort);
  using ready = armAll(prepared, deps);
  deps.awaitRest();
  const published = ready.goLive(deps.onLive);

  const leaving = retirements(found, published, deps);
  for (const { staged } of leaving) stagedTrees.use(staged?.staging);
  using last = armAll(leaving, deps);
  const retired = last.goLive();

  const report = reportOf(found, [...published, ...retired], deps);
  deps.memory.record(report);
  deps.memory.commit();
  const changed = [...published, ...retired].flatMap(({ ref, staged }) => (ref && staged ? [ref] : []));
  deps.publisher?.prune(changed, deps.retention);
  deps.publisher?.keepFree();
  return report;
}

/** Few at a time: while the second thread reads packs, this one judges and stages those that were read. */
const IN_FLIGHT = 24;

/** Stops with the first failure that is not a pack's own, but not before everything under way has come to rest. */
async function prepareAll(
  found: Survey,
  deps: CycleDeps,
  stagedTrees: DisposableStack,
  abort: AbortSignal,
): Promise<Prepared[]> {
  const jobs = jobsOf(found, deps);
  const waiting = jobs.values();
  const prepared: Prepared[] = [];
  const worker = async (): Promise<void> => {
    for (const job of waiting) {
      if (job.looks.some(({ unchanged }) => !unchanged)) await letSignalsIn(abort);
      for (const result of await prepareClaims(job, deps)) {
        stagedTrees.use(result.staged?.staging);
        prepared.push(result);
      }
      deps.onProgress(prepared.length, jobs.length);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, worker));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return prepared;
}

/** Scanning blocks: only between two packs is a signal heard. */
async function letSignalsIn(abort: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  abort.throwIfAborted();
}

/** Who wants to be one pack, the one that wins first, and what is live of it. */
interface Job {
  readonly looks: readonly Look[];
  readonly record: PackRecord | undefined;
}

function jobsOf({ byRef, nameless, records }: Survey, deps: CycleDeps): Job[] {
  const claimed = [...byRef].filter(([ref]) => isWanted(ref, deps));
  const jobs = claimed.map(([ref, claims]) => ({ looks: claims.map(({ look }) => look), record: records.get(ref) }));
  const others = nameless.filter(({ directory }) => isWanted(directory, deps));
  return [...jobs, ...others.map((look) => ({ looks: [look], record: undefined }))];
}

/** A rejected pack shadows the one below it only if it has been live: a typo in a new pack stops nobody else's. */
async function prepareClaims({ looks, record }: Job, deps: CycleDeps): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  const isFree = isLeft(record, looks, deps);
  for (const look of looks) {
    const standing = isFree ? undefined : deps.attention.standing(look, record);
    const result = standing ?? (await prepare(look, record, deps));
    prepared.push(result);
    const isRefused = result.report.outcome === "rejected" || result.report.outcome === "failed";
    if (!isRefused || (record?.release !== undefined && record.source === look.source.name)) break;
  }
  return prepared;
}

/** The directory that a pack is live from has gone for good: who has its ref now takes its place at once. */
function isLeft(record: PackRecord | undefined, looks: readonly Look[], { attention }: CycleDeps): boolean {
  if (record?.release === undefined || record.source === undefined || record.directory === undefined) return false;
  const isThere = looks.some(({ source, directory }) => isLiveFrom(record, source.name, directory));
  return !isThere && attention.isDue(record.source, record.directory);
}

/** What there is to publish is ready to go live. Disposing leaves what did not as it was. */
function armAll(
  prepared: readonly Prepared[],
  deps: CycleDeps,
): Disposable & { goLive(onLive?: () => void): readonly Prepared[] } {
  const ready = prepared.flatMap(({ ref, dependencies, staged }) =>
    ref && staged ? [{ ref, dependencies, staged }] : [],
  );
  const startedMs = monotonicMs();
  const armed = deps.publisher?.arm(inDependencyOrder(ready).map(({ staged }) => staged));
  const armedMs = msSince(startedMs);
  return {
    goLive(onLive) {
      const goesMs = monotonicMs(); // what has not come to rest was waited for meanwhile
      const outcomes = armed?.goLive(onLive) ?? [];
      return publishedOf(prepared, outcomes, armedMs + msSince(goesMs));
    },
    [Symbol.dispose]: () => armed?.[Symbol.dispose](),
  };
}

function publishedOf(
  prepared: readonly Prepared[],
  outcomes: readonly GoLiveOutcome[],
  tookMs: number,
): readonly Prepared[] {
  const byRef = new Map(outcomes.map((outcome) => [outcome.ref, outcome]));
  return prepared.map((pack) => {
    const outcome = pack.ref && pack.staged && byRef.get(pack.ref);
    return outcome === undefined ? pack : { ...pack, report: afterGoingLive(pack.report, outcome, tookMs) };
  });
}

function afterGoingLive({ timings, ...report }: PackReport, outcome: GoLiveOutcome, tookMs: number): PackReport {
  const { diagnostics } = report;
  if (!outcome.live) return { ...report, outcome: "failed", diagnostics: [...diagnostics, failure(outcome.error)] };
  const took = timings && { timings: { ...timings, publish: wholeMicroseconds(tookMs) } };
  return { ...report, ...took, diagnostics: [...diagnostics, ...describeGoingLive(outcome)] };
}

/** What left its source, once what replaces it is live: a renamed pack whose new ref is rejected stays. */
function retirements({ gone, byRef }: Survey, published: readonly Prepared[], deps: CycleDeps): Prepared[] {
  const unasked = [...byRef].flatMap(([ref, claims]) => (isWanted(ref, deps) ? [] : claims));
  const isReplacedBy = (source: string | undefined, directory: string | undefined) =>
    published.find(({ report }) => report.source === source && report.directory === directory)?.report;
  return gone.flatMap(({ record, held }) => {
    if (held !== undefined || !isWanted(record.ref, deps)) return [];
    if (unasked.some(({ source, directory }) => isLiveFrom(record, source, directory))) return [];
    const successor = isReplacedBy(record.source, record.directory);
    if (successor !== undefined && successor.outcome !== "published" && successor.outcome !== "unchanged") return [];
    return [prepareRetirement(record, deps)];
  });
}

function isWanted(ref: string, { only }: CycleDeps): boolean {
  return only.length === 0 || only.includes(ref);
}

function reportOf(found: Survey, prepared: readonly Prepared[], deps: CycleDeps): CycleReport {
  const isAsked = ({ ref }: { readonly ref: string }) => isWanted(ref, deps);
  const held = found.gone.flatMap(({ record, held }) => (held ? [heldReport(record, held, deps)] : []));
  const staying = found.staying.map((record) => stayingReport(record, deps));
  const away = found.away.map((record) => awayReport(record, deps));
  const standing = [...held, ...away, ...staying, ...found.refused].filter(isAsked);
  const packs = [...prepared.map(({ report }) => report), ...standing];
  const isHidden = ({ ref, source }: Shadowed) => !packs.some((pack) => pack.ref === ref && pack.source === source);
  return {
    sources: found.sources,
    shadowed: found.shadowed.filter(isAsked).filter(isHidden),
    packs: packs.sort((a, b) => (a.ref < b.ref ? -1 : 1)),
  };
}
