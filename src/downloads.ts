import { join } from "node:path";
import { openCache } from "./install/cache.ts";
import { type Downloads, downloadPacks } from "./install/download.ts";
import { LIMITS } from "./install/limits.ts";

/** What a download takes, as whoever asks for it says it. */
export interface DownloadOrder {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly ref: string | undefined;
  readonly timeoutSeconds: number;
  /** In order: the first one that has a pack gives it. */
  readonly registries: readonly string[];
  /** Hosts that may have private addresses. */
  readonly allowed: readonly string[];
  readonly tls: "verified" | "unverified";
  readonly plainHttp: "allowed" | "refused";
  /** Where downloads are kept; without it none are. */
  readonly cache: string | undefined;
  readonly cwd: string;
}

/** All that is kept of downloads; in bytes. */
const CACHE_BYTES = 2 ** 30;

/** Where downloads of this user are kept; `undefined`: nobody knows where. */
export function usualCache(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const home = env["HOME"];
  const base = env["XDG_CACHE_HOME"] || (home === undefined ? undefined : join(home, ".cache"));
  return base === undefined ? undefined : join(base, "packsync");
}

/** Composition root of the download: fetches packs into a directory, for whoever installs them next. */
export async function download(order: DownloadOrder, abort: AbortSignal): Promise<Downloads> {
  const { allowed, tls, plainHttp, registries, cache, cwd } = order;
  const deps = {
    cwd,
    cache: cache === undefined ? undefined : openCache(cache, CACHE_BYTES),
    limits: LIMITS,
    network: { allowed, tls },
    now: Date.now,
    registries: registries.map((url, priority) => ({ url, priority, plainHttp })),
  };
  return await downloadPacks(order, deps, abort);
}
