import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackRef } from "../pack/ref.ts";
import { type Claim, resolveClaims } from "../plan/claims.ts";
import { type HoldReason, holdReason } from "../plan/hold.ts";
import type { PackRecord } from "../publish/ledger.ts";
import type { SourceListing } from "../scan/discover.ts";
import type { Look } from "../scan/look.ts";
import type { CycleDeps } from "./deps.ts";
import { NO_CHANGES, type PackReport, type Shadowed, type SourceReport } from "./report.ts";

/** A source directory with the ref it claims. */
export interface LookClaim extends Claim {
  readonly look: Look;
}

/** Everything a cycle has to decide about, before it touches anything. */
export interface Survey {
  readonly sources: readonly SourceReport[];
  readonly records: ReadonlyMap<PackRef, PackRecord>;
  /** Who wants to be which pack, the one that wins first. */
  readonly byRef: ReadonlyMap<PackRef, readonly LookClaim[]>;
  readonly shadowed: readonly Shadowed[];
  /** Directories that say nothing usable, and never did: a scan finds out why. */
  readonly nameless: readonly Look[];
  /** Directories whose ref another one of the same source has. */
  readonly refused: readonly PackReport[];
  /** Live packs whose source has them no more. */
  readonly gone: readonly { readonly record: PackRecord; readonly held: HoldReason | undefined }[];
}

/** Looks into every source once and settles whose each ref is, what left, and what of that has to wait for a person. */
export async function survey(deps: CycleDeps): Promise<Survey> {
  const records = deps.volume.packs();
  const listings = deps.sources.map((source) => ({ source, known: deps.store.known(source.name) }));
  const found = listings.map(({ source, known }) => ({ known, listing: deps.scanner.discover(source, known) }));
  for (const each of found) forgetGone(each, deps);
  const looks = await lookAtAll(found, deps);

  const liveFrom = new Map(
    Array.from(records.values(), (record) => [placeKey(record.source, record.directory), record]),
  );
  const claims = looks.flatMap((look) => claimOf(look, liveFrom, deps) ?? []);
  const claimed = new Set(claims.map(({ look }) => look));
  const isOwner = ({ ref, source, directory }: LookClaim): boolean =>
    records.get(ref)?.source === source && records.get(ref)?.directory === directory;
  const { byRef, duplicates } = resolveClaims(claims, isOwner);

  const judged = found.map(({ listing }) => judge(listing, records, byRef, deps));
  return {
    sources: judged.map(({ report }) => report),
    records,
    byRef,
    shadowed: shadowedBy(byRef),
    nameless: looks.filter((look) => !claimed.has(look)),
    refused: duplicates.map(({ claim, other }) => refusedReport(claim, other)),
    gone: judged.flatMap(({ gone, report }) => gone.map((record) => ({ record, held: report.held }))),
  };
}

/** A directory that is gone is not known any more: the next one of that name starts afresh. */
function forgetGone({ listing: { source, state, packs }, known }: Found, { store }: CycleDeps): void {
  if (state !== "listed") return;
  const present = new Set(packs);
  for (const directory of known.keys()) if (!present.has(directory)) store.forget(source.name, directory);
}

type Found = { readonly listing: SourceListing; readonly known: ReturnType<CycleDeps["store"]["known"]> };

function lookAtAll(found: readonly Found[], { scanner }: CycleDeps): Promise<Look[]> {
  const places = found.flatMap(({ listing: { source, packs }, known }) =>
    packs.map((directory) => ({ at: { source, directory }, known: known.get(directory) })),
  );
  return scanner.look(places);
}

/** A directory whose `pack.yaml` says nothing usable still is what it was: nothing of it may be retired. */
function claimOf(look: Look, liveFrom: ReadonlyMap<string, PackRecord>, deps: CycleDeps): LookClaim | undefined {
  const { source, directory, identity } = look;
  const live = liveFrom.get(placeKey(source.name, directory));
  const ref = identity?.ref ?? live?.ref;
  if (ref === undefined) return undefined;
  return { ref, source: source.name, directory, rank: deps.sources.indexOf(source), look };
}

/** No directory name contains a slash. */
function placeKey(source = "", directory = ""): string {
  return `${source}/${directory}`;
}

function shadowedBy(byRef: Survey["byRef"]): Shadowed[] {
  return [...byRef].flatMap(([ref, [winner, ...others]]) =>
    others.map(({ source }) => ({ ref, source, by: winner?.source ?? "" })),
  );
}

function judge(listing: SourceListing, records: Survey["records"], byRef: Survey["byRef"], deps: CycleDeps) {
  const { source, state, isEmpty, diagnostics } = listing;
  const had = [...records.values()].filter(
    (record) => record.source === source.name && record.release !== undefined && record.origin === "sync",
  );
  const gone = had.filter(({ ref }) => (byRef.get(ref) ?? []).length === 0);
  const renamed = gone.filter(({ directory }) => directory !== undefined && listing.packs.includes(directory));
  const vanished = gone.length - renamed.length;
  const reason = holdReason({ kind: source.kind, state, isEmpty, had: had.length, vanished });
  const held = deps.allowRemovals ? undefined : reason;
  const { name, path, kind } = source;
  const report: SourceReport = { name, path, kind, state, held, diagnostics };
  return { report, gone };
}

function refusedReport({ ref, source, directory, look }: LookClaim, other: string): PackReport {
  const finding: Diagnostic = {
    severity: "error",
    code: "manifest.duplicate_ref",
    message: `\`${ref}\` is the ref of \`${other}\` in source \`${source}\` already`,
    file: "pack.yaml",
    hint: "Give one of them another `ref`.",
  };
  const about = { ref, source, directory, kind: look.source.kind, version: look.identity?.version } as const;
  return { ...about, outcome: "rejected", release: undefined, changes: NO_CHANGES, diagnostics: [finding] };
}

/** A pack that waits for a person. */
export function heldReport(record: PackRecord, held: HoldReason, { sources }: CycleDeps): PackReport {
  const { ref, source = "", directory = "", version, release } = record;
  const kind = sources.find(({ name }) => name === source)?.kind ?? "production";
  return {
    ref,
    source,
    directory,
    kind,
    version,
    outcome: "held",
    release,
    changes: NO_CHANGES,
    diagnostics: [heldFinding(held)],
  };
}

const HELD: Readonly<Record<HoldReason, string>> = {
  "root-absent": "the source's directory does not exist",
  "root-unreadable": "the source's directory cannot be read",
  emptied: "the source is empty although it had packs: is its disk mounted?",
  "mass-removal": "more than half of the source's packs vanished at once",
};

function heldFinding(held: HoldReason): Diagnostic {
  return {
    severity: "warning",
    code: "source.held",
    message: `not removed: ${HELD[held]}`,
    hint: "If it is meant, run once with --allow-removals.",
  };
}
