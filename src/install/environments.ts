import { realpathSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, PacksyncError } from "../errors.ts";
import { monotonicMs } from "../platform/clock.ts";
import type { Owner } from "../platform/ownership.ts";
import { childEnvironment } from "./environments/child-environment.ts";
import { environmentFailed } from "./environments/failure.ts";
import { lookAround, type Machine } from "./environments/interpreters.ts";
import { findLeash } from "./environments/leash.ts";
import { runtimesOf, wantedBy } from "./environments/needs.ts";
import { readPackageFiles } from "./environments/package-files.ts";
import type { Running } from "./environments/program.ts";
import { isAboutOne, type Provided, provideEnvironment } from "./environments/provide.ts";
import { homeIn, openEnvs, type Place, type Runtime, useEnvironment } from "./environments/shelf.ts";
import { readStanding, recordFailure } from "./environments/standing.ts";
import { type PackIdentity, readPackIdentity } from "./pack-root.ts";
import type { Environment, EnvironmentOrder, EnvironmentReport, OnStage } from "./stages.ts";

export interface EnvironmentDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who owns what is made, and whom root becomes for the programs of packages. */
  readonly owner: Owner | undefined;
  readonly onStage: OnStage;
}

type PackReport = EnvironmentReport["packs"][number];
type Failed = EnvironmentReport["failed"][number];

/**
 * The third stage of an installation: what packs need of Python and Node.js, one after another. One that fails is no reason to
 * leave out the others, and its old environment stays.
 *
 * @throws PacksyncError when nothing can be written to `envs`; the abort's reason
 */
export async function buildEnvironments(
  order: EnvironmentOrder,
  deps: EnvironmentDeps,
  abort: AbortSignal,
): Promise<EnvironmentReport> {
  const started = monotonicMs();
  const work = await prepare(order, deps, abort);
  const packs: PackReport[] = [];
  for (const path of order.packPaths) {
    const pack = await buildPack(path, work, abort);
    if (pack !== undefined) packs.push(pack);
  }
  return { packs, failed: work.failed, durationMs: since(started), activate: work.activate };
}

interface Work {
  readonly order: EnvironmentOrder;
  readonly deps: EnvironmentDeps;
  /** Real. */
  readonly envs: string;
  readonly running: Running;
  readonly machine: Machine;
  readonly failed: Failed[];
  /** What is used once somebody says so. */
  readonly later: (() => void)[];
  readonly activate: () => void;
}

/** Who only looks makes nothing. */
async function prepare(order: EnvironmentOrder, deps: EnvironmentDeps, abort: AbortSignal): Promise<Work> {
  const envs = order.mode === "build" ? openEnvs(order.envs, deps.owner) : order.envs;
  const home = order.mode === "build" ? homeIn(envs, deps.owner) : "/nonexistent";
  const env = childEnvironment(deps.env, home);
  const loose: Running = { env, user: deps.owner, lock: undefined, leash: [], onLine: () => {} };
  const running = { ...loose, leash: await findLeash(loose, abort) };
  const machine = lookAround(running);
  const later: (() => void)[] = [];
  const activate = (): void => {
    for (const use of later.splice(0)) use();
  };
  return { order, deps, envs, running, machine, failed: [], later, activate };
}

interface Pack extends PackIdentity {
  readonly root: string;
}

/** @returns `undefined` when nothing is known of it */
async function buildPack(path: string, work: Work, abort: AbortSignal): Promise<PackReport | undefined> {
  const started = monotonicMs();
  abort.throwIfAborted();
  const pack = readPack(path, work);
  if (pack === undefined) return undefined;
  work.deps.onStage({ stage: "environments", pack: pack.ref });
  const { timeoutSeconds } = work.order;
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  const environments: Environment[] = [];
  let isFailed = false;
  for (const runtime of wantedRuntimes(pack.root, work.order)) {
    try {
      const environment = await oneOf(runtime, pack, work, AbortSignal.any([abort, deadline]));
      if (environment !== undefined) environments.push(environment);
    } catch (error) {
      abort.throwIfAborted();
      const late = environmentFailed(`Expected the environment within ${timeoutSeconds} s, got no end`);
      fail(runtime, pack, deadline.aborted ? late : error, work);
      isFailed = true;
    }
  }
  if (isFailed && environments.length === 0) return undefined;
  return { packRef: pack.ref, packPath: pack.root, environments, durationMs: since(started) };
}

function readPack(path: string, { failed }: Work): Pack | undefined {
  try {
    const root = realpathSync(path);
    return { root, ...readPackIdentity(root) };
  } catch (error) {
    if (!isAboutOne(error)) throw error;
    const text = ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "") ? "pack.yaml not found" : error.message;
    const hint = error instanceof PacksyncError ? error.hint : undefined;
    failed.push({ packRef: "unknown", packPath: path, runtime: "unknown", error: text, hint });
    return undefined;
  }
}

function wantedRuntimes(root: string, { skipPython, skipNodejs }: EnvironmentOrder): readonly Runtime[] {
  return runtimesOf(root).filter((runtime) => (runtime === "python" ? !skipPython : !skipNodejs));
}

async function oneOf(runtime: Runtime, pack: Pack, work: Work, abort: AbortSignal): Promise<Environment | undefined> {
  return work.order.mode === "detect"
    ? await detectOne(runtime, pack, work, abort)
    : await buildOne(runtime, pack, work, abort);
}

async function buildOne(runtime: Runtime, pack: Pack, work: Work, abort: AbortSignal) {
  const { order, deps, envs, machine } = work;
  const { owner, onStage } = deps;
  const place: Place = { envs, ref: pack.ref, runtime };
  const wish = { ...place, root: pack.root, preferred: preferredOf(runtime, order), rebuild: order.forceRebuild };
  const onLine = (line: string): void => onStage({ stage: "environments", pack: pack.ref, line });
  const provided = await provideEnvironment(wish, { machine, owner, running: { ...work.running, onLine } }, abort);
  if (provided === undefined) return undefined;
  await use(place, provided, work);
  return { runtime, path: pathOf(place), ...provided };
}

async function use(place: Place, { directory }: Provided, { order, later }: Work): Promise<void> {
  const now = async (): Promise<void> => {
    const pruned = useEnvironment(place, directory);
    recordFailure(place, undefined);
    await pruned;
  };
  if (order.activation === "at once") return await now();
  later.push(() => {
    const pruned = useEnvironment(place, directory);
    recordFailure(place, undefined);
    pruned.catch(() => {}); // what is old goes with the next one
  });
}

/** As the platform's own endpoint: whether the runtime is there, and whether somebody built an environment. */
async function detectOne(runtime: Runtime, pack: Pack, { order, envs, machine }: Work, abort: AbortSignal) {
  const place: Place = { envs, ref: pack.ref, runtime };
  if (runtime === "nodejs" && readPackageFiles(pack.root) === undefined) return undefined;
  const interpreter = await machine[runtime](wantedBy(pack.root, runtime, preferredOf(runtime, order)), abort);
  const { isThere, packageCount, runtimeVersion = interpreter.shown } = readStanding(place);
  const outcome = isThere ? ("present" as const) : ("absent" as const);
  return { runtime, path: pathOf(place), outcome, packageCount, runtimeVersion };
}

function preferredOf(runtime: Runtime, { pythonVersion, nodejsVersion }: EnvironmentOrder): string | undefined {
  return runtime === "python" ? pythonVersion : nodejsVersion;
}

function pathOf({ envs, ref, runtime }: Place): string {
  return join(envs, ref, runtime);
}

function fail(runtime: Runtime, { ref, root }: Pack, error: unknown, { order, envs, failed }: Work): void {
  if (!isAboutOne(error)) throw error;
  const hint = error instanceof PacksyncError ? error.hint : undefined;
  failed.push({ packRef: ref, packPath: root, runtime, error: error.message, hint });
  const failure = { error: error.message, hint, since: new Date().toISOString() };
  if (order.mode === "build") recordFailure({ envs, ref, runtime }, failure);
}

function since(started: number): number {
  return Math.round(monotonicMs() - started);
}
