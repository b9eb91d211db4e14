import { type Command, Option } from "commander";
import { formats } from "../config/config.ts";
import type { Dialect } from "../pack/identity.ts";
import type { RunCommand } from "./context.ts";

/** Adds the commands for whoever writes packs. */
export function addPackCommands(program: Command, run: RunCommand): void {
  program.commandsGroup("Write packs:");
  addValidate(program, run);
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

function addValidate(program: Command, run: RunCommand): void {
  program
    .command("validate")
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
    );
}
