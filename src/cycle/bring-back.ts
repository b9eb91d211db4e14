import { isSystemError, PacksyncError } from "../errors.ts";
import type { PackRef } from "../pack/ref.ts";
import type { FileEntry, FileIdentity, LiveSnapshot } from "../pack/snapshot.ts";
import { originOf } from "../plan/installed.ts";
import type { Change } from "../plan/plan.ts";
import { forPack, type PreservePolicy } from "../plan/preserve.ts";
import { type EarlierState, planRestore, type RestorePlan } from "../plan/restore.ts";
import type { StagedRelease } from "../publish/go-live.ts";
import { rehash, withoutStamps } from "../publish/history.ts";
import type { Manifest } from "../publish/manifest.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { Staging } from "../publish/staging.ts";
import type { VolumeView } from "../publish/view.ts";
import { meets, scanLive } from "../scan/live.ts";
import { readOnce } from "../scan/read.ts";

/** What planning works with; bringing back needs the publisher, under the volume's lock. */
export interface BringBackDeps {
  readonly volume: VolumeView;
  readonly policy: PreservePolicy;
}

/** An earlier state of a pack that is to be live again, and what its release says of itself. */
export interface BringBack {
  readonly ref: PackRef;
  readonly previous: Manifest;
  readonly state: EarlierState;
  readonly about: Pick<Manifest, "version" | "dependencies" | "content"> &
    Partial<Pick<Manifest, "restores" | "pinned">>;
  /** Where others' files that come back stand. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Whether the live files' stamps are believed, or all are read. */
  readonly trust: "stamps" | "bytes";
}

/** A tree that may hold wanted bytes. Those of the volume's own trees are linked, a source's are copied. */
export interface Shelf {
  readonly root: string;
  readonly kind: "tree" | "source";
}

export interface PlannedBringBack extends BringBack {
  readonly live: LiveSnapshot | undefined;
  readonly plan: RestorePlan;
}

export function planBringBack(request: BringBack, { policy, volume }: BringBackDeps): PlannedBringBack {
  const { ref, previous, state, trust } = request;
  const wanted = new Set([...Object.keys(state.files), ...state.foreign]);
  const ledger = trust === "stamps" ? previous.files : withoutStamps(previous.files);
  const inspect = meets(wanted, new Set(state.directories));
  const live = scanLive({ root: volume.path(ref), ledger, inspect });
  return { ...request, live, plan: planRestore(state, live, previous, forPack(policy, ref)) };
}

/** A file on a shelf; `identity`: of one that can be linked. */
interface Place {
  readonly root: string;
  readonly identity: FileIdentity | undefined;
}

/** What has to come back → where its bytes are, verified just now. What is damaged everywhere is `missing`. */
export interface Found {
  readonly places: ReadonlyMap<string, Place>;
  readonly missing: readonly string[];
}

/** Shelves are asked in the order given. */
export function findFiles({ plan }: PlannedBringBack, shelves: readonly Shelf[]): Found {
  const places = new Map<string, Place>();
  const missing = new Map(plan.changes.filter(isWritten).map(({ path, next }) => [path, next]));
  for (const shelf of shelves) {
    if (missing.size === 0) break;
    for (const [path, identity] of soundOn(shelf, missing)) {
      places.set(path, { root: shelf.root, identity });
      missing.delete(path);
    }
  }
  return { places, missing: [...missing.keys()] };
}

/** A file whose mode somebody changed is not linked: the change would come along. */
function soundOn({ root, kind }: Shelf, files: ReadonlyMap<string, FileEntry>): ReadonlyMap<string, Place["identity"]> {
  if (kind === "source") {
    const copies = [...files].filter(([path, file]) => isIn(root, path, file));
    return new Map(copies.map(([path]) => [path, undefined]));
  }
  const { sound } = rehash(root, Object.fromEntries(files), scanLive);
  return new Map([...sound].filter(([path, { mode }]) => files.get(path)?.mode === mode));
}

function isIn(root: string, path: string, file: FileEntry): boolean {
  try {
    return copy(root, path, file, undefined).digest === file.digest;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

/** @param found where every file is that has to come back */
export function stageBringBack(
  { ref, previous, about, plan, live, foreign }: PlannedBringBack,
  { places }: Found,
  publisher: Publisher,
): StagedRelease {
  const place = publisher.place(ref);
  using owned = new DisposableStack();
  const staging = owned.use(publisher.open(place, new Map()));
  for (const directory of plan.directories) staging.makeDirectory(directory);
  for (const change of plan.changes) if (isWritten(change)) bring(change, places.get(change.path), staging);
  const staged = publisher.stage({
    ...about,
    kind: "publish",
    origin: originOf(previous.source?.name),
    ref,
    source: previous.source,
    number: place.number,
    applied: undefined,
    returning: new Map(plan.returning.map((path) => [path, foreign.get(path) ?? ""])),
    previous,
    staging,
    live,
    plan,
  });
  owned.move();
  return staged;
}

type Written = Extract<Change, { kind: "add" | "replace" }>;

export function isWritten(change: Change): change is Written {
  return change.kind === "add" || change.kind === "replace";
}

function bring({ path, next }: Written, place: Place | undefined, staging: Staging): void {
  if (place?.identity !== undefined) staging.restore(path, `${place.root}/${path}`, place.identity);
  else if (place === undefined || copy(place.root, path, next, staging).digest !== next.digest) throw changed(path);
}

function changed(path: string): PacksyncError {
  return new PacksyncError("PACK_BUSY", `\`${path}\` changed while it was brought back.`, {
    hint: "Run packsync again.",
    retryable: true,
  });
}

function copy(root: string, path: string, { size, mode }: FileEntry, staging: Staging | undefined): FileEntry {
  return readOnce({ path, real: `${root}/${path}`, size, executable: mode === 0o755 }, staging).entry;
}
