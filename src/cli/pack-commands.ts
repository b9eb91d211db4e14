import { Option } from "commander";
import { formats } from "../config/config.ts";
import type { Dialect } from "../pack/identity.ts";
import type { Commands } from "./commands.ts";
import type { RunCommand } from "./context.ts";

/** Adds the commands for whoever writes packs. */
export function addPackCommands(commands: Commands, run: RunCommand): void {
  commands.group("Write packs:");
  addValidate(commands, run);
  addSchema(commands, run);
  commands.add("new", (command) =>
    command
      .argument("<name>", "the ref of the pack")
      .description("a development pack to start with: an action, its script, a test")
      .action(async (name: string) =>
        run(async (context) => (await import("./new-command.ts")).newCommand(context, name)),
      ),
  );
}

const dialect = () =>
  new Option("--dialect <dialect>", "whose rules count (default: what each pack looks like)").choices([
    "attune",
    "stackstorm",
  ]);

interface ValidateFlags {
  readonly strict?: boolean;
  readonly fix?: boolean;
  readonly dialect?: Dialect;
}

function addValidate(commands: Commands, run: RunCommand): void {
  commands.add("validate", (command) =>
    command
      .argument("[path...]", "packs, directories of packs, files of packs (default: the sources)")
      .description("my files: what is wrong with them, where, and the fix; needs no volume")
      .option("--strict", "warnings are errors")
      .option("--fix", "mend what is safe: pack.yaml or ref missing, execute bit, Windows line ends of scripts")
      .addOption(dialect())
      .action(async (paths: string[], { strict = false, fix = false, dialect }: ValidateFlags) =>
        run(async (context) => {
          const { validateCommand } = await import("./validate-command.ts");
          return validateCommand(context, { paths, cwd: context.cwd, strict, fix, dialect });
        }, formats),
      ),
  );
}

interface SchemaFlags {
  readonly write?: string;
  readonly dialect?: Dialect;
}

function addSchema(commands: Commands, run: RunCommand): void {
  commands.add("schema", (command) =>
    command
      .argument("[kind]", "e.g. action; without it the kinds are listed")
      .description("JSON Schema of definitions, for editors")
      .option("--write <dir>", "write a file for each kind, and say how an editor finds them")
      .addOption(dialect())
      .action(async (kind: string | undefined, { write, dialect }: SchemaFlags) =>
        run(async (context) => (await import("./schema-command.ts")).schemaCommand(context, { kind, write, dialect })),
      ),
  );
}
