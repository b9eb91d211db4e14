import type { DatabaseSync } from "node:sqlite";
import type { CatalogState } from "../catalog/registrations.ts";
import type { Standing, Standings } from "../catalog/standing.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { HoldReason } from "../plan/hold.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { VolumeView } from "../publish/view.ts";
import { type JudgedPack, readJudged } from "../scan/store.ts";
import { placeKey } from "./attention.ts";
import { PINNED, pinnedFinding } from "./findings.ts";
import { type LastCycle, type Refused, readLastCycle } from "./journal.ts";
import type { Shadowed } from "./report.ts";

/**
 * Where a pack stands, as of the last cycle; docs/cli.md has the table. `live`: what the source says is what is live.
 * `pinned`: a rollback is. `mounted`: services read it in its source. `invalid`: its last good release is live, its newest state is rejected. `rejected`: it was never live.
 */
export type PackState =
  | "live"
  | "pinned"
  | "invalid"
  | "rejected"
  | "held"
  | "shadowed"
  | "missing"
  | "retired"
  | "mounted";

export interface PackStatus {
  readonly ref: string;
  readonly version: string | undefined;
  readonly source: string | undefined;
  readonly directory: string | undefined;
  readonly state: PackState;
  /** The live release. */
  readonly release: string | undefined;
  /** ISO time: since when its newest state is rejected, or when it was published. */
  readonly since: string | undefined;
  readonly findings: readonly Diagnostic[];
  /** Where its live release is registered. */
  readonly catalogs: readonly Standing[];
}

export interface Status {
  /** Attune's database as such, as it was found last. */
  readonly database: CatalogState | undefined;
  readonly sources: LastCycle["sources"];
  readonly packs: readonly PackStatus[];
}

/** What the last cycle left, read without the lock. */
export function readStatus(database: DatabaseSync, volume: VolumeView, standings: Standings): Status {
  const last = readLastCycle(database) ?? NO_CYCLE;
  const records = [...volume.packs().values()];
  const names = new Set(last.sources.map(({ name }) => name));
  const known = readJudged(database).filter(({ source }) => names.has(source));
  const byPlace = new Map(known.map((pack) => [placeKey(pack.source, pack.directory), pack]));
  const live = new Set(records.filter(isLive).map(placeOf));
  const isLiveOrRefused = ({ source, directory }: JudgedPack) =>
    live.has(placeKey(source, directory)) || last.refused.some(isAt(source, directory));
  const statuses = [
    ...records.map((record) => liveStatus(record, { last, byPlace, volume, standings })),
    ...known.filter((pack) => pack.verdict === "rejected" && !isLiveOrRefused(pack)).map(rejectedStatus),
    ...known.filter((pack) => pack.verdict === "valid" && isMounted(pack, last)).map(mountedStatus),
    ...last.refused.map((refused) => refusedStatus(refused, last)),
    ...last.shadowed.map((shadowed) => shadowedStatus(shadowed, last)),
  ];
  return {
    database: standings.attune,
    sources: last.sources,
    packs: statuses.sort((a, b) => (a.ref < b.ref ? -1 : 1)),
  };
}

const NO_CYCLE: LastCycle = { since: "", sources: [], shadowed: [], refused: [] };

function isLive({ release }: PackRecord): boolean {
  return release !== undefined;
}

/** Where what is live of it came from. */
function placeOf({ source = "", directory = "" }: PackRecord): string {
  return placeKey(source, directory);
}

function isAt(source: string | undefined, directory: string | undefined): (place: Refused) => boolean {
  return (place) => place.source === source && place.directory === directory;
}

interface Found {
  readonly last: LastCycle;
  readonly byPlace: ReadonlyMap<string, JudgedPack>;
  readonly volume: VolumeView;
  readonly standings: Standings;
}

function liveStatus(record: PackRecord, { last, byPlace, volume, standings }: Found): PackStatus {
  const pack = isLive(record) ? byPlace.get(placeOf(record)) : undefined;
  const { ref, version, source, directory, release, publishedAt } = record;
  const rejectedSince =
    pack?.verdict === "rejected" ? pack.since : isQuarrel(record, pack, last) ? last.since : undefined;
  const held = last.sources.find(({ name }) => name === source)?.held;
  const manifest = record.pinned === undefined ? undefined : volume.previous(ref);
  const pinned = manifest === undefined ? [] : [pinnedFinding(manifest)];
  return {
    ref,
    version,
    source,
    directory,
    state: stateOf(record, rejectedSince !== undefined, held, volume),
    release,
    since: rejectedSince ?? publishedAt,
    catalogs: release === undefined ? [] : standings.of(ref, release),
    findings: [...(pack?.diagnostics ?? []).filter(({ code }) => code !== PINNED), ...pinned],
  };
}

/** Its directory wants to be another pack of its source; or it is not there any more, and others quarrel about its ref. */
function isQuarrel(
  { ref, release, source, directory }: PackRecord,
  pack: JudgedPack | undefined,
  { refused }: LastCycle,
): boolean {
  const isRival = (each: Refused) => pack === undefined && each.ref === ref && each.source === source;
  return release !== undefined && refused.some((each) => isAt(source, directory)(each) || isRival(each));
}

function stateOf(
  { ref, release, pinned }: PackRecord,
  isRejected: boolean,
  held: HoldReason | undefined,
  volume: VolumeView,
): PackState {
  if (release === undefined) return "retired";
  if (!volume.isLive(ref)) return "missing";
  if (isRejected) return "invalid";
  if (pinned !== undefined) return "pinned";
  return held === undefined ? "live" : "held";
}

/** A pack that was never good enough. */
function rejectedStatus({ source, directory, identity, since, diagnostics: findings }: JudgedPack): PackStatus {
  const about = { ref: identity?.ref ?? directory, version: identity?.version, source, directory };
  return { ...about, state: "rejected", release: undefined, since, findings, catalogs: [] };
}

function isMounted({ source }: JudgedPack, { sources }: LastCycle): boolean {
  return sources.some(({ name, mode }) => name === source && mode === "mounted");
}

function mountedStatus(pack: JudgedPack): PackStatus {
  return { ...rejectedStatus(pack), state: "mounted" };
}

/** A pack whose ref another directory of its source has. */
function refusedStatus({ diagnostics: findings, ...about }: Refused, { since }: LastCycle): PackStatus {
  return { ...about, state: "rejected", release: undefined, since, findings, catalogs: [] };
}

/** A pack that another source hides. */
function shadowedStatus({ ref, source }: Shadowed, { since }: LastCycle): PackStatus {
  return { ...NOTHING, ref, source, state: "shadowed", since, findings: [], catalogs: [] };
}

const NOTHING = { version: undefined, directory: undefined, release: undefined };
