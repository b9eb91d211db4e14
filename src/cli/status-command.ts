import { status } from "../daemon.ts";
import { ExitCode } from "../errors.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { statusText } from "./status-text.ts";
import { paintFor } from "./text.ts";

/** `packsync status`: where every pack stands, as of the last cycle; takes no lock. */
export async function statusCommand({ loaded: { config }, stdout }: CommandContext): Promise<ExitCode> {
  const found = await status(config);
  if (config.format === "json") {
    const { sources, packs, database } = found ?? { sources: [], packs: [], database: undefined };
    const document = { packsync: VERSION, volume: config.volume, packs, sources, database };
    stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else if (found === undefined) {
    stdout.write(`${config.volume}: nothing was published yet. Next: packsync --once\n`);
  } else {
    stdout.write(statusText(found, config, paintFor(stdout)));
  }
  return ExitCode.ok;
}
