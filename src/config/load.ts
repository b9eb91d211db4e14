import { join, resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import type { Config } from "./config.ts";
import type { Flags } from "./flags.ts";
import type { Layer, LayerSettings } from "./layer.ts";
import { type Environment, environmentLayer, fileLayer, flagLayer } from "./layers.ts";
import { machine } from "./machines.ts";
import type { Origin } from "./origin.ts";
import { presetLayer, sourceOf } from "./preset.ts";
import type { RunSettings } from "./schema.ts";
import { SETTINGS } from "./settings.ts";
import { checkSources, mergeSources, type NamedSource, PACKS, PACKS_DEV } from "./sources.ts";

/** `origins` by dotted key as in packsync.yaml, a source's is `sources.<name>`; `file` is the packsync.yaml, if any. */
export interface LoadedConfig {
  readonly config: Config;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly file: string | undefined;
}

/** What an image says about itself, below everything that its user says. */
export const IMAGE_DEFAULTS = "/etc/packsync/defaults.yaml";

/**
 * The configuration of a run: flags over environment over packsync.yaml over the image's defaults over our own.
 *
 * @param cwd absolute; relative paths of flags and variables start here, those of a file at the file's directory
 * @param imageDefaults another file than the image's, for tests
 * @param isRoot another user than this one, for tests
 * @throws PacksyncError `USAGE` for a wrong flag, `CONFIG_INVALID` for everything else that is wrong
 */
export async function loadConfig(
  flags: Flags,
  env: Environment,
  cwd: string,
  imageDefaults: string = IMAGE_DEFAULTS,
  isRoot: boolean = process.geteuid?.() === 0,
): Promise<LoadedConfig> {
  const flag = await flagLayer(flags, cwd);
  const environment = await environmentLayer(env, cwd);
  const file = configFile(flags, env, cwd);
  const fromFile = await fileLayer(file.path);
  if (fromFile === undefined && file.name !== undefined) throw missing(file.path, file.name);
  const image = await fileLayer(imageDefaults);

  const owning = isRoot ? image : image && withoutOwner(image);
  const layers = withPreset(owning, [fromFile, environment, flag]);
  return { ...merge(layers, cwd), file: fromFile && file.path };
}

/** Who is not root owns what they make: the image's owner is for root. */
function withoutOwner(image: Layer): Layer {
  const { owner: _, ...settings } = image.settings;
  const origins = new Map([...image.origins].filter(([key]) => key !== "owner"));
  return { ...image, settings, origins };
}

/** Where the file is, and by what it was named: a named one must exist. */
function configFile({ config }: Flags, { PACKSYNC_CONFIG: variable }: Environment, cwd: string) {
  if (config !== undefined) {
    if (config !== "") return { path: resolve(cwd, config), name: "--config" };
    const hint = "Write for example `--config packsync.yaml`.";
    throw new PacksyncError("USAGE", "Expected `--config` to be a file, got nothing", { hint });
  }
  if (variable) return { path: resolve(cwd, variable), name: "PACKSYNC_CONFIG" };
  return { path: join(cwd, "packsync.yaml"), name: undefined };
}

function missing(path: string, name: string): PacksyncError {
  return new PacksyncError("CONFIG_INVALID", `Expected \`${name}\` to name a file, got \`${path}\`: not found`, {
    hint: "Correct the path, or leave it out to use ./packsync.yaml if there is one.",
  });
}

/** A preset says more than an image's defaults, unless these have chosen it, and less than whatever a person says. */
function withPreset(image: Layer | undefined, others: readonly (Layer | undefined)[]): readonly Layer[] {
  const chosen = others.findLast((layer) => layer?.settings.preset !== undefined)?.settings.preset;
  const ofImage = chosen === undefined ? image?.settings.preset : undefined;
  const below = [ofImage && presetLayer(ofImage), image, chosen && presetLayer(chosen)];
  return [...below, ...others].filter((layer) => layer !== undefined);
}

/** Layers come lowest first. */
function merge(layers: readonly Layer[], cwd: string): Omit<LoadedConfig, "file"> {
  const settings = layers.reduce((below, layer) => overlay(below, layer.settings), defaults(cwd));
  const sources = layers.reduce((below, layer) => mergeSources(below, layer.sources), defaultSources(cwd));
  const given = new Map(layers.flatMap(({ origins }) => [...origins]));
  const originOf = (key: string): Origin => given.get(key) ?? { from: "default" };
  checkSources(sources, { path: settings.volume, origin: originOf("volume") });
  checkEnvironments(settings);
  return {
    config: resolved(settings, sources),
    origins: new Map([
      ...sources.map(({ name, origin }) => [`sources.${name}`, origin] as const),
      ...SETTINGS.map(({ key }) => [key, originOf(key)] as const),
    ]),
  };
}

function checkEnvironments({ environments, runtimeEnvsDir }: Complete): void {
  if (environments === "off" || runtimeEnvsDir !== undefined) return;
  const message = "Expected `runtimeEnvsDir` to be set for `environments: auto`, got nothing";
  const hint =
    "Name the directory where services look for environments: RUNTIME_ENVS_DIR, or runtimeEnvsDir in packsync.yaml.";
  throw new PacksyncError("CONFIG_INVALID", message, { hint });
}

function defaultSources(cwd: string): readonly NamedSource[] {
  const origin = { from: "default" } as const;
  return [
    { name: PACKS, path: join(cwd, "packs"), kind: "production", origin },
    { name: PACKS_DEV, path: join(cwd, "packs.dev"), kind: "development", origin },
  ];
}

type Section =
  | "limits"
  | "history"
  | "watch"
  | "health"
  | "log"
  | "database"
  | "platform"
  | "docker"
  | "install"
  | "server";
type Unset =
  | "maxAge"
  | "url"
  | "host"
  | "schema"
  | "adminLogin"
  | "registries"
  | "cache"
  | keyof Config["platform"]
  | keyof Config["docker"]
  | "token"
  | "tokens"
  | "tokensFile"
  | "jwtSecret"
  | "jwtAudience"
  | "jwtIssuer"
  | "roots";
/** Settings without a default. */
type Bare = "listen" | "owner" | "user" | "stateDir" | "runtimeEnvsDir" | "artifactsDir";
/** `K` may be unset even where everything else has a default. */
type AllBut<K extends string, T> = Required<Omit<T, K>> & Pick<T, K & keyof T>;
type Complete = LayerSettings &
  Required<Omit<RunSettings, Bare | Section>> & {
    readonly [S in Section]: AllBut<Unset, NonNullable<RunSettings[S]>>;
  };

/** All that has a default: what stands here, a file, a variable or a flag may replace. */
function defaults(cwd: string): Complete {
  return {
    volume: join(cwd, "volume"),
    environments: "off",
    preserve: "static-elf",
    arch: [machine(process.arch)],
    adopt: "merge",
    lockTimeout: 30,
    limits: { maxFiles: 200_000, maxFileSize: 2 ** 30, maxPackSize: 8 * 2 ** 30, maxDefinitionSize: 4 * 2 ** 20 },
    history: { keep: 5, minAge: 600, maxBytes: 2 * 2 ** 30, minFree: 0 },
    watch: { rescan: 5, verify: 86_400, drift: "repair" },
    health: { canary: 15, limit: 60 },
    database: {
      port: 5432,
      user: "attune",
      password: "attune",
      name: "attune",
      timeout: 60,
      order: "dependencies",
      removed: "delete",
      edits: "overwrite",
      foreign: "keep",
      adminPermissionSet: "core.admin",
    },
    preset: "attune",
    routes: [],
    services: {},
    platform: {},
    docker: {},
    install: { allowPrivate: [], cacheBytes: 2 ** 30, submodules: "refuse" },
    server: {
      jwtScopes: ["packs:read"],
      rateLimit: 6000,
      metrics: "token",
      jobs: 4,
      anonymous: false,
      hosts: [],
      proxied: false,
    },
    require: [],
    log: { level: "warn", style: "auto" },
    format: "text",
    allowRemovals: false,
    only: [],
  };
}

function overlay(below: Complete, above: LayerSettings): Complete {
  return {
    ...below,
    ...above,
    limits: { ...below.limits, ...above.limits },
    history: { ...below.history, ...above.history },
    watch: { ...below.watch, ...above.watch },
    health: { ...below.health, ...above.health },
    platform: { ...below.platform, ...above.platform },
    docker: { ...below.docker, ...above.docker },
    install: { ...below.install, ...above.install },
    server: { ...below.server, ...above.server },
    log: { ...below.log, ...above.log },
    database: { ...below.database, ...above.database },
  };
}

function resolved(settings: Complete, sources: readonly NamedSource[]): Config {
  const { stateDir, owner, user, listen, runtimeEnvsDir, artifactsDir, ...others } = settings;
  const { lockTimeout, history, watch, health, database, ...rest } = others;
  const { timeout, ...reached } = database;
  const { minAge, maxAge, minFree, ...kept } = history;
  return {
    ...rest,
    sources: sources.map(({ origin: _, ...source }) => ({ ...sourceOf(settings.preset, source.name), ...source })),
    stateDir: stateDir ?? join(settings.volume, ".packsync"),
    owner: owner ?? user,
    user,
    listen,
    runtimeEnvsDir,
    artifactsDir,
    lockTimeoutSeconds: lockTimeout,
    watch: { rescanSeconds: watch.rescan, verifySeconds: watch.verify, drift: watch.drift },
    health: { canarySeconds: health.canary, limitSeconds: health.limit },
    database: { ...reached, timeoutSeconds: timeout },
    history: { ...kept, minAgeSeconds: minAge, maxAgeSeconds: maxAge, minFreeBytes: minFree },
  };
}
