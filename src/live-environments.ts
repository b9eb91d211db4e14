import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { environments } from "./environments.ts";
import type { EnvironmentStanding, EnvironmentsBuilt } from "./environments-built.ts";
import { runtimesOf } from "./install/environments/needs.ts";
import { readFailure, readStanding } from "./install/environments/standing.ts";
import type { Log } from "./platform/log.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { viewVolume } from "./publish/view.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** For each pack: as long as the platform's API gives it. */
const TIMEOUT_SECONDS = 600;

/**
 * Builds what packs that are live need of Python and Node.js, where their needs have changed: with `environments: auto`, after they went live.
 *
 * @param only refs; empty: all
 */
export async function buildLiveEnvironments(
  only: readonly string[],
  { config, log }: { readonly config: Config; readonly log: Log },
  abort: AbortSignal,
): Promise<EnvironmentsBuilt> {
  const live = await packsInNeed(config);
  const packPaths = live.filter(({ ref }) => only.length === 0 || only.includes(ref)).map(({ path }) => path);
  if (packPaths.length === 0) return { built: [], failed: [] };
  const request = {
    packPaths,
    envs: undefined,
    pythonVersion: undefined,
    nodejsVersion: undefined,
    skipPython: false,
    skipNodejs: false,
    forceRebuild: false,
    timeoutSeconds: TIMEOUT_SECONDS,
    mode: "build",
    activation: "at once",
  } as const;
  const onStage = ({ pack, line }: { readonly pack: string; readonly line?: string | undefined }): void => {
    if (line !== undefined) log.debug({ pack, line }, "environment");
  };
  const { packs, failed } = await environments(request, { config, env: process.env, onStage }, abort);
  const built = packs.flatMap(({ packRef: pack, environments }) =>
    environments.filter(({ outcome }) => outcome === "built").map((each) => ({ pack, ...each })),
  );
  return { built, failed: failed.map(({ packRef: pack, packPath: _, ...why }) => ({ pack, ...why })) };
}

interface InNeed {
  readonly ref: string;
  readonly path: string;
  readonly runtimes: ReturnType<typeof runtimesOf>;
}

/** Of what packsync itself published. */
async function packsInNeed(config: Config): Promise<readonly InNeed[]> {
  const layout = layoutOf(config);
  const packs = await reading(config, (database) =>
    viewVolume(layout, database ? readLedger(database) : emptyLedger).packs(),
  );
  return [...packs.values()].flatMap(({ ref, release }) => {
    if (release === undefined) return [];
    const path = join(layout.root, ref);
    const runtimes = runtimesOf(path);
    return runtimes.length === 0 ? [] : [{ ref, path, runtimes }];
  });
}

/** How the environments of live packs stand, for people; of those that need none, nothing. */
export async function environmentStandings(config: Config): Promise<readonly EnvironmentStanding[]> {
  const envs = config.runtimeEnvsDir;
  if (config.environments === "off" || envs === undefined) return [];
  return (await packsInNeed(config)).flatMap(({ ref, runtimes }) =>
    runtimes.map((runtime): EnvironmentStanding => {
      const place = { envs, ref, runtime };
      const { isThere, packageCount, runtimeVersion } = readStanding(place);
      const failure = readFailure(place);
      const state = failure !== undefined ? "failed" : isThere ? "built" : "missing";
      return { pack: ref, runtime, state, packageCount, runtimeVersion, ...failure };
    }),
  );
}
