import { findDaemon } from "../control/client.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import { ExitCode } from "../errors.ts";
import { faultsOf } from "../health.ts";
import { isLiveIn } from "../once.ts";
import type { CommandContext } from "./context.ts";
import { errorText } from "./error-text.ts";
import { paintFor, plural } from "./text.ts";

/** `packsync healthcheck`: whether the daemon keeps the volume in sync, for whoever looks after containers. */
export async function healthcheckCommand({ loaded: { config }, stdout, stderr }: CommandContext): Promise<ExitCode> {
  const daemon = await askDaemon(config.stateDir, (error) => stderr.write(errorText(error, paintFor(stderr))));
  const faults = faultsOf({ daemon, require: config.require, isLive: isLiveIn(config) });
  const isHealthy = faults.length === 0;
  const { packs = 0, lagMs = 0, stages = [] } = daemon ?? {};
  const text = isHealthy
    ? `healthy: ${plural(packs, "pack")} in sync, lag ${lagMs} ms\n`
    : faults.map((fault) => `unhealthy: ${fault}\n`).join("");
  const document = { healthy: isHealthy, faults, packs, lagMs, stages };
  stdout.write(config.format === "json" ? `${JSON.stringify(document, null, 2)}\n` : text);
  return isHealthy ? ExitCode.ok : ExitCode.packs;
}

/** A daemon that cannot be asked is as good as none. */
async function askDaemon(stateDir: string, onError: (error: unknown) => void): Promise<DaemonStatus | undefined> {
  try {
    return await (await findDaemon(stateDir))?.status();
  } catch (error) {
    onError(error);
    return undefined;
  }
}
