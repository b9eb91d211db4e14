import { ExitCode } from "../errors.ts";
import type { CommandContext } from "./context.ts";
import { statusDocument, statusPage } from "./status-page.ts";
import { see } from "./status-seen.ts";
import { paintFor } from "./text.ts";

/** `packsync status`: where every pack stands, as of the last cycle, and how its sources are watched; takes no lock. */
export async function statusCommand(
  context: CommandContext,
  { watch }: { readonly watch: boolean },
): Promise<ExitCode> {
  if (watch) return await (await import("./watch/watch-status.ts")).watchStatus(context);
  const { loaded, stdout } = context;
  const { config } = loaded;
  const seen = await see(config);
  const isJson = config.format === "json";
  stdout.write(
    isJson ? `${JSON.stringify(statusDocument(seen, config), null, 2)}\n` : statusPage(seen, config, paintFor(stdout)),
  );
  return ExitCode.ok;
}
