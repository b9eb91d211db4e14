import type { Command } from "commander";
import { PacksyncError } from "../errors.ts";
import type { Commands } from "./commands.ts";
import type { RunCommand } from "./context.ts";

interface GuardFlags {
  readonly allow: string;
  readonly signals: string;
  readonly project?: string;
}

/** The commands about services that are told. */
export function addServiceCommands(
  program: Command,
  commands: Commands,
  run: RunCommand,
  refuseDryRun: (what: string) => void,
): void {
  commands.group("Tell services:");
  commands.add("services", (command) =>
    command
      .argument("[service]", "only this one")
      .description(
        "services that publishes concern: told, pending, retrying, failed, unhealthy or absent; and what was done",
      )
      .action(async (service: string | undefined) =>
        run(async (context) => (await import("./services-command.ts")).servicesCommand(context, service)),
      ),
  );
  commands.add("notify", (command) =>
    command
      .argument("<service>", "its name in compose, or in `services`")
      .description("tell a service now, in its way, by the daemon if one is running; ends with 1 unless it is back")
      .action(async (service: string) =>
        run(async (context) => {
          refuseDryRun("notify");
          return (await import("./services-command.ts")).notifyCommand(context, service);
        }),
      ),
  );
  commands.add("docker-guard", (command) =>
    command
      .description("a proxy for the engine's socket that lets only restarts and signals of these services through")
      .option("--listen <socket>", "where it listens")
      .requiredOption("--allow <service,…>", "services that may be told, as globs: api,worker-*")
      .option("--signals <signal,…>", "signals that may be sent", "SIGHUP,SIGUSR1,SIGUSR2")
      .option("--project <name>", "compose's project of these services (default: docker.project, or its own)")
      .action(async ({ project, ...flags }: GuardFlags) => {
        const listen = takeListen(program);
        await run(async (context) =>
          (await import("./docker-guard-command.ts")).dockerGuardCommand(context, { ...flags, project, listen }),
        );
      }),
  );
}

/** commander gives whatever is called as an option of the program to the program, where it is an address of the HTTP API. */
function takeListen(program: Command): string {
  const listen: unknown = program.getOptionValue("listen");
  program.setOptionValue("listen", undefined);
  if (typeof listen === "string") return listen;
  throw new PacksyncError("USAGE", "Expected `docker-guard` to be told where it listens, got no `--listen`.", {
    hint: "Write for example `--listen /run/guard/docker.sock`.",
  });
}
