import type { Command } from "commander";
import type { RunCommand } from "./context.ts";

interface GuardFlags {
  readonly listen: string;
  readonly allow: string;
  readonly signals: string;
  readonly project?: string;
}

/** The commands about services that are told. */
export function addServiceCommands(program: Command, run: RunCommand): void {
  program.commandsGroup("Tell services:");
  program
    .command("docker-guard")
    .description("a proxy for the engine's socket that lets only restarts and signals of these services through")
    .requiredOption("--listen <socket>", "where it listens")
    .requiredOption("--allow <service,…>", "services that may be told, as globs: api,worker-*")
    .option("--signals <signal,…>", "signals that may be sent", "SIGHUP,SIGUSR1,SIGUSR2")
    .option("--project <name>", "compose's project of these services (default: docker.project)")
    .action(async ({ project, ...flags }: GuardFlags) =>
      run(async (context) =>
        (await import("./docker-guard-command.ts")).dockerGuardCommand(context, { project, ...flags }),
      ),
    );
}
