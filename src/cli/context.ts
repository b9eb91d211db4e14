import type { Flags } from "../config/flags.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { type Log, lazyLog } from "../platform/log.ts";

/** What a command may use of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly abort: AbortSignal;
}

/** A command with its configuration. */
export interface CommandContext extends Surroundings {
  readonly loaded: LoadedConfig;
  readonly log: Log;
}

/** Loads the configuration, and releases what the command used when it is done. */
export async function withContext<T>(
  flags: Flags,
  around: Surroundings,
  command: (context: CommandContext) => Promise<T>,
): Promise<T> {
  const loaded = await loadConfig(flags, around.env, around.cwd);
  await using log = lazyLog(loaded.config.log);
  return await command({ ...around, loaded, log });
}
