import { resolve } from "node:path";
import { dependenciesOf } from "../dependencies.ts";
import { ExitCode } from "../errors.ts";
import { dependenciesDocument } from "../install/dependencies-document.ts";
import type { Dependency, DependencyReport, RuntimeNeeds } from "../install/stages.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { shownPath } from "./shown-path.ts";
import { columns, type Paint, paintFor, plural } from "./text.ts";

export interface DependenciesFlags {
  readonly skipValidation?: boolean;
}

/** `packsync dependencies <path…>`; its JSON has the names of the platform's API. */
export async function dependenciesCommand(
  { loaded: { config }, cwd, stdout }: CommandContext,
  paths: readonly string[],
  { skipValidation }: DependenciesFlags,
): Promise<ExitCode> {
  const report = await dependenciesOf(config, {
    packPaths: paths.map((path) => resolve(cwd, path)),
    validation: skipValidation === true ? "skipped" : "judged",
  });
  const { missing, conflicting, errors } = report;
  const exitCode = missing.length + conflicting.length + errors.length === 0 ? ExitCode.ok : ExitCode.packs;
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, ...dependenciesDocument(report) }, null, 2)}\n`
      : dependenciesText(report, cwd, paintFor(stdout)),
  );
  return exitCode;
}

function dependenciesText(report: DependencyReport, cwd: string, paint: Paint): string {
  const { analyzed, missing, conflicting, circular, order, errors } = report;
  const lines = [
    ...analyzed.flatMap(({ packRef, packPath, version, dependencies, runtimes }) => [
      `${paint("bold", packRef)} ${version}  ${paint("dim", printableName(shownPath(packPath, cwd)))}`,
      ...columns(dependencies.map((each) => dependencyCells(each, report, paint))).map((line) => `  ${line}`),
      ...runtimeLines(runtimes, cwd),
    ]),
    ...errors.map(({ packPath, error }) => {
      return `${paint("red", "failed")} ${printableName(shownPath(packPath, cwd))}: ${printableName(error)}`;
    }),
    ...circular.map((round) => `${paint("yellow", "circular")} ${[...round, round[0]].join(" → ")}`),
    ...(order.length > 1 ? [`order: ${order.join(", ")}`] : []),
    `${plural(order.length, "pack")}: ${missing.length} missing, ${conflicting.length} conflicting, ${errors.length} failed`,
  ];
  return `${lines.join("\n")}\n`;
}

function dependencyCells(dependency: Dependency, report: DependencyReport, paint: Paint): string[] {
  const { packRef, versionSpec, found } = dependency;
  const name = `needs ${packRef}`;
  const spec = printableName(versionSpec);
  const version = found === undefined ? "" : `${found.version} ${found.from}`;
  const isConflicting = report.conflicting.includes(dependency);
  if (report.missing.includes(dependency))
    return [name, spec, paint("red", isConflicting ? "missing, and others want other versions" : "missing")];
  if (isConflicting) return [name, spec, `${paint("red", "conflicting")}: ${version}`];
  return [name, spec, version || "the platform has it"];
}

function runtimeLines({ python, nodejs }: RuntimeNeeds, cwd: string): string[] {
  const line = (name: string, version: string | undefined, file: string | undefined): string => {
    const packages = file === undefined ? "" : `, packages of ${printableName(shownPath(file, cwd))}`;
    return `  needs ${name}${version === undefined ? "" : ` ${printableName(version)}`}${packages}`;
  };
  return [
    ...(python === undefined ? [] : [line("Python", python.version, python.requirementsFile)]),
    ...(nodejs === undefined ? [] : [line("Node.js", nodejs.version, nodejs.packageFile)]),
  ];
}
