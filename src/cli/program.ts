import { Command, CommanderError } from "commander";
import { ExitCode, exitCodeOf, PacksyncError } from "../errors.ts";
import { nearest } from "../pack/spelling.ts";
import { VERSION } from "../platform/version.ts";
import { addCatalogCommands } from "./catalog-commands.ts";
import { commandsFor } from "./commands.ts";
import { type RunCommand, type Surroundings, withContext } from "./context.ts";
import { errorText } from "./error-text.ts";
import { type EventFlags, eventRequest } from "./event-request.ts";
import { addInstallCommands } from "./install-commands.ts";
import { addOptions, type Options } from "./options.ts";
import { addPackCommands } from "./pack-commands.ts";
import { addServiceCommands } from "./service-commands.ts";
import { paintFor } from "./text.ts";

/** Runs one command line. Everything that fails is said on stderr, once, and becomes the exit code. */
export async function runProgram(argv: readonly string[], around: Surroundings): Promise<ExitCode> {
  const asked = helpAsOption(argv);
  let exitCode: ExitCode = ExitCode.ok;
  const program = createProgram(asked, around, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(asked, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    around.stderr.write(errorText(error, paintFor(around.stderr)));
    return error instanceof PacksyncError ? exitCodeOf(error.code) : ExitCode.packs;
  }
}

/** `help sync` is `sync --help`. */
function helpAsOption(argv: readonly string[]): readonly string[] {
  const [first, ...others] = argv;
  return first === "help" ? [...others, "--help"] : argv;
}

function createProgram(argv: readonly string[], around: Surroundings, done: (code: ExitCode) => void): Command {
  const program = new Command("packsync");
  const commands = commandsFor(argv, program);
  const run: RunCommand = async (command, formats) => {
    done(await withContext(program.opts<Options>(), around, { command, ...(formats && { formats }) }));
  };
  program
    .description(
      "Publishes automation packs into the volume that services share: validated, whole, and only when they changed.",
    )
    .usage("[--once] [options] | packsync <command> [options]")
    .version(VERSION, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => around.stdout.write(text), writeErr: (text) => around.stderr.write(text) })
    .argument("[command]")
    .action(async (command: string | undefined) => {
      if (command !== undefined) throw unknownCommand(command, commands.names);
      const { once, dryRun } = program.opts<Options>();
      if (once !== true && dryRun !== true) {
        await run(async (context) =>
          (await import("./daemon-command.ts")).daemonCommand(context, program.opts<Options>()),
        );
        return;
      }
      await run(async (context) =>
        (await import("./sync-command.ts")).syncCommand(context, { dryRun: dryRun === true, packs: [] }),
      );
    });
  addOptions(program);

  commands.group("Sync:");
  commands.add("sync", (command) =>
    command
      .argument("[pack...]", "refs of packs; all without")
      .description("one sync now, by the daemon if one is running; ends as --once does")
      .action(async (packs: string[]) => {
        const dryRun = program.opts<Options>().dryRun === true;
        await run(async (context) => (await import("./sync-command.ts")).syncCommand(context, { dryRun, packs }));
      }),
  );

  commands.group("See:");
  commands.add("plan", (command) =>
    command
      .argument("[pack...]", "refs of packs; all without")
      .description("what a sync would do, file by file, and why; changes nothing")
      .option("--exit-code", "end with 1 if a sync would change anything")
      .action(async (packs: string[], options: { exitCode?: boolean }) => {
        const wanted = { packs, exitCode: options.exitCode === true };
        await run(async (context) => (await import("./plan-command.ts")).planCommand(context, wanted));
      }),
  );
  commands.add("status", (command) =>
    command
      .description("per source: how it is watched; per pack: ref, version, source, live release, state, findings")
      .option("--watch", "keep it on the screen; q ends it")
      .action(async ({ watch = false }: { watch?: boolean }) =>
        run(async (context) => (await import("./status-command.ts")).statusCommand(context, { watch })),
      ),
  );
  commands.add("healthcheck", (command) =>
    command
      .description("whether the daemon keeps the volume in sync: ends with 0 or 1, for containers")
      .action(async () => {
        try {
          await run(async (context) => (await import("./healthcheck-command.ts")).healthcheckCommand(context));
        } catch (error) {
          around.stderr.write(errorText(error, paintFor(around.stderr)));
          done(ExitCode.packs); // engines know 0 and 1 only
        }
      }),
  );
  commands.add("history", (command) =>
    command
      .argument("[pack...]", "refs of packs; all without")
      .description("every release that is kept, the newest first")
      .action(async (packs: string[]) =>
        run(async (context) => (await import("./history-command.ts")).historyCommand(context, packs)),
      ),
  );
  commands.add("events", (command) =>
    command
      .description("what happened, from the save of a pack to the acknowledgement of the last service")
      .option("-f, --follow", "and what happens, until it is interrupted; a daemon that restarts is waited for")
      .option("--since <time>", "not what happened before: 10m, 2h, 3d, or an ISO time")
      .option("--after <id>", "only what happened after this event")
      .option("--pack <ref>", "only what is about this pack")
      .option("--service <name>", "only what is about this service")
      .option("--kind <kind...>", "only events of these kinds, e.g. pack.published")
      .option("--severity <severity>", "only info, warning or error")
      .option("--last <n>", "at most so many of what is kept, the newest (default: 50, or all with --since or --after)")
      .action(async (flags: EventFlags) =>
        run(async (context) =>
          (await import("./events-command.ts")).eventsCommand(context, eventRequest(flags, Date.now())),
        ),
      ),
  );
  commands.add("diff", (command) =>
    command
      .argument("<pack>", "its ref")
      .argument("[releases...]", "one or two, by id or number (default: the one before, and what is live)")
      .description("what is different between two releases, of YAML key by key")
      .action(async (pack: string, releases: string[]) =>
        run(async (context) => (await import("./diff-command.ts")).diffCommand(context, { pack, releases })),
      ),
  );
  commands.add("config", (command) =>
    command
      .description("the effective configuration")
      .option("--explain", "and where each value came from")
      .action(async ({ explain }: { explain?: boolean }) => {
        await run(async ({ loaded, stdout }) => {
          const { renderConfig } = await import("./config-command.ts");
          stdout.write(renderConfig(loaded, { explain: explain === true, format: loaded.config.format }));
          return ExitCode.ok;
        });
      }),
  );

  commands.add("verify", (command) =>
    command
      .argument("[pack...]", "refs of packs; all without")
      .description("the volume: read everything again that was published; ends with 1 while something drifted")
      .option("--repair", "bring back what drifted")
      .option("--prune", "remove damaged releases, release 0, and what others had in the way")
      .action(async (packs: string[], { repair = false, prune = false }: { repair?: boolean; prune?: boolean }) =>
        run(async (context) => {
          if (repair || prune) refuseDryRun(program.opts<Options>(), "verify --repair and --prune");
          return (await import("./verify-command.ts")).verifyCommand(context, { packs, repair, prune });
        }),
      ),
  );

  commands.add("doctor", (command) =>
    command
      .argument("[pack.action]", "one action, to follow from its source to the volume")
      .description("this machine: can it publish, and where does a pack or an action get stuck; each with the fix")
      .action(async (action: string | undefined) =>
        run(async (context) => (await import("./doctor-command.ts")).doctorCommand(context, action)),
      ),
  );

  addPackCommands(commands, run);
  addInstallCommands(program, commands, run, (what) => refuseDryRun(program.opts<Options>(), what));
  addCatalogCommands(commands, run, (what) => refuseDryRun(program.opts<Options>(), what));
  addServiceCommands(program, commands, run, (what) => refuseDryRun(program.opts<Options>(), what));

  commands.group("Go back:");
  commands.add("rollback", (command) =>
    command
      .argument("<pack>", "its ref")
      .description("make an earlier release live again; it stays until the source changes")
      .option("--to <release>", "its id or number (default: the newest one with other content)")
      .action(async (pack: string, { to }: { to?: string }) =>
        run(async (context) => {
          const dryRun = program.opts<Options>().dryRun === true;
          return (await import("./rollback-command.ts")).rollbackCommand(context, { pack, to, dryRun });
        }),
      ),
  );
  commands.add("pin", (command) =>
    command
      .argument("<pack>", "its ref")
      .description("keep what is live, whatever the source has")
      .action(async (pack: string) =>
        run(async (context) => {
          refuseDryRun(program.opts<Options>(), "pin");
          return (await import("./rollback-command.ts")).pinCommand(context, pack);
        }),
      ),
  );
  commands.add("unpin", (command) =>
    command
      .argument("<pack>", "its ref")
      .description("end a rollback or a pin: the next sync publishes what the source has")
      .action(async (pack: string) =>
        run(async (context) => {
          refuseDryRun(program.opts<Options>(), "unpin");
          return (await import("./rollback-command.ts")).unpinCommand(context, pack);
        }),
      ),
  );
  return program;
}

/** Nobody who only wants to look may change something. */
function refuseDryRun({ dryRun }: Options, what: string): void {
  if (dryRun !== true) return;
  throw new PacksyncError("USAGE", `Expected \`--dry-run\` with a sync or a rollback, got it with ${what}.`, {
    hint: "Leave it out; `packsync verify` without options changes nothing.",
  });
}

function unknownCommand(command: string, names: readonly string[]): PacksyncError {
  const meant = nearest(command, names, 2);
  const suggestion = meant === undefined ? "" : `Did you mean \`${meant}\`? `;
  return new PacksyncError("USAGE", `Expected a command, got \`${command}\`.`, {
    hint: `${suggestion}Commands: ${names.join(", ")}; see packsync --help.`,
  });
}
