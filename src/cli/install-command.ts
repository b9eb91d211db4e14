import { fetchOrder } from "../downloads.ts";
import { ExitCode } from "../errors.ts";
import { dependenciesDocument } from "../install/dependencies-document.ts";
import { downloadDocument } from "../install/download-document.ts";
import { environmentsDocument } from "../install/environments-document.ts";
import { registerDocument } from "../install/register-document.ts";
import type { DependencyReport, EnvironmentReport, StageProgress } from "../install/stages.ts";
import { type Installation, installPacks } from "../installation.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { downloadText, secondsOf } from "./download-command.ts";
import { type FetchFlags, fetchChoices } from "./fetch-options.ts";
import { registerText } from "./register-command.ts";
import { type Paint, paintFor, plural } from "./text.ts";

export interface InstallFlags extends FetchFlags {
  readonly ref?: string;
  readonly timeout: string;
  readonly submodules?: "refuse" | "fetch";
  readonly force?: boolean;
  readonly skipTests?: boolean;
  readonly skipValidation?: boolean;
  readonly skipDeps?: boolean;
  readonly skipEnvs?: boolean;
}

/** `packsync install <source…>`: all stages; each of its JSON's parts is the one of that stage's command. */
export async function installCommand(
  context: CommandContext,
  sources: readonly string[],
  flags: InstallFlags & { readonly dryRun: boolean },
): Promise<ExitCode> {
  const { loaded, log, cwd, env, stdout, stderr, abort } = context;
  const { config } = loaded;
  const {
    force = false,
    skipTests = false,
    skipValidation = false,
    skipDeps = false,
    skipEnvs = false,
    dryRun,
  } = flags;
  const order = {
    ...fetchOrder(config, { ...fetchChoices(flags), submodules: flags.submodules }, context),
    ...{ sources, ref: flags.ref, timeoutSeconds: secondsOf(flags.timeout) },
    ...{ force, skipTests, skipValidation, skipDependencies: skipDeps, skipEnvironments: skipEnvs, dryRun },
  };
  const installation = await installPacks(order, { config, log, env, onStage: stagesOn(stderr) }, abort);
  const exitCode = installation.failedIn === undefined ? ExitCode.ok : ExitCode.packs;
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, dryRun, ...documentOf(installation) }, null, 2)}\n`
      : installText(installation, dryRun, cwd, paintFor(stdout)),
  );
  return exitCode;
}

/** On a terminal: a line for each stage of each pack, and what its programs say. */
function stagesOn(stream: NodeJS.WriteStream): (progress: StageProgress) => void {
  const paint = paintFor(stream);
  return ({ stage, pack, line }) => {
    if (!stream.isTTY) return;
    const name = printableName(pack);
    stream.write(line === undefined ? `${stage} ${name}\n` : paint("dim", `  ${name}: ${printableName(line)}\n`));
  };
}

function documentOf({ downloads, dependencies, environments, registration, failedIn }: Installation) {
  return {
    failed_in: failedIn ?? null,
    download: downloadDocument(downloads),
    dependencies: dependencies === undefined ? null : dependenciesDocument(dependencies),
    environments: environments === undefined ? null : environmentsDocument(environments),
    register: registration === undefined ? null : registerDocument(registration),
  };
}

function installText(
  { downloads, dependencies, environments, registration, failedIn }: Installation,
  dryRun: boolean,
  cwd: string,
  paint: Paint,
): string {
  if (registration !== undefined) return registerText(registration, paint);
  const fetched = downloadText(downloads, cwd, paint);
  const unmet = failedIn !== "dependencies" || dependencies === undefined ? [] : unmetLines(dependencies, paint);
  const unbuilt = environments?.failed.flatMap((failed) => unbuiltLines(failed, paint)) ?? [];
  const count = plural(downloads.downloaded.length, "pack");
  const end = failedIn !== undefined || !dryRun ? "nothing was changed" : `${count} would be installed (dry run)`;
  return `${[fetched.trimEnd(), ...unmet, ...unbuilt, end].join("\n")}\n`;
}

function unbuiltLines({ packRef, runtime, error, hint }: EnvironmentReport["failed"][number], paint: Paint): string[] {
  const line = `${paint("red", "failed")} ${packRef}, ${runtime}: ${printableName(error)}`;
  return hint === undefined ? [line] : [line, `  ${paint("dim", "→")} ${printableName(hint)}`];
}

function unmetLines({ missing, conflicting, errors }: DependencyReport, paint: Paint): string[] {
  return [
    ...missing.map(({ packRef, versionSpec, requiredBy }) => {
      const what = `${packRef}${versionSpec === "*" ? "" : ` ${versionSpec}`}`;
      return `${paint("red", "missing")} Required pack '${printableName(what)}' is not installed; ${requiredBy} needs it`;
    }),
    ...conflicting.map(({ packRef, versionSpec, requiredBy, found }) => {
      const got =
        found === undefined
          ? ""
          : `, but ${found.version} ${found.from === "installed" ? "is installed" : "comes along"}`;
      return `${paint("red", "conflicting")} ${requiredBy} needs ${printableName(`${packRef} ${versionSpec}`)}${got}`;
    }),
    ...errors.map(
      ({ packPath, error }) => `${paint("red", "failed")} ${printableName(packPath)}: ${printableName(error)}`,
    ),
  ];
}
