import { resolve } from "node:path";
import { ExitCode } from "../errors.ts";
import { registerDocument } from "../install/register-document.ts";
import type { RegisterReport } from "../install/stages.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import { registerPacks } from "../registering.ts";
import type { CommandContext } from "./context.ts";
import { findingLines, type Paint, paintFor, plural } from "./text.ts";

export interface RegisterFlags {
  readonly force?: boolean;
  readonly skipTests?: boolean;
  readonly skipValidation?: boolean;
}

/** `packsync register <path…>`; its JSON has the names of the platform's API. */
export async function registerCommand(
  { loaded: { config }, log, cwd, stdout, abort }: CommandContext,
  paths: readonly string[],
  { force = false, skipTests = false, skipValidation = false }: RegisterFlags,
): Promise<ExitCode> {
  const packPaths = paths.map((path) => resolve(cwd, path));
  const order = { packPaths, force, skipTests, skipValidation, how: "each" } as const;
  const options = { config, log, onStage() {} };
  const report = await registerPacks(order, options, abort);
  const exitCode = report.failed.length === 0 ? ExitCode.ok : ExitCode.packs;
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, ...registerDocument(report) }, null, 2)}\n`
      : registerText(report, paintFor(stdout)),
  );
  return exitCode;
}

export function registerText({ registered, failed }: RegisterReport, paint: Paint): string {
  const lines = [
    ...registered.flatMap(({ packRef, version, release, storagePath, components, tests, diagnostics }) => [
      `${paint("bold", packRef)} ${version}  ${paint("green", release)}  ${printableName(storagePath)}  ${componentsText(components)}${
        tests === undefined ? "" : `, ${tests.passed} of ${plural(tests.totalTests, "test")} passed`
      }`,
      ...diagnostics.flatMap((finding) => findingLines(packRef, finding, paint)),
    ]),
    ...failed.flatMap(({ packRef, packPath, error, hint, diagnostics }) => [
      `${paint("red", "failed")} ${packRef === "unknown" ? printableName(packPath) : paint("bold", packRef)}: ${printableName(error)}`,
      ...(hint === undefined ? [] : [`  ${paint("dim", "→")} ${printableName(hint)}`]),
      ...diagnostics.flatMap((finding) => findingLines(packRef, finding, paint)),
    ]),
    `${plural(registered.length, "pack")} registered, ${failed.length} failed`,
  ];
  return `${lines.join("\n")}\n`;
}

function componentsText(components: Readonly<Record<string, number>>): string {
  const counts = Object.entries(components).map(([kind, count]) => plural(count, kind.replaceAll("_", " ")));
  return counts.join(", ") || "no components";
}
