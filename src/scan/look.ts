import { isSystemError } from "../errors.ts";
import { type Source, setDialect } from "./discover.ts";
import { type Fingerprint, isSameFingerprint, isUnchanged } from "./fingerprint.ts";
import { type IdentityResult, identifyBare, identifyManifest, readManifest } from "./identify.ts";
import type { KnownPack, PackIdentity } from "./store.ts";
import { keepsDirectoryTimes } from "./times.ts";
import { type ScanLimits, walkSource } from "./walk.ts";

/** A pack's directory in a source, by name. */
export interface SourceDirectory {
  readonly source: Source;
  readonly directory: string;
}

/**
 * A first look at a source directory, to know whose ref it claims before anything is published. `unchanged`: not a
 * stamp differs from the last scan, whose findings stand. `identity` is what it says now, or said last.
 */
export interface Look extends SourceDirectory {
  readonly unchanged: boolean;
  readonly known: KnownPack | undefined;
  readonly identity: PackIdentity | undefined;
}

/**
 * @param isSame whether nothing changed since the last scan, where somebody looked already
 * @returns `undefined` when the directory vanished since its source was listed
 */
export async function lookAt(
  at: SourceDirectory,
  known: KnownPack | undefined,
  isSame: boolean,
  limits: ScanLimits,
): Promise<Look | undefined> {
  if (isSame && known !== undefined) return { ...at, unchanged: true, known, identity: known.identity };
  const manifest = readManifest(rootOf(at), limits);
  if (manifest === "gone") return undefined;
  const { identity } = await identityOf(at, known, manifest);
  return { ...at, unchanged: false, known, identity: identity ?? known?.identity };
}

/** Whether a pack in its source still is what a walk saw. */
export function isStill(at: SourceDirectory, fingerprint: Fingerprint, limits: ScanLimits): boolean {
  try {
    if (keepsDirectoryTimes(at.source.path)) return isUnchanged(rootOf(at), fingerprint, limits);
    return isSameFingerprint(walkSource(rootOf(at), limits, Date.now()).fingerprint, fingerprint);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false; // whoever looks next says why
  }
}

/** Who the pack is, from its `pack.yaml` (its bytes, or the same as before), or from its directory's name without one. */
export async function identityOf(
  at: SourceDirectory,
  known: KnownPack | undefined,
  manifest: Uint8Array | "as before" | undefined,
): Promise<IdentityResult> {
  const dialect = setDialect(at.source, at.directory);
  if (manifest === "as before") return { identity: known?.identity, dialect, diagnostics: [] };
  if (manifest !== undefined) return identifyManifest(manifest, at.directory, dialect);
  return identifyBare(at.directory, known?.ownManifest === true || at.source.kind === "production");
}

export function rootOf({ source, directory }: SourceDirectory): string {
  return `${source.path}/${directory}`;
}
