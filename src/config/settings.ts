import type { Flags } from "./flags.ts";

/**
 * One thing to configure. `key` as in packsync.yaml, dotted; `option` is the flag's name in {@link Flags};
 * `oldName` is the variable by which init-packs knew it; `example` is a value as one would write it.
 */
export interface Setting {
  readonly key: string;
  readonly option?: keyof Flags;
  readonly oldName?: string;
  readonly example: string;
  /** Of a number that people write with a unit: `64MiB`, `10m`. */
  readonly unit?: "bytes" | "seconds";
  /** Credentials: never shown. */
  readonly secret?: true;
  /** Meant for a single run: flag and variable only. */
  readonly runOnly?: true;
  /** More than one line can say: packsync.yaml only. */
  readonly fileOnly?: true;
}

/** Everything but the sources, in the order in which it is explained. */
export const SETTINGS: readonly Setting[] = [
  { key: "volume", option: "volume", oldName: "TARGET_PACKS_DIR", example: "./volume" },
  { key: "stateDir", option: "stateDir", example: "/var/lib/packsync" },
  { key: "owner", option: "owner", example: "1000:1000" },
  { key: "user", option: "user", example: "1000:1000" },
  { key: "runtimeEnvsDir", oldName: "RUNTIME_ENVS_DIR", example: "/opt/attune/runtime_envs" },
  { key: "environments", example: "auto" },
  { key: "artifactsDir", oldName: "ARTIFACTS_DIR", example: "/opt/attune/artifacts" },
  { key: "preserve", option: "preserve", example: "static-elf" },
  { key: "arch", option: "arch", example: "x86_64,aarch64" },
  { key: "adopt", option: "adopt", example: "merge" },
  { key: "lockTimeout", option: "lockTimeout", example: "30" },
  { key: "limits.maxFiles", example: "200000" },
  { key: "limits.maxFileSize", example: "1GiB", unit: "bytes" },
  { key: "limits.maxPackSize", example: "8GiB", unit: "bytes" },
  { key: "limits.maxDefinitionSize", example: "4MiB", unit: "bytes" },
  { key: "history.keep", example: "5" },
  { key: "history.minAge", example: "10m", unit: "seconds" },
  { key: "history.maxAge", example: "90d", unit: "seconds" },
  { key: "history.maxBytes", example: "2GiB", unit: "bytes" },
  { key: "history.minFree", example: "1GiB", unit: "bytes" },
  { key: "watch.rescan", example: "5s", unit: "seconds" },
  { key: "watch.verify", example: "1d", unit: "seconds" },
  { key: "watch.drift", example: "repair" },
  { key: "health.canary", example: "15s", unit: "seconds" },
  { key: "health.limit", example: "1m", unit: "seconds" },
  { key: "preset", option: "preset", example: "attune" },
  { key: "routes", example: "[{when: {meaning: docs}, do: nobody}]", fileOnly: true },
  { key: "services", example: '{"sensor*": restart, worker-full: SIGHUP}', fileOnly: true },
  { key: "platform.url", example: "http://api:8080" },
  { key: "platform.tokenFile", example: "/run/secrets/platform-token" },
  { key: "platform.packsDir", example: "/opt/attune/packs" },
  { key: "docker.host", oldName: "DOCKER_HOST", example: "unix:///var/run/docker.sock" },
  { key: "docker.project", oldName: "COMPOSE_PROJECT_NAME", example: "attune" },
  { key: "install.registries", example: "https://registry.example/index.json", secret: true },
  { key: "install.allowPrivate", example: "registry.internal:8443" },
  { key: "install.cache", example: "/var/cache/packsync" },
  { key: "install.cacheBytes", example: "1GiB", unit: "bytes" },
  { key: "install.submodules", example: "refuse" },
  { key: "listen", option: "listen", example: "127.0.0.1:8080" },
  { key: "server.token", oldName: "PACKSYNC_API_TOKEN", example: "…", secret: true },
  { key: "server.tokens", example: "[{name: ci, sha256: …, scopes: [packs:read]}]", secret: true, fileOnly: true },
  { key: "server.tokensFile", example: "/run/secrets/packsync-tokens" },
  { key: "server.jwtSecret", oldName: "JWT_SECRET", example: "…", secret: true },
  { key: "server.jwtAudience", example: "attune" },
  { key: "server.jwtIssuer", example: "attune" },
  { key: "server.jwtScopes", example: "packs:read" },
  { key: "server.roots", example: "/tmp/packs" },
  { key: "server.rateLimit", example: "6000" },
  { key: "server.metrics", example: "token" },
  { key: "server.jobs", example: "4" },
  { key: "server.anonymous", example: "true" },
  { key: "server.hosts", example: "packsync.example" },
  { key: "server.proxied", example: "true" },
  { key: "require", option: "require", example: "core" },
  { key: "database.url", option: "databaseUrl", example: "postgresql://attune@postgres/attune", secret: true },
  { key: "database.host", oldName: "DB_HOST", example: "postgres" },
  { key: "database.port", oldName: "DB_PORT", example: "5432" },
  { key: "database.user", oldName: "DB_USER", example: "attune" },
  { key: "database.password", oldName: "DB_PASSWORD", example: "…", secret: true },
  { key: "database.name", oldName: "DB_NAME", example: "attune" },
  { key: "database.schema", oldName: "DB_SCHEMA", example: "attune" },
  { key: "database.timeout", option: "databaseTimeout", example: "60s", unit: "seconds" },
  { key: "database.order", example: "dependencies" },
  { key: "database.removed", example: "delete" },
  { key: "database.edits", example: "overwrite" },
  { key: "database.foreign", example: "keep" },
  { key: "database.adminLogin", oldName: "DEFAULT_ADMIN_LOGIN", example: "admin@example.org" },
  { key: "database.adminPermissionSet", oldName: "DEFAULT_ADMIN_PERMISSION_SET_REF", example: "core.admin" },
  { key: "log.level", option: "logLevel", example: "info" },
  { key: "log.style", option: "logStyle", example: "pretty" },
  { key: "format", option: "format", example: "json" },
  { key: "allowRemovals", option: "allowRemovals", example: "1", runOnly: true },
  { key: "only", option: "only", example: "core", runOnly: true },
];

/** Settings that are a directory: relative to where they are said. */
export const DIRECTORIES = ["volume", "stateDir", "runtimeEnvsDir", "artifactsDir"] as const;

/** Whether what is at `path` must not be shown. */
export function isSecret(path: readonly string[]): boolean {
  const whole = path.join(".");
  return SETTINGS.some(({ key, secret }) => secret === true && (key === whole || whole.startsWith(`${key}.`)));
}

/** What to write for the setting at `path`; nothing for a section. */
export function exampleOf(path: readonly string[]): string | undefined {
  return SETTINGS.find(({ key }) => key === path.join("."))?.example;
}

/** `log.level` → `PACKSYNC_LOG_LEVEL`, then the old name if there is one: the order in which they count. */
export function variablesOf({ key, oldName, fileOnly }: Setting): readonly string[] {
  if (fileOnly === true) return [];
  const name = `PACKSYNC_${snake(key, "_").replace(".", "_").toUpperCase()}`;
  return oldName === undefined ? [name] : [name, oldName];
}

/** `lockTimeout` → `--lock-timeout`. */
export function flagOf(option: keyof Flags): string {
  return `--${snake(option, "-")}`;
}

function snake(camel: string, separator: string): string {
  return camel.replace(/[A-Z]/g, (letter) => `${separator}${letter.toLowerCase()}`);
}
