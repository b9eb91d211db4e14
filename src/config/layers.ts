import { basename, dirname, resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import { readSettingsFile, type SettingsFile } from "./file.ts";
import type { Flags } from "./flags.ts";
import { type Layer, originsOf } from "./layer.ts";
import { type Given, type NamedPlace, namedLayer, packsDevFrom, sourceFrom } from "./named.ts";
import { type Place, parseSettings } from "./problems.ts";
import type { FileSettings, RunSettings } from "./schema.ts";
import { DIRECTORIES, exampleOf, flagOf, SETTINGS, variablesOf } from "./settings.ts";
import { fileSources, PACKS } from "./sources.ts";

/** Environment variables; an empty one counts as unset: compose files pass `${VOLUME:-}` on. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function flagLayer(flags: Flags, cwd: string): Promise<Layer> {
  const place: NamedPlace = { code: "USAGE", from: "flag", separator: " ", cwd };
  const given = SETTINGS.flatMap((setting) => {
    const { option } = setting;
    if (option === undefined || flags[option] === undefined) return [];
    return [{ setting, name: flagOf(option), value: flags[option] }];
  });
  const { packs = [], packsDev } = flags;
  return namedLayer([...given, ...shortLevel(flags)], place, {
    ...(packs.length > 0 && { production: packs.map((text) => sourceFrom(text, "--packs", place)) }),
    ...(packsDev !== undefined && { packsDev: packsDevFrom(packsDev, "--packs-dev", place) }),
  });
}

export async function environmentLayer(env: Environment, cwd: string): Promise<Layer> {
  const ours = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name]);
  if (ours.length > 0) await refuseSlips(ours);
  const place: NamedPlace = { code: "CONFIG_INVALID", from: "environment", separator: "=", cwd };
  const given = SETTINGS.flatMap((setting) => {
    const name = variablesOf(setting).find((name) => env[name]);
    return name === undefined ? [] : [{ setting, name, value: env[name] }];
  });
  const production = productionFrom(env, place);
  const { PACKSYNC_PACKS_DEV: packsDev } = env;
  return namedLayer(given, place, {
    ...(production.length > 0 && { production }),
    ...(packsDev && { packsDev: packsDevFrom(packsDev, "PACKSYNC_PACKS_DEV", place) }),
  });
}

const PREFIX = "PACKSYNC_";

/** Those of no setting: of `load.ts` and `productionFrom`, of what signals and of its programs, and of the compose files. */
const OTHERS = "CONFIG PACKS PACKS_DEV PLATFORM_TOKEN SERVICE CHANGES RELEASES IMAGE".split(" ");

/** Nearly one of ours is a slip. Anything else may be somebody's: Kubernetes sets `PACKSYNC_PORT` where a service has that name. */
async function refuseSlips(names: readonly string[]): Promise<void> {
  const { nearest } = await import("../pack/spelling.ts");
  const own = SETTINGS.flatMap(variablesOf).filter((name) => name.startsWith(PREFIX));
  const known = new Set([...OTHERS, ...own.map((name) => name.slice(PREFIX.length))]);
  for (const name of names) {
    const word = name.slice(PREFIX.length);
    const meant = known.has(word) ? undefined : nearest(word, known);
    if (meant === undefined) continue;
    throw new PacksyncError("CONFIG_INVALID", `Expected a variable that packsync knows, got \`${name}\``, {
      hint: `Did you mean \`${PREFIX}${meant}\`? \`packsync config --explain\` shows what is set.`,
    });
  }
}

/** @returns `undefined` if there is no such file */
export async function fileLayer(file: string): Promise<Layer | undefined> {
  const read = await readSettingsFile(file);
  if (read === undefined) return undefined;
  const { fileSettings } = await import("./schema.ts");
  const raw = read.raw ?? {};
  const { sources, ...settings } = parseSettings(fileSettings(raw), raw, filePlace(read));
  const base = dirname(file);
  const originOf = (...path: string[]) => ({ from: "file", file, ...read.keyPosition(path) }) as const;
  return {
    settings: absolute(settings, base),
    sources: sources === undefined ? {} : { all: fileSources(sources, base, (name) => originOf("sources", name)) },
    origins: originsOf(settings, (key) => originOf(...key.split("."))),
  };
}

function shortLevel({ logLevel, quiet, verbose }: Flags): readonly Given[] {
  const short = [
    ...(quiet === true ? [{ name: "--quiet", value: "error" }] : []),
    ...(verbose === true ? [{ name: "--verbose", value: "debug" }] : []),
  ];
  const names = [...(logLevel === undefined ? [] : ["--log-level"]), ...short.map(({ name }) => name)];
  if (names.length > 1) {
    const got = names.map((name) => `\`${name}\``).join(" and ");
    throw new PacksyncError("USAGE", `Expected one of \`--log-level\`, \`--quiet\` and \`--verbose\`, got ${got}`, {
      hint: "Keep one of them.",
    });
  }
  const level = SETTINGS.filter(({ key }) => key === "log.level");
  return level.flatMap((setting) => short.map((given) => ({ setting, ...given })));
}

/** init-packs knew one directory, which may have a comma or `=` in its name. */
function productionFrom({ PACKSYNC_PACKS: packs, SOURCE_PACKS_DIR: old }: Environment, place: NamedPlace) {
  if (packs) return packs.split(",").map((text) => sourceFrom(text, "PACKSYNC_PACKS", place));
  return old ? [sourceFrom(`${PACKS}=${old}`, "SOURCE_PACKS_DIR", place)] : [];
}

function filePlace({ file, keyPosition, valuePosition }: SettingsFile): Place {
  return {
    code: "CONFIG_INVALID",
    name: (path) => path.join(".") || basename(file),
    example: (path) => {
      if (path[0] === "sources") return "sources: {packs: ./packs, try: {path: ./try, kind: development}}";
      if (path[0] === "preserve" && path.length > 1)
        return 'preserve: {default: static-elf, files: {"core/sensors/*": off}}';
      if (path[0] === "routes" && path.length > 1)
        return "routes: [{when: {meaning: script, runner: python}, do: worker-python}]";
      if (path[0] === "install" && path[1] === "registries" && path.length > 2)
        return 'registries: [{url: "https://registry.example/index.json", priority: 10, headers: {authorization: Bearer …}}]';
      if (path[0] === "server" && path[1] === "tokens")
        return "server: {tokens: [{name: ci, sha256: …, scopes: [packs:read]}]}";
      if (path[0] === "services" && path.length > 1)
        return 'services: {"sensor*": restart, other: {exec: [systemctl, reload, other], timeout: 30s}}';
      const example = exampleOf(path);
      return example && `${path.at(-1)}: ${example}`;
    },
    position: (problem) => {
      if (problem.kind === "key") return { file, ...keyPosition(problem.path) };
      const { path, at } = problem;
      return { file, ...(at === undefined ? valuePosition(path) : keyPosition([...path, at])) };
    },
  };
}

/** Paths of a file are relative to it. */
function absolute(
  { platform, services, install, server, ...settings }: Omit<FileSettings, "sources">,
  base: string,
): RunSettings {
  const tokenFile = platform?.tokenFile;
  return {
    ...settings,
    ...absoluteDirectories(settings, base),
    ...(platform !== undefined && {
      platform: platform && { ...platform, ...(tokenFile !== undefined && { tokenFile: resolve(base, tokenFile) }) },
    }),
    ...(install !== undefined && { install: install && absoluteCache(install, base) }),
    ...(server !== undefined && { server: server && absoluteServer(server, base) }),
    ...(services !== undefined && { services: absoluteSecrets(services, base) }),
  };
}

type Directories = Pick<RunSettings, (typeof DIRECTORIES)[number]>;

function absoluteDirectories(settings: Directories, base: string): Directories {
  const given = DIRECTORIES.flatMap((key) => {
    const path = settings[key];
    return path === undefined ? [] : [[key, resolve(base, path)] as const];
  });
  return Object.fromEntries(given);
}

type Install = NonNullable<RunSettings["install"]>;

function absoluteCache(install: Install, base: string): Install {
  return { ...install, ...(install.cache !== undefined && { cache: resolve(base, install.cache) }) };
}

type Server = NonNullable<RunSettings["server"]>;

function absoluteServer(server: Server, base: string): Server {
  const { tokensFile, roots } = server;
  return {
    ...server,
    ...(tokensFile !== undefined && { tokensFile: resolve(base, tokensFile) }),
    ...(roots !== undefined && { roots: roots.map((root) => resolve(base, root)) }),
  };
}

type Services = NonNullable<RunSettings["services"]>;

function absoluteSecrets(services: Services, base: string): Services {
  return Object.fromEntries(
    Object.entries(services).map(([name, how]) => {
      if (typeof how === "string" || how.http?.secretFile === undefined) return [name, how];
      return [name, { ...how, http: { ...how.http, secretFile: resolve(base, how.http.secretFile) } }];
    }),
  );
}
