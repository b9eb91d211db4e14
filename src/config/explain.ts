import { shownUrl } from "../install/shown-url.ts";
import type { Config, RegistrySetting } from "./config.ts";
import type { LoadedConfig } from "./load.ts";
import type { Origin } from "./origin.ts";
import { isSecret, SETTINGS, type Setting } from "./settings.ts";
import { formatDuration, formatSize } from "./units.ts";

/** One value of the configuration, and where it came from. */
export interface Explained {
  /** The mapping in packsync.yaml that `key` stands in. */
  readonly section: string | undefined;
  readonly key: string;
  /** For programs: sizes in bytes, durations in seconds; `undefined` if not set. */
  readonly value: unknown;
  /** For people, as packsync.yaml would have it: `64MiB`, `10m`. */
  readonly written: unknown;
  readonly origin: Origin;
  /** Whether packsync.yaml may have it at all, as it is printed. */
  readonly inFile: boolean;
}

/** Every value: sources first, then in the order of the documentation. */
export function explain({ config, origins }: LoadedConfig): readonly Explained[] {
  const originOf = (key: string): Origin => origins.get(key) ?? { from: "default" };
  const sources = config.sources.map(({ name, ...about }) => ({
    ...{ section: "sources", key: name, value: about, written: about },
    ...{ origin: originOf(`sources.${name}`), inFile: true },
  }));
  const values = valuesOf(config);
  const settings = SETTINGS.map((setting) => {
    const [first = "", second] = setting.key.split(".");
    const [section, key] = second === undefined ? [undefined, first] : [first, second];
    const given = values.get(setting.key);
    const value = isSecret([setting.key]) && given !== undefined ? hidden(given) : given;
    const inFile = setting.runOnly === undefined && JSON.stringify(value) === JSON.stringify(given);
    return { section, key, value, written: inUnits(value, setting), origin: originOf(setting.key), inFile };
  });
  return [...sources, ...settings];
}

/** Stands for credentials. */
const HIDDEN = "***";

/** Of a list (registries) only what may be secret in it. */
function hidden(given: unknown): unknown {
  return Array.isArray(given) ? given.map((each: RegistrySetting) => hiddenRegistry(each)) : HIDDEN;
}

function hiddenRegistry(registry: RegistrySetting): RegistrySetting {
  if (typeof registry === "string") return shownUrl(registry);
  const { url, headers = {} } = registry;
  const names = Object.keys(headers);
  return {
    ...registry,
    url: shownUrl(url),
    ...(names.length > 0 && { headers: Object.fromEntries(names.map((name) => [name, HIDDEN])) }),
  };
}

/** By dotted key of packsync.yaml, which spares units and sections where they go without saying. */
function valuesOf({
  owner,
  user,
  lockTimeoutSeconds,
  limits,
  history,
  watch,
  health,
  database,
  platform,
  docker,
  install,
  server,
  log,
  ...others
}: Config): Map<string, unknown> {
  const { minAgeSeconds, maxAgeSeconds, minFreeBytes, ...kept } = history;
  const { timeoutSeconds, ...reached } = database;
  const within = (section: string, values: object) =>
    Object.entries(values).map(([key, value]) => [`${section}.${key}`, value] as const);
  return new Map<string, unknown>([
    ...Object.entries(others),
    ["owner", owner && `${owner.uid}:${owner.gid}`],
    ["user", user && `${user.uid}:${user.gid}`],
    ["lockTimeout", lockTimeoutSeconds],
    ...within("limits", limits),
    ...within("history", { ...kept, minAge: minAgeSeconds, maxAge: maxAgeSeconds, minFree: minFreeBytes }),
    ...within("watch", { rescan: watch.rescanSeconds, verify: watch.verifySeconds, drift: watch.drift }),
    ...within("health", { canary: health.canarySeconds, limit: health.limitSeconds }),
    ...within("database", { ...reached, timeout: timeoutSeconds }),
    ...within("platform", platform),
    ...within("docker", docker),
    ...within("install", install),
    ...within("server", server),
    ...within("log", log),
  ]);
}

function inUnits(value: unknown, { unit }: Setting): unknown {
  if (typeof value !== "number" || unit === undefined) return value;
  const text = unit === "bytes" ? formatSize(value) : formatDuration(value);
  return text === String(value) ? value : text;
}
