import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import { findDaemon } from "../control/client.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import type { EnvironmentStanding } from "../environments-built.ts";
import { ExitCode } from "../errors.ts";
import { status } from "../once.ts";
import { VERSION } from "../platform/version.ts";
import { readServices } from "../services.ts";
import type { CommandContext } from "./context.ts";
import { statusText } from "./status-text.ts";
import { paintFor } from "./text.ts";

const EVERY_MS = 1000;
/** Home, and everything below it is cleared. */
const CLEAR = "\u001b[H\u001b[J";

/** `packsync status`: where every pack stands, as of the last cycle, and how its sources are watched; takes no lock. */
export async function statusCommand(
  context: CommandContext,
  { watch }: { readonly watch: boolean },
): Promise<ExitCode> {
  const { stdout, abort } = context;
  stdout.write(await statusOf(context));
  while (watch && !abort.aborted) {
    await sleep(EVERY_MS, undefined, { signal: abort }).catch(() => {});
    const next = abort.aborted ? "" : await statusOf(context);
    stdout.write(stdout.isTTY && next !== "" ? `${CLEAR}${next}` : next);
  }
  return ExitCode.ok;
}

async function statusOf({ loaded: { config }, stdout }: CommandContext): Promise<string> {
  const found = await status(config);
  const daemon = await daemonStatus(config.stateDir);
  if (config.format === "json") {
    const { sources, packs, database } = found ?? { sources: [], packs: [], database: undefined };
    const { services } = await readServices(config, undefined);
    const environments = await environmentsOf(config);
    const about = { packsync: VERSION, volume: config.volume, packs, sources, database };
    const document = { ...about, services, ...(environments && { environments }), daemon: daemon ?? null };
    return `${JSON.stringify(document, null, 2)}\n`;
  }
  if (found !== undefined) {
    const { services } = await readServices(config, undefined);
    const environments = (await environmentsOf(config)) ?? [];
    return statusText({ ...found, daemon, services, environments }, config, paintFor(stdout));
  }
  return `${config.volume}: nothing was published yet. Next: packsync --once\n`;
}

/** `undefined`: they are not packsync's business. */
async function environmentsOf(config: Config): Promise<readonly EnvironmentStanding[] | undefined> {
  if (config.environments === "off") return undefined;
  return await (await import("../live-environments.ts")).environmentStandings(config);
}

async function daemonStatus(stateDir: string): Promise<DaemonStatus | undefined> {
  const daemon = await findDaemon(stateDir);
  return await daemon?.status();
}
