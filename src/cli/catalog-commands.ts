import type { Commands } from "./commands.ts";
import type { RunCommand } from "./context.ts";

/** Adds the commands about what is registered. */
export function addCatalogCommands(commands: Commands, run: RunCommand, refuseDryRun: (what: string) => void): void {
  commands.group("Registered packs:");
  commands.add("list", (command) =>
    command
      .description("every registered pack: version, components, where it is registered")
      .action(async () => run(async (context) => (await import("./list-command.ts")).listCommand(context))),
  );
  commands.add("show", (command) =>
    command
      .argument("<pack>", "its ref")
      .description("one registered pack: its components, its versions, where it is registered")
      .action(async (pack: string) =>
        run(async (context) => (await import("./list-command.ts")).showCommand(context, pack)),
      ),
  );
  commands.add("catalog", (command) =>
    command
      .argument("<what>", "sync")
      .argument("[pack...]", "refs of packs; all without")
      .description("`catalog sync`: register now what is live; ends with 1 while something is not registered")
      .action(async (what: string, packs: string[]) =>
        run(async (context) => {
          refuseDryRun("catalog sync");
          return (await import("./list-command.ts")).catalogCommand(context, what, packs);
        }),
      ),
  );
}
