import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { dependenciesOf } from "./dependencies.ts";
import { type DownloadOrder, download } from "./downloads.ts";
import type { EnvironmentsRequest } from "./environments.ts";
import type { Downloads } from "./install/download.ts";
import { shownUrl } from "./install/shown-url.ts";
import { tellDependencies, tellDownloads, tellRegistration } from "./install/stage-lines.ts";
import type {
  Dependency,
  DependencyReport,
  Environment,
  EnvironmentReport,
  OnStage,
  RegisterOrder,
  RegisterReport,
} from "./install/stages.ts";
import type { Log } from "./platform/log.ts";
import { scratchDirectory } from "./platform/scratch.ts";
import { registerPacks } from "./registering.ts";

/** Composition root of an installation: all stages, one after another. Everything is done, or nothing is changed. */

export interface InstallationOrder
  extends Omit<DownloadOrder, "destination">,
    Pick<RegisterOrder, "force" | "skipTests" | "skipValidation"> {
  /** Whatever the packs need is somebody else's affair. */
  readonly skipDependencies: boolean;
  /** Nothing is published. */
  readonly dryRun: boolean;
  /** Environments are not built. */
  readonly skipEnvironments: boolean;
}

export interface InstallationOptions {
  readonly config: Config;
  readonly log: Log;
  readonly onStage: OnStage;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the stages did, as far as they came. */
export interface Installation {
  readonly downloads: Downloads;
  readonly dependencies: DependencyReport | undefined;
  /** Not there: an earlier stage failed, it was a dry run, or nobody says where environments are. */
  readonly environments: EnvironmentReport | undefined;
  /** Not there: an earlier stage failed, or it was a dry run. */
  readonly registration: RegisterReport | undefined;
  /** The stage that ended it; `undefined`: all is done. */
  readonly failedIn: "download" | "dependencies" | "environments" | "register" | undefined;
}

/** @throws PacksyncError when the volume or its lock is not to be had, or nothing can be written */
export async function installPacks(
  order: InstallationOrder,
  options: InstallationOptions,
  abort: AbortSignal,
): Promise<Installation> {
  using scratch = scratchDirectory("packsync-install-");
  const fetched = await fetchAll(order, scratch.path, options, abort);
  const { downloads, dependencies } = fetched;
  const so = { downloads, dependencies, environments: undefined, registration: undefined };
  if (dependencies === undefined) return { ...so, failedIn: "download" };
  const isUnmet = downloads.failed.length > 0 || (!order.skipDependencies && misses(dependencies));
  if (isUnmet) return { ...so, failedIn: "dependencies" };
  if (order.dryRun) return { ...so, failedIn: undefined };

  const packPaths = inOrder(fetched);
  const environments = await buildAll(packPaths, order, options, abort);
  if (environments !== undefined && environments.failed.length > 0)
    return { ...so, environments, failedIn: "environments" };

  const { force, skipTests, skipValidation } = order;
  const about = { force, skipTests, skipValidation, programs: programsOf(environments) };
  const registration = await registerPacks({ packPaths, ...about, how: "together" }, options, abort);
  tellRegistration(registration, options.onStage);
  if (registration.failed.length > 0) return { ...so, environments, registration, failedIn: "register" };
  environments?.activate();
  return { ...so, environments, registration, failedIn: undefined };
}

interface Fetched {
  readonly downloads: Downloads;
  /** `undefined`: what was asked for could not be had. */
  readonly dependencies: DependencyReport | undefined;
}

/** What is asked for, then what that needs, and so on; what a registry does not have stays missing. */
async function fetchAll(
  order: InstallationOrder,
  destination: string,
  { config, onStage }: InstallationOptions,
  abort: AbortSignal,
): Promise<Fetched> {
  let downloads: Downloads = { downloaded: [], failed: [] };
  let wanted: readonly string[] = order.sources;
  const tried = new Set<string>();
  for (;;) {
    for (const source of wanted) onStage({ stage: "download", pack: shownUrl(source) });
    const ref = tried.size === 0 ? order.ref : undefined;
    const more = await download({ ...order, sources: wanted, ref, destination }, abort);
    tellDownloads(more, onStage);
    downloads = {
      downloaded: [...downloads.downloaded, ...more.downloaded],
      failed: [...downloads.failed, ...more.failed],
    };
    if (tried.size === 0 && more.failed.length > 0) return { downloads, dependencies: undefined };
    const packPaths = downloads.downloaded.map(({ packPath }) => packPath);
    for (const { packRef } of more.downloaded) onStage({ stage: "dependencies", pack: packRef });
    const dependencies = await dependenciesOf(config, {
      packPaths,
      validation: order.skipValidation ? "skipped" : "judged",
    });
    tellDependencies(dependencies, (ref) => more.downloaded.some(({ packRef }) => packRef === ref), onStage);
    const next = order.skipDependencies ? [] : dependencies.missing.filter(({ packRef }) => !tried.has(packRef));
    if (next.length === 0 || more.failed.length > 0) return { downloads, dependencies };
    for (const { packRef } of next) tried.add(packRef);
    wanted = [...new Map(next.map((each) => [each.packRef, sourceOf(each)])).values()];
  }
}

/** As a registry knows it. */
function sourceOf({ packRef, versionSpec }: Dependency): string {
  return versionSpec === "*" ? packRef : `${packRef}@${versionSpec}`;
}

function misses({ missing, conflicting, errors }: DependencyReport): boolean {
  return missing.length + conflicting.length + errors.length > 0;
}

/** They are used once the packs are live. */
async function buildAll(
  packPaths: readonly string[],
  { skipEnvironments, timeoutSeconds }: InstallationOrder,
  options: InstallationOptions,
  abort: AbortSignal,
): Promise<EnvironmentReport | undefined> {
  if (skipEnvironments || options.config.runtimeEnvsDir === undefined) return undefined;
  const { environments } = await import("./environments.ts");
  const request: EnvironmentsRequest = {
    ...{ packPaths, envs: undefined, pythonVersion: undefined, nodejsVersion: undefined, timeoutSeconds },
    ...{ skipPython: false, skipNodejs: false, forceRebuild: false },
    mode: "build",
    activation: "later",
  };
  return await environments(request, options, abort);
}

/** Where environments have their programs that nobody uses yet. */
function programsOf(report: EnvironmentReport | undefined): ReadonlyMap<string, readonly string[]> {
  const packs = report?.packs ?? [];
  return new Map(packs.map(({ packRef, environments }) => [packRef, environments.flatMap(programsIn)]));
}

function programsIn({ runtime, directory }: Environment): string[] {
  if (directory === undefined) return [];
  return [join(directory, runtime === "python" ? "bin" : "node_modules/.bin")];
}

/** What others need comes first. */
function inOrder({ downloads, dependencies }: Fetched): string[] {
  const places = new Map(dependencies?.order.map((ref, index) => [ref, index]));
  const placeOf = (ref: string) => places.get(ref) ?? places.size;
  const packs = [...downloads.downloaded].sort((a, b) => placeOf(a.packRef) - placeOf(b.packRef));
  return packs.map(({ packPath }) => packPath);
}
