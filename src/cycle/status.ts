import type { DatabaseSync } from "node:sqlite";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { HoldReason } from "../plan/hold.ts";
import { type PackRecord, readLedger } from "../publish/ledger.ts";
import type { VolumeView } from "../publish/view.ts";
import { type KnownPack, readScanStore } from "../scan/store.ts";
import { type LastCycle, readLastCycle } from "./journal.ts";
import type { Shadowed } from "./report.ts";

/**
 * Where a pack stands, as of the last cycle; docs/cli.md has the table. `live`: what the source says is what is live.
 * `invalid`: its last good release is live, its newest state is rejected. `rejected`: it was never live.
 */
export type PackState = "live" | "invalid" | "rejected" | "held" | "shadowed" | "missing" | "retired";

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
}

export interface Status {
  readonly sources: LastCycle["sources"];
  readonly packs: readonly PackStatus[];
}

/** What the last cycle left, read without the lock. */
export function readStatus(database: DatabaseSync, volume: VolumeView): Status {
  const last = readLastCycle(database);
  const records = [...readLedger(database).packs().values()];
  const store = readScanStore(database);
  const known = (last?.sources ?? []).flatMap(({ name }) => [...store.known(name).values()]);
  const held = new Map((last?.sources ?? []).map(({ name, held }) => [name, held]));
  const statuses = [
    ...records.map((record) => liveStatus(record, known, held, volume)),
    ...known
      .filter((pack) => pack.verdict === "rejected" && !records.some((record) => isFrom(record, pack)))
      .map(rejectedStatus),
    ...(last?.shadowed ?? []).map((shadowed) => shadowedStatus(shadowed, last)),
  ];
  return { sources: last?.sources ?? [], packs: statuses.sort((a, b) => (a.ref < b.ref ? -1 : 1)) };
}

function isFrom(record: PackRecord, { source, directory }: KnownPack): boolean {
  return record.release !== undefined && record.source === source && record.directory === directory;
}

type Held = ReadonlyMap<string, HoldReason | undefined>;

function liveStatus(record: PackRecord, known: readonly KnownPack[], held: Held, volume: VolumeView): PackStatus {
  const pack = known.find((each) => isFrom(record, each));
  const { ref, version, source, directory, release, publishedAt } = record;
  const isRejected = pack?.verdict === "rejected";
  const since = isRejected ? pack?.since : publishedAt;
  return {
    ref,
    version,
    source,
    directory,
    state: stateOf(record, isRejected, held, volume),
    release,
    since,
    findings: pack?.diagnostics ?? [],
  };
}

function stateOf(
  { ref, release, source = "" }: PackRecord,
  isRejected: boolean,
  held: Held,
  volume: VolumeView,
): PackState {
  if (release === undefined) return "retired";
  if (!volume.isLive(ref)) return "missing";
  if (isRejected) return "invalid";
  return held.get(source) === undefined ? "live" : "held";
}

/** A pack that was never good enough. */
function rejectedStatus({ source, directory, identity, since, diagnostics: findings }: KnownPack): PackStatus {
  const about = { ref: identity?.ref ?? directory, version: identity?.version, source, directory };
  return { ...about, state: "rejected", release: undefined, since, findings };
}

/** A pack that another source hides. */
function shadowedStatus({ ref, source }: Shadowed, last: LastCycle | undefined): PackStatus {
  const nothing = { version: undefined, directory: undefined, release: undefined };
  return { ...nothing, ref, source, state: "shadowed", since: last?.since, findings: [] };
}
