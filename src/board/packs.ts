import type { Standing } from "../catalog/standing.ts";
import type { PackStatus, Status } from "../cycle/status.ts";
import { todoOf, unpinning } from "../cycle/todo.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { printableName } from "../platform/names.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { Quarantined } from "../signal/deliveries.ts";
import type { PackRow } from "./documents.ts";

/** A row of the overview, with what only the pack's own page shows. */
export interface BoardPack {
  readonly row: PackRow;
  readonly findings: readonly Diagnostic[];
  readonly catalogs: readonly Standing[];
  /** Where it stands, as the database has the names. */
  readonly source: string | undefined;
  readonly directory: string | undefined;
}

/** What is known of packs beside where they stand. */
export interface PacksKnown {
  readonly status: Pick<Status, "packs">;
  readonly records: ReadonlyMap<string, PackRecord>;
  /** By ref, of registered packs. */
  readonly registered: ReadonlyMap<string, { readonly label: string; readonly dialect: string }>;
  readonly quarantined: readonly Quarantined[];
}

/** Every pack that the last cycle knew, in the order of {@link Status}. */
export function boardPacks(known: PacksKnown): BoardPack[] {
  return known.status.packs.map((pack) => {
    const { findings, catalogs, source, directory } = pack;
    return { row: rowOf(pack, known), findings, catalogs, source, directory };
  });
}

function rowOf(pack: PackStatus, known: PacksKnown): PackRow {
  const { ref, version, source, directory, release, since, findings, catalogs } = pack;
  const record = isPublished(pack) ? known.records.get(ref) : undefined;
  const registered = record?.release === undefined ? undefined : known.registered.get(ref);
  const isQuarantined = pack.state === "pinned" && known.quarantined.some((each) => isSame(each, ref, release));
  const count = (wanted: Diagnostic["severity"]) => findings.filter(({ severity }) => severity === wanted).length;
  return {
    ref: printableName(ref),
    version: version ?? null,
    label: registered?.label ?? null,
    source: source ?? null,
    directory: directory === undefined ? null : printableName(directory),
    dialect: registered?.dialect ?? null,
    state: isQuarantined ? "quarantined" : pack.state,
    origin: originOf(record),
    release: release ?? null,
    published_at: release === undefined ? null : (record?.publishedAt ?? null),
    since: since ?? null,
    errors: count("error"),
    warnings: count("warning"),
    is_registered: catalogs.length === 0 ? null : catalogs.every(({ state }) => state === "registered"),
    todo: (isQuarantined ? unpinning(ref) : todoOf(pack.state, ref)) ?? null,
  };
}

/** Its row stands for what the volume has of it, not for another directory that wants to be it. */
function isPublished({ state }: PackStatus): boolean {
  return state !== "rejected" && state !== "shadowed" && state !== "mounted";
}

function isSame(each: Quarantined, ref: string, release: string | undefined): boolean {
  return each.pack === ref && each.release === release;
}

function originOf(record: PackRecord | undefined): PackRow["origin"] {
  return record?.origin === "sync" || record?.origin === "install" ? record.origin : null;
}
