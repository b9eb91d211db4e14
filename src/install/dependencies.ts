import { realpathSync } from "node:fs";
import { basename } from "node:path";
import { errnoOf, isSystemError, PacksyncError } from "../errors.ts";
import { isAlwaysThere } from "../pack/check-world.ts";
import { type Dialect, readIdentity } from "../pack/identity.ts";
import { isMapping } from "../pack/mapping.ts";
import { asPackRef, type PackRef } from "../pack/ref.ts";
import { isInRange, rangesMeet, versionRange } from "../pack/version-range.ts";
import { installOrder, roundsOf } from "../plan/rounds.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { downloadFailed, reasonOf } from "./failure.ts";
import { readManifest } from "./pack-root.ts";
import { readRuntimeNeeds } from "./runtime-needs.ts";
import type { Dependency, DependencyReport, RuntimeNeeds } from "./stages.ts";
import { readWantedPacks, type Wanted } from "./wanted.ts";

export interface DependencyRequest {
  /** Directories of packs, absolute. */
  readonly packPaths: readonly string[];
  /** `skipped`: neither versions nor what is wrong in a `pack.yaml` count, only names. */
  readonly validation: "judged" | "skipped";
}

/** Version by ref. */
export type InstalledPacks = ReadonlyMap<string, string>;

/** Of a pack whose `pack.yaml` does not say it, where nobody minds. */
const NO_VERSION = "0.0.0";

interface ReadPack {
  readonly packRef: PackRef;
  readonly packPath: string;
  readonly version: string;
  readonly dialect: Dialect;
  readonly wanted: readonly Wanted[];
  readonly runtimes: RuntimeNeeds;
  readonly problems: readonly string[];
}

type Errors = { readonly packPath: string; readonly error: string }[];

/**
 * The second stage of an installation: what packs need of each other and of runtimes, against what is installed and what
 * comes along. What comes along takes the place of what is installed.
 */
export function analyzeDependencies(request: DependencyRequest, installed: InstalledPacks): DependencyReport {
  const errors: Errors = [];
  const packs = readPacks(request, errors);
  const isSkipped = request.validation === "skipped";
  const meets = (version: string, spec: string): boolean => isSkipped || isInRange(version, versionRange(spec) ?? "*");
  const analyzed = [...packs.values()].map((pack) => ({
    packRef: pack.packRef,
    packPath: pack.packPath,
    version: pack.version,
    dependencies: pack.wanted.map((each) => dependencyOf(each, pack, { packs, installed, meets })),
    runtimes: pack.runtimes,
  }));
  const all = analyzed.flatMap(({ dependencies }) => dependencies);
  const missing = all.filter(({ found, alreadyInstalled }) => found === undefined && !alreadyInstalled);
  const graph = [...packs.values()].map(({ packRef, wanted }) => ({
    ref: packRef,
    dependencies: [...new Set(wanted.map(({ name }) => name))],
  }));
  return {
    analyzed,
    missing,
    conflicting: [
      ...all.filter(({ found, versionSpec }) => found !== undefined && !meets(found.version, versionSpec)),
      ...(isSkipped ? [] : excluding(missing)),
    ],
    circular: roundsOf(graph),
    order: installOrder(graph),
    errors,
  };
}

function readPacks({ packPaths, validation }: DependencyRequest, errors: Errors): ReadonlyMap<string, ReadPack> {
  const packs = new Map<string, ReadPack>();
  for (const path of packPaths) {
    try {
      const pack = readPack(path, validation);
      const other = packs.get(pack.packRef);
      if (other?.packPath === pack.packPath) continue;
      if (other !== undefined)
        throw downloadFailed(`Expected each pack once, got \`${pack.packRef}\` in \`${other.packPath}\`, too`);
      packs.set(pack.packRef, pack);
      errors.push(...pack.problems.map((error) => ({ packPath: pack.packPath, error })));
    } catch (error) {
      if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
      errors.push({ packPath: path, error: reasonOf(error) });
    }
  }
  return packs;
}

/** @throws PacksyncError when nobody can tell which pack this is, and the system's errors */
function readPack(path: string, validation: DependencyRequest["validation"]): ReadPack {
  const packPath = directoryAt(path);
  const manifest = readManifest(packPath);
  if (!manifest.ok) throw downloadFailed(manifest.diagnostics[0]?.message ?? "Expected `pack.yaml` to be YAML");
  const directory = basename(packPath);
  const { dialect, diagnostics, ...identity } = readIdentity(manifest.value, { file: "pack.yaml", directory });
  const isSkipped = validation === "skipped";
  const packRef = identity.ref ?? (isSkipped ? asPackRef(directory) : undefined);
  const version = identity.version ?? (isSkipped ? NO_VERSION : undefined);
  if (packRef === undefined || version === undefined || !isMapping(manifest.value))
    throw downloadFailed(diagnostics[0]?.message ?? "Expected `pack.yaml` to have `ref` and `version`");
  const { wanted, problems } = readWantedPacks(manifest.value["dependencies"], dialect);
  const runtimes = readRuntimeNeeds(manifest.value, packPath);
  return {
    packRef,
    packPath,
    version,
    dialect,
    wanted,
    runtimes: runtimes.needs,
    problems: isSkipped ? [] : [...problems, ...runtimes.problems],
  };
}

function directoryAt(path: string): string {
  const real = realIfAny(path);
  if (real === undefined || lstatIfAny(real)?.isDirectory() !== true)
    throw downloadFailed(`Expected the directory of a pack, got ${real === undefined ? "nothing there" : "a file"}`);
  if (lstatIfAny(`${real}/pack.yaml`)?.isFile() !== true)
    throw downloadFailed("Expected a `pack.yaml` in the directory, got none");
  return real;
}

function realIfAny(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

interface Surroundings {
  readonly packs: ReadonlyMap<string, ReadPack>;
  readonly installed: InstalledPacks;
  readonly meets: (version: string, spec: string) => boolean;
}

function dependencyOf(
  { name, spec }: Wanted,
  { packRef, dialect }: ReadPack,
  { packs, installed, meets }: Surroundings,
): Dependency {
  const [coming, there] = [packs.get(name)?.version, installed.get(name)];
  const version = coming ?? there;
  return {
    packRef: name,
    versionSpec: spec,
    requiredBy: packRef,
    alreadyInstalled: there === undefined ? isAlwaysThere(name, dialect) : meets(there, spec),
    found: version === undefined ? undefined : { version, from: coming === undefined ? "installed" : "comes along" },
  };
}

/** Whatever of these is brought, it will not do for all. */
function excluding(missing: readonly Dependency[]): Dependency[] {
  const byRef = Map.groupBy(missing, ({ packRef }) => packRef);
  const rangeOf = ({ versionSpec }: Dependency): string => versionRange(versionSpec) ?? "*";
  return missing.filter((each) => byRef.get(each.packRef)?.some((other) => !rangesMeet(rangeOf(each), rangeOf(other))));
}
