import { renameSync } from "node:fs";
import type { Network } from "./address.ts";
import type { DownloadCache, Remembered } from "./cache.ts";
import { type Checksum, checksumOf, checksumText, verifyFile } from "./checksum.ts";
import { type FetchRequest, fetchFile } from "./fetch.ts";
import { shownUrl } from "./shown-url.ts";

export interface GetDeps {
  readonly cache: DownloadCache | undefined;
  readonly network: Network;
  readonly now: () => number;
}

export interface GetRequest extends Omit<FetchRequest, "etag"> {
  /** What it has to be, if somebody said so. */
  readonly checksum?: Checksum | undefined;
  /** For so long nobody is asked again; in milliseconds. */
  readonly maxAgeMs?: number;
}

/**
 * Gets a file from the cache or over HTTP, and verifies it. What has a checksum is not asked for again; anything else is
 * revalidated by its ETag.
 *
 * @returns its sha256 as text
 */
export async function getFile(request: GetRequest, deps: GetDeps, abort: AbortSignal): Promise<string> {
  const { checksum, file, url } = request;
  const { cache, now } = deps;
  if (checksum === undefined) return checksumText(await revalidated(request, deps, abort));
  if ((await cache?.take(checksum, file, now())) !== true) {
    await fetchFile(request, deps.network, abort);
    await verifyFile(file, checksum, shownUrl(url));
    cache?.put(file, checksum, now());
  }
  return checksumText(await checksumOf(file, "sha256"));
}

async function revalidated(request: GetRequest, deps: GetDeps, abort: AbortSignal): Promise<Checksum> {
  const { url, file, maxAgeMs = 0 } = request;
  const { cache, network, now } = deps;
  const known = await takeKnown(request, deps);
  if (known !== undefined && now() - known.checkedAt < maxAgeMs) return asChecksum(known);
  const fresh = `${file}.fresh`;
  const fetched = await fetchFile({ ...request, file: fresh, etag: known?.etag }, network, abort);
  if (fetched.kind === "fetched") renameSync(fresh, file);
  const next = {
    etag: fetched.kind === "fetched" ? fetched.etag : known?.etag,
    sha256: (await checksumOf(file, "sha256")).hex,
    checkedAt: now(),
  };
  if (fetched.kind === "fetched") cache?.put(file, asChecksum(next), now());
  cache?.remember(url, next);
  return asChecksum(next);
}

/** What is in the cache for a URL, whole, is in the file then. */
async function takeKnown({ url, file }: GetRequest, { cache, now }: GetDeps): Promise<Remembered | undefined> {
  const known = cache?.remembered(url);
  if (known === undefined || (await cache?.take(asChecksum(known), file, now())) !== true) return undefined;
  return known;
}

function asChecksum({ sha256 }: Remembered): Checksum {
  return { algorithm: "sha256", hex: sha256 };
}
