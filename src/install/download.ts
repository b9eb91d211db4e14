import { randomUUID } from "node:crypto";
import { mkdirSync, realpathSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isSystemError, PacksyncError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { scratchDirectory } from "../platform/scratch.ts";
import { downloadFailed } from "./failure.ts";
import { type ObtainDeps, obtain, type SourceType } from "./obtain.ts";
import { type PackIdentity, readPackIdentity } from "./pack-root.ts";
import { shownUrl } from "./shown-url.ts";
import { parseSource } from "./source.ts";

export interface DownloadRequest {
  readonly sources: readonly string[];
  /** Each pack goes to `<destination>/<ref>`. */
  readonly destination: string;
  /** Branch, tag or commit, for git sources that name none. */
  readonly ref?: string | undefined;
  /** For each pack. */
  readonly timeoutSeconds: number;
  /** Told of each source, as it may be shown, before it is fetched. */
  readonly onSource?: ((source: string) => void) | undefined;
}

export type DownloadDeps = Omit<ObtainDeps, "scratch">;

export interface DownloadedPack {
  readonly source: string;
  readonly sourceType: SourceType;
  readonly packPath: string;
  readonly packRef: string;
  readonly packVersion: string;
  readonly gitCommit: string | undefined;
  readonly checksum: string;
}

export interface FailedDownload {
  readonly source: string;
  readonly error: string;
  readonly hint: string | undefined;
}

export interface Downloads {
  readonly downloaded: readonly DownloadedPack[];
  readonly failed: readonly FailedDownload[];
}

/**
 * The first stage of an installation: fetches packs, one after another, each whole or not at all. One that fails is
 * no reason to leave out the others. A pack that was downloaded before is replaced; anything else in its place is not.
 *
 * Sources are shown without their credentials.
 *
 * @throws the abort's reason, and the system's error when nothing can be written to `destination`
 */
export async function downloadPacks(
  request: DownloadRequest,
  deps: DownloadDeps,
  abort: AbortSignal,
): Promise<Downloads> {
  mkdirSync(request.destination, { recursive: true });
  const destination = realpathSync(request.destination);
  const downloaded: DownloadedPack[] = [];
  const failed: FailedDownload[] = [];
  for (const source of request.sources) {
    request.onSource?.(shownUrl(source));
    try {
      const taken = new Map(downloaded.map((each) => [each.packRef, each.source]));
      downloaded.push(await downloadPack(source, { ...request, destination }, taken, deps, abort));
    } catch (error) {
      abort.throwIfAborted();
      failed.push(failureOf(source, error));
    }
  }
  return { downloaded, failed };
}

async function downloadPack(
  text: string,
  { destination, ref, timeoutSeconds }: DownloadRequest,
  taken: ReadonlyMap<string, string>,
  deps: DownloadDeps,
  abort: AbortSignal,
): Promise<DownloadedPack> {
  const source = parseSource(text, ref);
  using scratch = scratchDirectory(".packsync-", destination);
  const obtainDeps = { ...deps, scratch: () => join(scratch.path, randomUUID()) };
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  const obtained = await obtain(source, obtainDeps, AbortSignal.any([abort, deadline])).catch((error: unknown) => {
    if (deadline.aborted) throw downloadFailed(`Expected the pack within ${timeoutSeconds} s, got no end`);
    throw error;
  });
  const { root, name, sourceType, checksum, gitCommit } = obtained;
  const identity = readPackIdentity(root);
  if (name !== undefined && name !== identity.ref)
    throw downloadFailed(`Expected the pack \`${name}\`, got \`${identity.ref}\` from where the registry leads`);
  const other = taken.get(identity.ref);
  if (other !== undefined) throw downloadFailed(`Expected each pack once, got \`${identity.ref}\` from ${other}, too`);
  const packPath = place(root, identity, destination, scratch.path);
  const { ref: packRef, version: packVersion } = identity;
  return { source: shownUrl(text), sourceType, packPath, packRef, packVersion, gitCommit, checksum };
}

/** RACE: between two renames there is no such pack. Nobody is told of it before. */
function place(root: string, { ref }: PackIdentity, destination: string, scratch: string): string {
  const target = join(destination, ref);
  const displaced = join(scratch, "displaced");
  if (lstatIfAny(target) !== undefined) {
    if (!isPack(target, ref))
      throw downloadFailed(
        `Expected \`${target}\` to be free or an earlier download of \`${ref}\`, got something else`,
      );
    renameSync(target, displaced);
  }
  try {
    renameSync(root, target);
  } catch (error) {
    if (lstatIfAny(displaced) !== undefined) renameSync(displaced, target);
    throw error;
  }
  return target;
}

function isPack(directory: string, ref: string): boolean {
  if (lstatIfAny(directory)?.isDirectory() !== true || lstatIfAny(join(directory, "pack.yaml"))?.isFile() !== true)
    return false;
  try {
    return readPackIdentity(directory).ref === ref;
  } catch (error) {
    if (error instanceof PacksyncError) return false;
    throw error;
  }
}

function failureOf(text: string, error: unknown): FailedDownload {
  const source = shownUrl(text);
  if (error instanceof PacksyncError) return { source, error: error.message, hint: error.hint };
  if (isSystemError(error)) return { source, error: error.message, hint: undefined };
  throw error;
}
