import type { Diagnostic } from "../pack/diagnostics.ts";
import type { PackRef } from "../pack/ref.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { rehash } from "../publish/history.ts";
import type { PackRecord } from "../publish/ledger.ts";
import { contentDigest, type Manifest } from "../publish/manifest.ts";
import type { VolumeView } from "../publish/view.ts";
import { scanLive } from "../scan/live.ts";
import type { Scanner } from "../scan/scanner.ts";
import type { KnownPack, ScanStore } from "../scan/store.ts";
import type { CycleDeps } from "./deps.ts";
import { type Drift, driftOf } from "./drift.ts";
import { notPublished } from "./history.ts";
import { describeVerification } from "./verify-findings.ts";

/** `drifted`: what is live is not what was published. `damaged`: only a release in history, or the memory of the source, is not. */
export type Verdict = "sound" | "drifted" | "damaged";

/** A release in history that cannot be gone back to. */
export interface DamagedRelease {
  readonly release: string;
  readonly paths: readonly string[];
}

/** What re-hashing found of one pack. */
export interface PackVerification {
  readonly ref: PackRef;
  readonly release: string | undefined;
  readonly verdict: Verdict;
  /** How many files were read: live ones, those of history, the source's. */
  readonly files: number;
  readonly drift: Drift;
  readonly damaged: readonly DamagedRelease[];
  /** The source's directory whose bytes are others although its stamps are the same. */
  readonly unnoticed: KnownPack | undefined;
  /** Trees of history that are no release's: others' files that had made room. */
  readonly kept: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface VerifyDeps extends Pick<CycleDeps, "sources" | "limits"> {
  readonly volume: VolumeView;
  readonly scanner: Scanner;
  readonly store: ScanStore;
  /** Called before each pack, for a person who waits. */
  readonly onProgress: CycleDeps["onProgress"];
}

/**
 * Reads every byte that packsync published, live and in history, and the sources', whatever stamps say. Changes nothing.
 *
 * @param refs empty: all
 * @throws PacksyncError `USAGE` for a pack that was never published
 */
export async function verifyPacks(refs: readonly string[], deps: VerifyDeps): Promise<readonly PackVerification[]> {
  const records = [...deps.volume.packs().values()];
  const unknown = refs.find((ref) => !records.some((record) => record.ref === ref));
  if (unknown !== undefined) throw notPublished(unknown);
  const wanted = records.filter(({ ref }) => refs.length === 0 || refs.includes(ref));
  const verified: PackVerification[] = [];
  for (const { ref } of wanted) {
    deps.onProgress(verified.length, wanted.length);
    verified.push(await verifyUntilStill(ref, deps));
  }
  return verified;
}

/** A pack that is published meanwhile by another packsync is verified again, but not for ever. */
const TRIES = 3;

async function verifyUntilStill(ref: PackRef, deps: VerifyDeps, tries = TRIES): Promise<PackVerification> {
  const before = deps.volume.packs().get(ref);
  if (before === undefined) throw notPublished(ref);
  const verified = await verifyPack(before, deps);
  const isStill = deps.volume.packs().get(ref)?.release === before.release;
  return isStill || tries <= 1 ? verified : await verifyUntilStill(ref, deps, tries - 1);
}

async function verifyPack(record: PackRecord, deps: VerifyDeps): Promise<PackVerification> {
  const { ref, release } = record;
  const { volume } = deps;
  const live = release === undefined ? undefined : volume.previous(ref);
  const adopted = volume.releases(ref).find(({ number }) => number === 0)?.root;
  const wasThere = (path: string) => adopted !== undefined && lstatIfAny(`${adopted}/${path}`) !== undefined;
  const drift = driftOf(live, volume.path(ref), wasThere);
  const history = damagedReleases(ref, volume);
  const source = live && (await verifySource(record, live, deps));
  const isDamaged = history.damaged.length > 0 || source?.unnoticed !== undefined;
  const found = {
    ref,
    release,
    verdict: drift.paths.length > 0 ? "drifted" : isDamaged ? "damaged" : "sound",
    files: Object.keys(live?.files ?? {}).length + history.files + (source?.files ?? 0),
    drift,
    damaged: history.damaged,
    unnoticed: source?.unnoticed,
    kept: volume.keptTrees(ref),
  } as const;
  return { ...found, diagnostics: describeVerification(found) };
}

function damagedReleases(ref: PackRef, volume: VolumeView) {
  const damaged: DamagedRelease[] = [];
  let files = 0;
  for (const known of volume.releases(ref)) {
    const { release, root, isLive, number } = known;
    const manifest = isLive || number === 0 || root === undefined ? undefined : known.manifest();
    if (root === undefined || manifest === undefined) continue;
    const { damaged: paths } = rehash(root, manifest.files, scanLive);
    files += Object.keys(manifest.files).length;
    if (paths.length > 0) damaged.push({ release, paths });
  }
  return { damaged, files };
}

/** Some mounts invent stamps and some tools keep them: only reading tells. What the next sync notices by itself is none of this. */
async function verifySource(record: PackRecord, live: Manifest, deps: VerifyDeps) {
  const { scanner, store, sources, limits } = deps;
  const source = sources.find(({ name }) => name === record.source);
  const known = source && store.known(source.name).get(record.directory ?? "");
  if (source === undefined || known === undefined) return undefined;
  if (record.applied?.startsWith(`${known.revision} `) !== true) return undefined; // the next sync reads it anyway
  const at = { source, directory: known.directory };
  const [look] = await scanner.look([{ at, known }]);
  if (look?.unchanged !== true) return undefined;
  const { snapshot } = await scanner.scan({
    at,
    known,
    files: {},
    facts: undefined,
    arch: [],
    limits,
    live: undefined,
    staging: undefined,
  });
  const isSame = contentDigest(Object.fromEntries(snapshot.files)) === live.content;
  return { files: snapshot.files.size, unnoticed: isSame ? undefined : known };
}
