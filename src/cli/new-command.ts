import { ExitCode } from "../errors.ts";
import { makePack } from "../new-pack.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { shownPath } from "./shown-path.ts";
import { paintFor } from "./text.ts";

/** `packsync new <name>`: makes a development pack to start with. */
export async function newCommand({ loaded: { config }, cwd, stdout }: CommandContext, name: string): Promise<ExitCode> {
  const made = makePack(config, name);
  const place = shownPath(made.path, cwd);
  const paint = paintFor(stdout);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, ...made }, null, 2)}\n`
      : `${[paint("bold", place), ...made.files.map((file) => `  ${file}`), `Next: packsync validate ${place}`, ""].join("\n")}`,
  );
  return ExitCode.ok;
}
