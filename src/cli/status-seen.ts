import type { Config } from "../config/config.ts";
import { daemonStatus } from "../control/client.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import type { Status } from "../cycle/status.ts";
import type { EnvironmentStanding } from "../environments-built.ts";
import { status } from "../once.ts";
import { readServices } from "../services.ts";
import type { ServiceView } from "../signal/view.ts";

/** Everything that `packsync status` says. */
export interface Seen {
  /** `undefined`: nothing was published yet. */
  readonly status: Status | undefined;
  /** What the one that is running says; `undefined`: none is. */
  readonly daemon: DaemonStatus | undefined;
  readonly services: readonly ServiceView[];
  /** `undefined`: they are not packsync's business. */
  readonly environments: readonly EnvironmentStanding[] | undefined;
}

export async function see(config: Config): Promise<Seen> {
  const found = await status(config);
  const daemon = await daemonStatus(config.stateDir);
  const { services } = await readServices(config, undefined);
  return { status: found, daemon, services, environments: await environmentsOf(config) };
}

async function environmentsOf(config: Config): Promise<Seen["environments"]> {
  if (config.environments === "off") return undefined;
  return await (await import("../live-environments.ts")).environmentStandings(config);
}
