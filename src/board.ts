import type {
  ComponentRow,
  DaemonDocument,
  DiffDocument,
  FilesDocument,
  OverviewDocument,
  PackDocument,
  PackRow,
} from "./board/documents.ts";
import type { FilesPart } from "./board/files.ts";
import { createForeign } from "./board/foreign.ts";
import { createLastStages } from "./board/last-stages.ts";
import { type BoardPack, boardPacks } from "./board/packs.ts";
import { pipelineOf } from "./board/pipeline.ts";
import { serviceRows } from "./board/services.ts";
import { sourceRows } from "./board/sources.ts";
import { packComponents, packDiff, packDocument, packFiles } from "./board-pack.ts";
import { type EmbeddedSummary, readEmbedded } from "./catalog/embedded.ts";
import { readStandings } from "./catalog/standing.ts";
import type { Config } from "./config/config.ts";
import { daemonStatus as statusOf } from "./control/client.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import { readLastCycle } from "./cycle/journal.ts";
import { readStatus } from "./cycle/status.ts";
import { eventPage, keptSafely, lastKept } from "./events/history.ts";
import { coalesced } from "./platform/coalesced.ts";
import { printableName } from "./platform/names.ts";
import { VERSION } from "./platform/version.ts";
import { readLedger } from "./publish/ledger.ts";
import { viewVolume } from "./publish/view.ts";
import { attuneSettings } from "./registration.ts";
import { countKnown } from "./scan/store.ts";
import { readDeliveriesBriefly, readLastTold, readQuarantined } from "./signal/deliveries.ts";
import { FAILED_AFTER, queueOf, viewsOf } from "./signal/view.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Composition root of what the dashboard shows; it takes no lock. */
export interface Board {
  /** How the daemon and all around it are; without one, as it was left. */
  daemonStatus(): Promise<DaemonDocument>;
  overview(): Promise<OverviewDocument>;
  /** Also of a pack that is not registered, rejected, shadowed or foreign; `undefined`: nobody knows it. */
  packDetail(ref: string, source: string | undefined): Promise<PackDocument | undefined>;
  /** `undefined`: nobody knows the pack. */
  packFiles(ref: string, part: FilesPart): Promise<FilesDocument | undefined>;
  packComponents(ref: string): Promise<readonly ComponentRow[] | undefined>;
  /** @param releases ids or numbers, as `packsync diff` takes them. `undefined`: there are no two such */
  releaseDiff(ref: string, releases: readonly string[]): Promise<DiffDocument | undefined>;
}

export interface BoardOptions {
  readonly config: Config;
  /** What keeps packsync from being ready, a sentence each. */
  readonly faults: (daemon: DaemonStatus | undefined) => Promise<readonly string[]>;
}

export function boardOf({ config, faults }: BoardOptions): Board {
  const foreign = createForeign();
  const lastStages = createLastStages((query) => keptSafely(() => eventPage(config.stateDir, query), []));
  const daemonStatus = async (): Promise<DaemonDocument> => {
    const daemon = await statusOf(config.stateDir);
    const about = aboutDaemon(daemon, await faults(daemon));
    return { ...about, pipeline: pipelineOf(daemon, lastStages()), ...(await aroundDaemon(config, daemon)) };
  };
  const allPacks = async () => {
    const { packs, records, database } = await packsOf(config);
    const others = await foreign.rows(layoutOf(config).root, (name) => records.has(name));
    return { packs: [...packs, ...others.map(foreignPack)], database };
  };
  const isKnown = async (ref: string) => (await allPacks()).packs.some(({ row }) => row.ref === ref);
  const overview = async (): Promise<OverviewDocument> => {
    const lastEventId = keptSafely(() => lastKept(config.stateDir), 0); // first: what happens meanwhile is news
    const daemon = await daemonStatus();
    const { packs, database } = await allPacks();
    const rows = packs.map(({ row }) => row);
    return {
      volume: printableName(config.volume),
      last_event_id: lastEventId,
      daemon,
      database,
      packs: rows.sort((a, b) => (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0)),
    };
  };
  return {
    daemonStatus: coalesced(daemonStatus),
    async packDetail(ref, source) {
      const its = (await allPacks()).packs.filter(({ row }) => row.ref === ref);
      const pack = source === undefined ? foremost(its) : its.find((each) => each.source === source);
      return pack && (await packDocument(config, pack));
    },
    packFiles: async (ref, part) =>
      (await packFiles(config, ref, part)) ??
      ((await isKnown(ref)) ? { release: null, files: [], total: 0 } : undefined),
    packComponents: async (ref) => (await packComponents(config, ref)) ?? ((await isKnown(ref)) ? [] : undefined),
    releaseDiff: (ref, releases) => packDiff(config, ref, releases),
    overview: coalesced(overview),
  };
}

function foreignPack(row: PackRow): BoardPack {
  return { row, findings: [], catalogs: [], source: undefined, directory: undefined };
}

/** Of several rows of one ref the one that people mean: what is live, else what wants to be. */
function foremost(packs: readonly BoardPack[]): BoardPack | undefined {
  const last: readonly string[] = ["retired", "shadowed"];
  return (
    packs.find(({ row }) => !last.includes(row.state) && row.release !== null) ??
    packs.find(({ row }) => !last.includes(row.state)) ??
    packs[0]
  );
}

function aboutDaemon(daemon: DaemonStatus | undefined, faults: readonly string[]) {
  return {
    is_running: daemon !== undefined,
    version: daemon?.version ?? VERSION,
    pid: daemon?.pid ?? null,
    since: daemon?.since ?? null,
    trouble: daemon?.trouble ?? null,
    faults: [...faults],
    lag_ms: Math.round(daemon?.lagMs ?? 0),
    watches: daemon?.watches ?? 0,
    watches_allowed: daemon?.watchesAllowed ?? null,
    missed_events: daemon?.missedEvents ?? 0,
    last_cycle_at: daemon?.lastCycle?.at ?? null,
  };
}

/** Sources and services, by what the database has of them and what the daemon knows. */
function aroundDaemon(
  config: Config,
  daemon: DaemonStatus | undefined,
): Promise<Pick<DaemonDocument, "sources" | "services">> {
  const configured = config.sources;
  return reading(config, (database) => {
    if (database === undefined)
      return { sources: sourceRows({ configured, found: [], daemon, packs: new Map() }), services: [] };
    const deliveries = readDeliveriesBriefly(database);
    const views = daemon?.services ?? viewsOf(queueOf(deliveries), deliveries, { failedAfter: FAILED_AFTER });
    const found = readLastCycle(database)?.sources ?? [];
    return {
      sources: sourceRows({ configured, found, daemon, packs: countKnown(database) }),
      services: serviceRows(views, { ...deliveries, lastTold: readLastTold(database) }),
    };
  });
}

interface PacksSeen {
  readonly packs: readonly BoardPack[];
  readonly records: ReadonlyMap<string, unknown>;
  readonly database: OverviewDocument["database"];
}

function packsOf(config: Config): Promise<PacksSeen> {
  return reading(config, (database) => {
    if (database === undefined) return { packs: [], records: new Map(), database: null };
    const ledger = readLedger(database);
    const records = ledger.packs();
    const volume = viewVolume(layoutOf(config), { ...ledger, packs: () => records });
    const summaries = readEmbedded(database).packs();
    const registered = new Map<string, EmbeddedSummary>(summaries.map((pack) => [pack.ref, pack]));
    const isConfigured = attuneSettings(config) !== undefined;
    const standings = readStandings(database, isConfigured, (ref) => registered.get(ref));
    const status = readStatus(database, volume, standings);
    const quarantined = readQuarantined(database);
    const { database: attune } = status;
    return {
      packs: boardPacks({ status, records, registered, quarantined }),
      records,
      database: attune === undefined ? null : { state: attune.state, since: attune.since, why: attune.why ?? null },
    };
  });
}
