import { ask } from "../ask.ts";
import type { RollbackReport } from "../cycle/rollback.ts";
import { unpinning } from "../cycle/todo.ts";
import { ExitCode } from "../errors.ts";
import { planRollback } from "../history.ts";
import { VERSION } from "../platform/version.ts";
import type { RollbackRequest } from "../requests.ts";
import type { CommandContext } from "./context.ts";
import { registrationEnd, registrationLines } from "./registration-text.ts";
import { untoldLines } from "./service-text.ts";
import { countsText, findingLines, type Paint, paintFor, plural } from "./text.ts";

/** `packsync rollback <pack>`: an earlier release is live again, and stays until the source changes. */
export async function rollbackCommand(
  { loaded: { config }, log, stdout, abort }: CommandContext,
  { dryRun, ...request }: RollbackRequest & { readonly dryRun: boolean },
): Promise<ExitCode> {
  const report = dryRun
    ? await planRollback(config, request)
    : await ask("rollback", request, { config, log, doing: "rollback" }, abort);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, ...report }, null, 2)}\n`
      : rollbackText(report, paintFor(stdout)),
  );
  return ExitCode.ok;
}

export function rollbackText(report: RollbackReport, paint: Paint): string {
  const { ref, version, from, to, release, changes, returned, diagnostics } = report;
  const counts = countsText(changes);
  const what = [
    ...(counts === "" ? [] : [counts]),
    ...(returned > 0 ? [`${plural(returned, "file")} of others back`] : []),
  ];
  return [
    `${paint("bold", ref)}  ${version}  ${from ?? "retired"} → ${paint("green", release ?? "(dry run)")}  what ${to} had: ${what.join(", ")}${registrationEnd(report.registration)}`,
    ...registrationLines(report.registration, paint),
    ...untoldLines(report.services, paint),
    ...diagnostics.flatMap((finding) => findingLines(ref, finding, paint)),
    release === undefined
      ? "  nothing was changed (dry run)"
      : `  pinned: it stays until the source changes, or until \`${unpinning(ref)}\` and a sync`,
    "",
  ].join("\n");
}

/** `packsync pin <pack>`: what is live stays, whatever its source has. */
export async function pinCommand(
  { loaded: { config }, log, stdout, abort }: CommandContext,
  pack: string,
): Promise<ExitCode> {
  const release = await ask("pin", { pack }, { config, log, doing: "pin" }, abort);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, ref: pack, release }, null, 2)}\n`
      : `${pack}: ${release} is pinned: it stays, whatever its source has, until \`${unpinning(pack)}\` and a sync.\n`,
  );
  return ExitCode.ok;
}

/** `packsync unpin <pack>`: the next sync publishes what the source has. */
export async function unpinCommand(
  { loaded: { config }, log, stdout, abort }: CommandContext,
  pack: string,
): Promise<ExitCode> {
  const release = await ask("unpin", { pack }, { config, log, doing: "unpin" }, abort);
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, ref: pack, release }, null, 2)}\n`
      : `${pack}: ${release} is not pinned any more. Next: packsync --once publishes what the source has; a running daemon does so by itself.\n`,
  );
  return ExitCode.ok;
}
