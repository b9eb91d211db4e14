import { ask } from "../ask.ts";
import { ExitCode } from "../errors.ts";
import { VERSION } from "../platform/version.ts";
import type { Uninstalled } from "../requests.ts";
import type { CommandContext } from "./context.ts";
import { registrationEnd, registrationLines } from "./registration-text.ts";
import { countsText, findingLines, type Paint, paintFor } from "./text.ts";

/** `packsync uninstall <ref>`: the one way in which an installed pack leaves. */
export async function uninstallCommand(
  { loaded: { config }, log, stdout, abort }: CommandContext,
  pack: string,
): Promise<ExitCode> {
  const uninstalled = await ask("uninstall", { pack }, { config, log, doing: "uninstall" }, abort);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, ...uninstalled }, null, 2)}\n`
      : uninstallText(uninstalled, paintFor(stdout)),
  );
  return uninstalled.report?.outcome === "failed" ? ExitCode.packs : ExitCode.ok;
}

function uninstallText({ ref, report, registration }: Uninstalled, paint: Paint): string {
  if (report === undefined) return `${paint("bold", ref)}  uninstalled; what is live comes from a source, and stays\n`;
  const { version = "", outcome, changes, diagnostics } = report;
  return [
    `${paint("bold", ref)}  ${version}  ${outcome}  ${countsText(changes)}${registrationEnd(registration)}`,
    ...registrationLines(registration, paint),
    ...diagnostics.flatMap((finding) => findingLines(ref, finding, paint)),
    "",
  ].join("\n");
}
