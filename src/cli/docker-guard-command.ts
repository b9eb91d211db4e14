import { ExitCode } from "../errors.ts";
import type { CommandContext } from "./context.ts";

export interface GuardOptions {
  readonly listen: string;
  readonly allow: string;
  readonly signals: string;
  readonly project: string | undefined;
}

/** `packsync docker-guard`: lets through to the engine what telling services takes, until it is stopped. */
export async function dockerGuardCommand(context: CommandContext, options: GuardOptions): Promise<ExitCode> {
  const { guardsOwnProject, openGuard } = await import("../guard.ts");
  const { config } = context.loaded;
  const { host } = config.docker;
  const project = options.project ?? config.docker.project ?? (await guardsOwnProject(host, context.abort));
  const policy = { project, services: items(options.allow), signals: items(options.signals) };
  await using _ = await openGuard({ policy, socket: options.listen, host, owner: config.owner, log: context.log });
  context.stderr.write(`packsync docker-guard: ${policy.services.join(", ")} of ${project}, at ${options.listen}\n`);
  await new Promise((resolve) => context.abort.addEventListener("abort", resolve, { once: true }));
  return ExitCode.ok;
}

function items(list: string): readonly string[] {
  const found = list.split(",").map((item) => item.trim());
  return found.filter((item) => item !== "");
}
