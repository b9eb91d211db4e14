import { statSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { isSystemError, PacksyncError } from "./errors.ts";
import { buildEnvironments } from "./install/environments.ts";
import type { EnvironmentOrder, EnvironmentReport, OnStage } from "./install/stages.ts";
import { type Owner, ownerToSet } from "./platform/ownership.ts";

/** What an order takes, as whoever asks for it says it. */
export interface EnvironmentsRequest extends Omit<EnvironmentOrder, "envs"> {
  /** Absolute; unset: `runtimeEnvsDir`. */
  readonly envs: string | undefined;
}

interface Asking {
  readonly config: Pick<Config, "owner" | "volume" | "runtimeEnvsDir">;
  /** Where programs, proxies and the settings of pip and npm come from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStage: OnStage;
}

/**
 * Composition root of the environments: builds what packs need of Python and Node.js, where the services look for it.
 *
 * @throws PacksyncError when nobody said where, or nothing can be written there
 */
export async function environments(
  request: EnvironmentsRequest,
  { config, env, onStage }: Asking,
  abort: AbortSignal,
): Promise<EnvironmentReport> {
  const envs = request.envs ?? config.runtimeEnvsDir;
  if (envs === undefined)
    throw new PacksyncError("USAGE", "Expected to be told where the services' environments are, got nothing", {
      hint: "Name the directory: --envs <dir>, RUNTIME_ENVS_DIR, or runtimeEnvsDir in packsync.yaml.",
    });
  return await buildEnvironments({ ...request, envs }, { env, owner: environmentsOwner(config, envs), onStage }, abort);
}

/** As for what is published: root works for whoever owns the volume. Without one, for whoever owns the environments. */
function environmentsOwner({ owner, volume }: Asking["config"], envs: string): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  return ownerToSet(owner ?? ownerOf(volume) ?? ownerOf(envs));
}

function ownerOf(path: string): Owner | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats && { uid: stats.uid, gid: stats.gid };
  } catch (error) {
    if (isSystemError(error)) return undefined; // not to be had: it says nothing
    throw error;
  }
}
