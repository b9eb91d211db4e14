import type { Format } from "../config/config.ts";
import type { Flags } from "../config/flags.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { originText } from "../config/origin.ts";
import { type ExitCode, PacksyncError } from "../errors.ts";
import { type Log, lazyLog } from "../platform/log.ts";

/** What a command may use of its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly stderr: NodeJS.WriteStream;
  readonly abort: AbortSignal;
}

/** A command with its configuration. */
export interface CommandContext extends Surroundings {
  readonly loaded: LoadedConfig;
  readonly log: Log;
}

/** Runs a command with its configuration; `formats`: how it can print, unless it is text and JSON. */
export type RunCommand = (
  command: (context: CommandContext) => Promise<ExitCode>,
  formats?: readonly Format[],
) => Promise<void>;

/** How most commands can print. */
const USUAL: readonly Format[] = ["text", "json"];

/** A command, and how it can print its results. */
export interface CommandRequest<T> {
  readonly command: (context: CommandContext) => Promise<T>;
  readonly formats?: readonly Format[];
}

/** Loads the configuration, and releases what the command used when it is done. */
export async function withContext<T>(
  flags: Flags,
  around: Surroundings,
  { command, formats = USUAL }: CommandRequest<T>,
): Promise<T> {
  const loaded = await loadConfig(flags, around.env, around.cwd);
  refuseFormat(loaded, formats);
  await using log = lazyLog(loaded.config.log);
  return await command({ ...around, loaded, log });
}

function refuseFormat({ config: { format }, origins }: LoadedConfig, formats: readonly Format[]): void {
  if (formats.includes(format)) return;
  const name = originText(origins.get("format") ?? { from: "default" });
  const expected = formats.map((each) => `\`${each}\``).join(", ");
  throw new PacksyncError(
    "USAGE",
    `Expected \`${name}\` to be one of ${expected} for this command, got \`${format}\``,
    {
      hint: "`packsync validate` has the others.",
    },
  );
}
