import type { Config } from "./config/config.ts";
import { type Attention, createStanding, EVERYTHING, placeKey, type Standing } from "./cycle/attention.ts";
import type { CycleDeps } from "./cycle/deps.ts";
import { recordCycle } from "./cycle/journal.ts";
import { type CycleNews, createNewsroom, findingsOf, type Newsroom } from "./cycle/news.ts";
import { type CycleReport, totalsOf } from "./cycle/report.ts";
import { PacksyncError } from "./errors.ts";
import type { PackRef } from "./pack/ref.ts";
import { monotonicMs } from "./platform/clock.ts";
import { begin, commit, rollback } from "./platform/database.ts";
import { waitAt } from "./platform/gate.ts";
import type { Log } from "./platform/log.ts";
import { beat, type Pulse } from "./platform/pulse.ts";
import { isUnchecked } from "./publish/installed.ts";
import type { Publisher } from "./publish/publisher.ts";
import { reconcile } from "./reconciler.ts";
import type { CycleRequest, SyncRequest } from "./requests.ts";
import { sizeOf } from "./scan/fingerprint.ts";
import type { Look } from "./scan/look.ts";
import type { Scanner } from "./scan/scanner.ts";
import type { ScanStore } from "./scan/store.ts";
import { sourcesIn } from "./sources.ts";
import { scanLimits } from "./threaded-scanner.ts";
import { layoutOf, policyOf, type VolumeSession } from "./volume-session.ts";

/** What a request is done with, beside the volume. */
export interface Performing {
  readonly config: Config;
  readonly log: Log;
  readonly scanner: Scanner;
  readonly onProgress: CycleDeps["onProgress"];
  readonly memory: CyclesMemory;
  /** Shows that it gets on; unset: nobody looks. */
  readonly pulse?: Pulse;
}

/** What one cycle leaves to the next one of the same process. */
export interface CyclesMemory {
  readonly standing: Standing;
  readonly newsroom: Newsroom;
  /** Packs whose history grew: it is pruned when nobody waits. */
  readonly toPrune: Set<PackRef>;
}

export function createCyclesMemory(): CyclesMemory {
  return { standing: createStanding(), newsroom: createNewsroom(), toPrune: new Set() };
}

/** One cycle about everything: `--once`, `sync`. */
export async function syncAll(
  request: SyncRequest,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<CycleReport> {
  return await runCycle({ ...request, attention: EVERYTHING }, session, how, abort);
}

/** One cycle of the daemon's, about what there is reason to look at. Its progress is that readers have what is new: a message for each pack would cost as much as looking at it. */
export async function cycleAbout(
  request: CycleRequest,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<CycleNews> {
  const started = monotonicMs();
  const { due, next } = dueOf(request, session.store);
  const looked = observed(how.scanner, how.memory.standing);
  const attention = how.memory.standing.attention(due);
  const { allowRemovals, only, history } = how.config;
  const { toPrune } = how.memory;
  const { prune, ...acting } = session.publisher;
  const publisher: Publisher = {
    ...acting,
    prune(refs) {
      for (const ref of refs) toPrune.add(ref);
      return 0;
    },
  };
  const awaitRest = request.look === "places" && request.gate !== undefined ? untilRest(request.gate) : () => {};
  const asked = { allowRemovals, only, attention, awaitRest, onLive: () => how.onProgress(0, 0) };
  const onProgress = () => void (how.pulse && beat(how.pulse));
  const quietly = { ...how, scanner: looked.scanner, onProgress };
  const report = await runCycle(asked, { ...session, publisher }, quietly, abort);
  if (request.look !== "places") {
    prune(toPrune, history);
    toPrune.clear();
  }
  return {
    sources: report.sources,
    shadowed: report.shadowed,
    packs: how.memory.newsroom.newsOf(report),
    waiting: report.packs
      .filter((pack) => pack.outcome === "waiting" && due.isDue(pack.source, pack.directory))
      .map(keyOf),
    changed: [...looked.changed],
    totals: totalsOf(report.packs),
    findings: findingsOf(report),
    durationMs: monotonicMs() - started,
    cpuMs: looked.cpuMs(),
    next,
  };
}

type Asked = SyncRequest & Pick<CycleDeps, "attention"> & Partial<Pick<CycleDeps, "awaitRest" | "onLive">>;

function untilRest(gate: SharedArrayBuffer): CycleDeps["awaitRest"] {
  return () => {
    if (!waitAt(gate)) throw new PacksyncError("STOPPED", "What was looked at ahead was touched again.");
  };
}

/** One cycle under the lock, and what is remembered of it. */
export async function runCycle(
  asked: Asked,
  { database, publisher, store }: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<CycleReport> {
  let isCommitted = false;
  const memory = {
    begin: () => begin(database),
    record: (report: CycleReport) => recordCycle(database, report, asked.only, new Date()),
    commit: () => {
      commit(database);
      isCommitted = true;
    },
    rollback: () => {
      if (isCommitted) return; // what was read of the ledger stays good
      if (database.isTransaction) store.refresh();
      rollback(database);
    },
  };
  const { scanner, onProgress } = how;
  const parts = { scanner, store, volume: publisher, publisher, memory, onProgress, ...asked };
  const settings = settingsOf(how.config);
  const report = await reconcile({ ...settings, ...parts }, abort);
  const known = new Map(settings.sources.map(({ name }) => [name, store.known(name)]));
  how.memory.standing.keep(report, {
    known: (source, directory) => known.get(source)?.get(directory),
    records: publisher.packs(),
  });
  return report;
}

/** What the configuration says of a cycle. */
export function settingsOf(config: Config) {
  const { adopt, history, watch } = config;
  const layout = layoutOf(config);
  return {
    sources: sourcesIn(layout, config),
    adopt,
    unchecked: (ref: string) => isUnchecked(layout, ref),
    drift: watch.drift,
    policy: policyOf(config),
    route: undefined,
    awaitRest: () => {},
    onLive: () => {},
    limits: scanLimits(config),
    retention: history,
    now: () => new Date(),
  };
}

function keyOf({ source, directory }: CycleReport["packs"][number]): string {
  return placeKey(source, directory);
}

/** A slice of a source ends with the pack that makes it so many files and directories: some 20 ms. */
const SLICE = 4000;

type Due = Pick<Attention, "isDue" | "isPatient">;

/** Whose turn it is. */
function dueOf(request: CycleRequest, store: ScanStore): { readonly due: Due; readonly next: string | undefined } {
  switch (request.look) {
    case "everything":
      return { due: EVERYTHING, next: undefined };
    case "places": {
      const [sources, places, patient] = [request.sources, request.places, request.patient].map(
        (keys) => new Set(keys),
      );
      const isDue: Due["isDue"] = (source, directory) =>
        sources?.has(source) === true || places?.has(placeKey(source, directory)) === true;
      const isPatient: Due["isPatient"] = (source, directory) =>
        patient?.has(source) === true || patient?.has(placeKey(source, directory)) === true;
      return { due: { isDue, isPatient }, next: undefined };
    }
    case "slice": {
      const { others, next } = sliceOf(request, store);
      const unsettled = new Set(request.unsettled);
      const isDue: Due["isDue"] = (source, directory) =>
        source === request.source && !others.has(directory) && !unsettled.has(placeKey(source, directory));
      return { due: { isDue, isPatient: isDue }, next };
    }
    default:
      return request satisfies never;
  }
}

type Slice = Extract<CycleRequest, { look: "slice" }>;

/** Directories nobody knows yet are looked at with every slice. `others`: what other slices look at. */
function sliceOf({ source, after }: Slice, store: ScanStore) {
  const known = store.known(source);
  const others = new Set(known.keys());
  let [paths, last]: [number, string | undefined] = [0, undefined];
  for (const directory of [...others].sort()) {
    if (after !== undefined && directory <= after) continue;
    if (paths >= SLICE) return { others, next: last };
    const { fingerprint } = known.get(directory) ?? {};
    paths += fingerprint === undefined ? SLICE : sizeOf(fingerprint);
    last = directory;
    others.delete(directory);
  }
  return { others, next: undefined };
}

/** A scanner, which packs it found changed, and what it cost to look: all of it when nothing was, for publishing is no cost of looking. */
function observed(scanner: Scanner, standing: Standing) {
  const changed = new Set<string>();
  const before = process.cpuUsage();
  const spentMs = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  let cpuMs = 0;
  // With the volume, what is known of its sources may be lost: a pack of the last cycle that nobody knows has not changed.
  const isForgotten = ({ known, source, directory }: Look): boolean =>
    known === undefined && standing.has(source.name, directory);
  const look: Scanner["look"] = async (places) => {
    const looks = await scanner.look(places);
    for (const each of looks)
      if (!each.unchanged && !isForgotten(each)) changed.add(placeKey(each.source.name, each.directory));
    cpuMs = spentMs();
    return looks;
  };
  return { scanner: { ...scanner, look }, changed, cpuMs: () => (changed.size === 0 ? spentMs() : cpuMs) };
}
