import { ExitCode } from "../errors.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { generateToken, type Listening, serveBeside } from "../serving.ts";
import { settleIn } from "../settle-in.ts";
import type { CommandContext } from "./context.ts";

/** `packsync serve`: the HTTP API until it is stopped, without watching. */
export async function serveCommand({ loaded, log, stderr, abort }: CommandContext): Promise<ExitCode> {
  const { config } = loaded;
  keepHeapSmall();
  settleIn(config);
  const generatedToken = generateToken();
  const onListening = (listening: Listening) => void stderr.write(servingText(listening, generatedToken));
  await using serving = serveBeside({ config, log, generatedToken, beside: "nobody", onListening });
  const stopped = new Promise<void>((resolve) => {
    if (abort.aborted) resolve();
    abort.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([stopped, serving.refused]);
  return ExitCode.ok;
}

/** Said once: a token that nobody configured is told to nobody else. What stands behind `#` no server ever sees, and the page takes it out of the address. */
export function servingText({ url, isGenerated }: Listening, generatedToken: string): string {
  const token = isGenerated ? `packsync serve: the token for this run is ${generatedToken}\n` : "";
  const wayIn = isGenerated ? `${url}/#token=${generatedToken}` : `${url}/`;
  return `packsync serve: listens at ${url}, ${url}/docs shows how to use it\n${token}packsync serve: the dashboard is ${wayIn}\n`;
}
