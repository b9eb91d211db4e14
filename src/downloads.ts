import { join, resolve } from "node:path";
import type { Config, RegistrySetting } from "./config/config.ts";
import { openCache } from "./install/cache.ts";
import { type DownloadDeps, type Downloads, downloadPacks } from "./install/download.ts";
import { LIMITS } from "./install/limits.ts";
import { DEFAULT_REGISTRY, type Registry } from "./install/registry.ts";

/** How anything is fetched. */
export interface FetchOrder {
  /** The one with the lowest priority that has a pack gives it; of equal ones the first. */
  readonly registries: readonly RegistrySetting[];
  /** Hosts that may have private addresses. */
  readonly allowed: readonly string[];
  readonly tls: "verified" | "unverified";
  /** `refused`: but for registries of which it is said. */
  readonly plainHttp: "allowed" | "refused";
  /** Where downloads are kept; without it none are. */
  readonly cache: string | undefined;
  /** All that is kept of them; 1 GiB unless it is said. */
  readonly cacheBytes?: number | undefined;
  /** `refuse` unless it is said. */
  readonly submodules?: "refuse" | "fetch" | undefined;
  readonly cwd: string;
}

/** What a download takes, as whoever asks for it says it. */
export interface DownloadOrder extends FetchOrder {
  readonly sources: readonly string[];
  readonly destination: string;
  readonly ref: string | undefined;
  readonly timeoutSeconds: number;
  readonly onSource?: ((source: string) => void) | undefined;
}

/** What somebody says of a single run; whatever is not said is as it is configured. */
export interface FetchChoices {
  /** In order, instead of the configured ones; one that is configured, too, keeps its headers. */
  readonly registries?: readonly string[] | undefined;
  /** Beside the configured ones. */
  readonly allowed?: readonly string[] | undefined;
  readonly tls?: FetchOrder["tls"] | undefined;
  readonly plainHttp?: FetchOrder["plainHttp"] | undefined;
  /** A directory, or `false` for none. */
  readonly cache?: string | false | undefined;
  readonly submodules?: FetchOrder["submodules"];
}

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const CACHE_BYTES = 2 ** 30;
const USUAL_PRIORITY = 100;

export function fetchOrder({ install }: Config, choices: FetchChoices, { cwd, env }: Surroundings): FetchOrder {
  const { registries = install.registries ?? [DEFAULT_REGISTRY] } = choices;
  const cache = choices.cache ?? install.cache ?? usualCache(env);
  return {
    registries: registries.map((each) => (choices.registries === undefined ? each : chosen(each, install))),
    allowed: [...install.allowPrivate, ...(choices.allowed ?? [])],
    tls: choices.tls ?? "verified",
    plainHttp: choices.plainHttp ?? "refused",
    cache: cache === false || cache === undefined ? undefined : resolve(cwd, cache),
    cacheBytes: install.cacheBytes,
    submodules: choices.submodules ?? install.submodules,
    cwd,
  };
}

/** Their order is what counts of those that somebody lists, not what priority they are configured with. */
function chosen(registry: RegistrySetting, { registries = [] }: Config["install"]): RegistrySetting {
  const known = registries.find((each) => typeof each !== "string" && each.url === registry);
  return typeof known === "object" ? { ...known, priority: USUAL_PRIORITY } : registry;
}

/** Where downloads of this user are kept; `undefined`: nobody knows where. */
function usualCache(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const home = env["HOME"];
  const base = env["XDG_CACHE_HOME"] || (home === undefined ? undefined : join(home, ".cache"));
  return base === undefined ? undefined : join(base, "packsync");
}

/** Composition root of the download: fetches packs into a directory, for whoever installs them next. */
export async function download(order: DownloadOrder, abort: AbortSignal): Promise<Downloads> {
  return await downloadPacks(order, fetchDeps(order), abort);
}

export function fetchDeps(order: FetchOrder): DownloadDeps {
  const { allowed, tls, cache, cacheBytes = CACHE_BYTES, submodules, cwd } = order;
  return {
    cwd,
    cache: cache === undefined || cacheBytes === 0 ? undefined : openCache(cache, cacheBytes),
    limits: LIMITS,
    network: { allowed, tls },
    now: Date.now,
    registries: order.registries.map((each) => registryOf(each, order)),
    submodules,
  };
}

function registryOf(setting: RegistrySetting, { plainHttp }: FetchOrder): Registry {
  if (typeof setting === "string") return { url: setting, priority: USUAL_PRIORITY, plainHttp };
  const { url, priority = USUAL_PRIORITY, allowHttp, headers } = setting;
  return { url, priority, plainHttp: allowHttp === true ? "allowed" : plainHttp, headers };
}
