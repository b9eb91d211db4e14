import { PacksyncError } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import { type Claim, type Claims, resolveClaims } from "../plan/claims.ts";
import { type HoldReason, holdReason, installedHoldReason } from "../plan/hold.ts";
import { INSTALLED } from "../plan/installed.ts";
import type { PackRecord } from "../publish/ledger.ts";
import { KEPT, NO_SOURCE } from "../publish/manifest.ts";
import type { SourceListing } from "../scan/discover.ts";
import { BARE_VERSION } from "../scan/identify.ts";
import type { Look, SourceDirectory } from "../scan/look.ts";
import type { Place } from "../scan/scanner.ts";
import type { KnownPack } from "../scan/store.ts";
import { placeKey } from "./attention.ts";
import type { CycleDeps } from "./deps.ts";
import { duplicateRef, heldFinding, pinnedFinding } from "./findings.ts";
import { isLiveFrom } from "./live-from.ts";
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
  /** Retired packs that are live by a rollback, and those that a person keeps: their source does not have them, and they stay. */
  readonly staying: readonly PackRecord[];
  /** Live packs whose source has them no more. */
  readonly gone: readonly { readonly record: PackRecord; readonly held: HoldReason | undefined }[];
  /** The same, but their going has not come to rest: they may be back in a moment. */
  readonly away: readonly PackRecord[];
}

/**
 * Looks into every source once and settles whose each ref is, what left, and what of that has to wait for a person.
 *
 * @throws PacksyncError `USAGE` when one of the refs that are wanted is nobody's.
 */
export async function survey(deps: CycleDeps): Promise<Survey> {
  const records = deps.volume.packs();
  const present = [...records.values()].filter(({ release }) => release !== undefined);
  const live = present.filter((record) => !isBroughtBack(record));
  const listings = deps.sources.map((source) => ({ source, known: knownOf(source.name, live, deps) }));
  const found = listings.map(({ source, known }) => ({ known, listing: deps.scanner.discover(source, known) }));
  for (const each of found) forgetGone(each, deps);
  const looks = await lookAtAll(found, deps);

  const liveFrom = new Map(live.map((record) => [placeKey(record.source ?? "", record.directory ?? ""), record]));
  const claims = looks.flatMap((look) => claimOf(look, liveFrom, deps) ?? []);
  const claimed = new Set(claims.map(({ look }) => look));
  const nameless = looks.filter((look) => !claimed.has(look));
  const isOwner = ({ ref, source, directory }: LookClaim) => isLiveFrom(records.get(ref), source, directory);
  const { byRef, duplicates } = withoutHeirs(resolveClaims(claims, isOwner), records);
  const names = [...byRef.keys(), ...present.map(({ ref }) => ref), ...nameless.map(({ directory }) => directory)];
  refuseUnknown(new Set(names), found, deps);

  const behind = leftBehind(live, { byRef, duplicates });
  const kept = [...behind].filter(isKept);
  const left = behind.difference(new Set(kept));
  const judged = found.map(({ listing }) => judge(listing, live, left, deps));
  const isAway = ({ source = "", directory = "" }: PackRecord) => !deps.attention.isDue(source, directory);
  const leaving = judged.flatMap(({ gone, report: { held } }) => gone.map((record) => ({ record, held })));
  return {
    sources: judged.map(({ report }) => report),
    records,
    byRef,
    shadowed: shadowedBy(byRef),
    nameless,
    refused: duplicates.map(({ claim, other }) => refusedReport(claim, other, records.get(claim.ref))),
    staying: [...present.filter((record) => isBroughtBack(record) && !byRef.has(record.ref)), ...kept],
    gone: leaving.filter(({ record, held }) => held !== undefined || !isAway(record)),
    away: leaving.filter(({ record, held }) => held === undefined && isAway(record)).map(({ record }) => record),
  };
}

function isBroughtBack({ pinned }: PackRecord): boolean {
  return pinned === NO_SOURCE;
}

function isKept({ pinned }: PackRecord): boolean {
  return pinned === KEPT;
}

/** What is remembered of a source's directories; where that was lost with the database, what the ledger says of live packs. */
function knownOf(source: string, live: readonly PackRecord[], { store }: CycleDeps): ReadonlyMap<string, KnownPack> {
  const known = store.known(source);
  const lost = live.flatMap((record) => {
    const isLost = record.source === source && !known.has(record.directory ?? "");
    return isLost && record.directory !== undefined ? [knownFromLedger(record, source, record.directory)] : [];
  });
  return new Map([...known, ...lost.map((pack) => [pack.directory, pack] as const)]);
}

/** It is scanned afresh, but still is that pack, and had a `pack.yaml` of its own unless its version says otherwise. */
function knownFromLedger({ ref, version, publishedAt }: PackRecord, source: string, directory: string): KnownPack {
  const identity = { ref, version, dependencies: [] };
  const about = {
    fingerprint: undefined,
    revision: "",
    verdict: "valid",
    since: publishedAt,
    diagnostics: [],
  } as const;
  return { source, directory, identity, ownManifest: version !== BARE_VERSION, ...about };
}

/** A directory that is gone for good is not known any more: the next one of that name starts afresh. */
function forgetGone({ listing: { source, state, packs }, known }: Found, { store, attention }: CycleDeps): void {
  if (state !== "listed") return;
  const present = new Set(packs);
  const gone = [...known.keys()].filter((directory) => !present.has(directory));
  for (const directory of gone) if (attention.isDue(source.name, directory)) store.forget(source.name, directory);
}

type Found = { readonly listing: SourceListing; readonly known: ReadonlyMap<string, KnownPack> };

/** What nobody has reason to look at is as it was. */
async function lookAtAll(found: readonly Found[], { scanner, attention }: CycleDeps): Promise<Look[]> {
  const places = found.flatMap(({ listing: { source, packs }, known }) =>
    packs.map((directory) => ({ at: { source, directory }, known: known.get(directory) })),
  );
  const isDue = ({ at, known }: Place) => known === undefined || attention.isDue(at.source.name, at.directory);
  const looked = new Map((await scanner.look(places.filter(isDue))).map((look) => [keyOf(look), look]));
  return places.flatMap((place) => {
    if (isDue(place) || place.known === undefined) return looked.get(keyOf(place.at)) ?? [];
    return [{ ...place.at, unchanged: true, known: place.known, identity: place.known.identity }];
  });
}

function keyOf({ source, directory }: SourceDirectory): string {
  return placeKey(source.name, directory);
}

/** A directory whose `pack.yaml` says nothing usable still is what it was: nothing of it may be retired. */
function claimOf(look: Look, liveFrom: ReadonlyMap<string, PackRecord>, deps: CycleDeps): LookClaim | undefined {
  const { source, directory, identity } = look;
  if (source.mode === "mounted") return undefined; // nothing of it is in the volume
  const live = liveFrom.get(placeKey(source.name, directory));
  const ref = identity?.ref ?? live?.ref;
  if (ref === undefined) return undefined;
  return { ref, source: source.name, directory, rank: deps.sources.indexOf(source), look };
}

/** While directories of its source quarrel about a live pack it stays as it is: no source below inherits it. */
function withoutHeirs({ byRef, duplicates }: Claims<LookClaim>, records: Survey["records"]): Claims<LookClaim> {
  const disputed = duplicates.flatMap(({ claim: { ref, source, rank } }): [PackRef, LookClaim[]][] => {
    const { release, source: from } = records.get(ref) ?? {};
    const accepted = byRef.get(ref) ?? [];
    const isLeaderless = release !== undefined && from === source && !accepted.some((claim) => claim.source === source);
    return isLeaderless ? [[ref, accepted.filter((claim) => claim.rank > rank)]] : [];
  });
  return { byRef: new Map([...byRef, ...disputed]), duplicates };
}

/** Live packs that nobody wants to be any more; not while their directory wants to be one that it may not be. */
function leftBehind(live: readonly PackRecord[], { byRef, duplicates }: Claims<LookClaim>): ReadonlySet<PackRecord> {
  const refused = new Set(duplicates.map(({ claim }) => placeKey(claim.source, claim.directory)));
  return new Set(
    live.filter(
      ({ ref, source, directory }) => !byRef.has(ref) && !refused.has(placeKey(source ?? "", directory ?? "")),
    ),
  );
}

/** A misspelt ref must not pass for a pack with nothing to do; while a source is not there, nobody knows. */
function refuseUnknown(known: ReadonlySet<string>, found: readonly Found[], { only }: CycleDeps): void {
  const unknown = only.filter((ref) => !known.has(ref)).map((ref) => `\`${ref}\``);
  const isWhole = found.every(({ listing: { source, state } }) => state === "listed" || source.kind === "development");
  if (unknown.length === 0 || !isWhole) return;
  throw new PacksyncError("USAGE", `No source has a pack ${unknown.join(" or ")}, and the volume has none from them.`, {
    hint: "Run `packsync plan` without names to see all.",
  });
}

function shadowedBy(byRef: Survey["byRef"]): Shadowed[] {
  return [...byRef].flatMap(([ref, [winner, ...others]]) =>
    others.map(({ source }) => ({ ref, source, by: winner?.source ?? "" })),
  );
}

function judge(listing: SourceListing, live: readonly PackRecord[], left: ReadonlySet<PackRecord>, deps: CycleDeps) {
  const { source, state, isEmpty, diagnostics } = listing;
  const had = live.filter((record) => record.source === source.name);
  const gone = had.filter((record) => left.has(record));
  const renamed = gone.filter(({ directory }) => directory !== undefined && listing.packs.includes(directory));
  const vanished = gone.length - renamed.length;
  const seen = { kind: source.kind, state, isEmpty, had: had.length, vanished };
  const reason = source.name === INSTALLED ? installedHoldReason(seen) : holdReason(seen);
  const held = deps.allowRemovals ? undefined : reason;
  const { name, path, kind, mode } = source;
  const report: SourceReport = { name, path, kind, ...(mode && { mode }), state, held, diagnostics };
  return { report, gone };
}

function refusedReport(
  { ref, source, directory, look }: LookClaim,
  other: string,
  record: PackRecord | undefined,
): PackReport {
  const about = { ref, source, directory, kind: look.source.kind, version: look.identity?.version } as const;
  const diagnostics = [duplicateRef(ref, source, other)];
  return { ...about, outcome: "rejected", release: record?.release, changes: NO_CHANGES, diagnostics };
}

/** A pack that waits for a person. */
export function heldReport(record: PackRecord, held: HoldReason, deps: CycleDeps): PackReport {
  return { ...aboutRecord(record, deps), outcome: "held", changes: NO_CHANGES, diagnostics: [heldFinding(held)] };
}

/** A pack that may be back in a moment. */
export function awayReport(record: PackRecord, deps: CycleDeps): PackReport {
  return { ...aboutRecord(record, deps), outcome: "waiting", changes: NO_CHANGES, diagnostics: [] };
}

export function stayingReport(record: PackRecord, deps: CycleDeps): PackReport {
  const manifest = deps.volume.previous(record.ref);
  const diagnostics = manifest === undefined ? [] : [pinnedFinding(manifest)];
  return { ...aboutRecord(record, deps), outcome: "unchanged", changes: NO_CHANGES, diagnostics };
}

function aboutRecord({ ref, source = "", directory = "", version, release }: PackRecord, { sources }: CycleDeps) {
  const kind = sources.find(({ name }) => name === source)?.kind ?? "production";
  return { ref, source, directory, kind, version, release } as const;
}
