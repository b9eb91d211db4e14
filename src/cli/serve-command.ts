import { ExitCode } from "../errors.ts";
import { generateToken } from "../serving.ts";
import { settleIn } from "../settle-in.ts";
import type { CommandContext } from "./context.ts";

/** `packsync serve`: the HTTP API until it is stopped, without watching. */
export async function serveCommand({ loaded, log, env, stderr, abort }: CommandContext): Promise<ExitCode> {
  const { config } = loaded;
  settleIn(config);
  const { serve } = await import("../serve.ts");
  const generatedToken = generateToken();
  await using serving = await serve({ config, log, env, generatedToken, beside: "nobody" });
  stderr.write(servingText(serving, generatedToken));
  if (!abort.aborted) await new Promise((resolve) => abort.addEventListener("abort", resolve, { once: true }));
  return ExitCode.ok;
}

/** Said once: a token that nobody configured is told to nobody else. */
export function servingText(
  { url, isGenerated }: { readonly url: string; readonly isGenerated: boolean },
  generatedToken: string,
): string {
  const token = isGenerated ? `packsync serve: the token for this run is ${generatedToken}\n` : "";
  return `packsync serve: listens at ${url}, ${url}/docs shows how to use it\n${token}`;
}
