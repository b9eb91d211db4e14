import { resolve } from "node:path";
import { environments } from "../environments.ts";
import { ExitCode, PacksyncError } from "../errors.ts";
import { environmentsDocument } from "../install/environments-document.ts";
import type { Environment, EnvironmentReport, StageProgress } from "../install/stages.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { shownPath } from "./shown-path.ts";
import { type Paint, paintFor, plural } from "./text.ts";

export interface BuildEnvsFlags {
  readonly envs?: string;
  readonly pythonVersion?: string;
  readonly nodejsVersion?: string;
  readonly skipPython?: boolean;
  readonly skipNodejs?: boolean;
  readonly forceRebuild?: boolean;
  readonly timeout: string;
  readonly detect?: boolean;
}

/** `packsync build-envs <path…>`; its JSON has the names of the platform's API. */
export async function buildEnvsCommand(
  context: CommandContext,
  paths: readonly string[],
  flags: BuildEnvsFlags,
): Promise<ExitCode> {
  const { loaded, cwd, env, stdout, abort } = context;
  const request = {
    packPaths: paths.map((path) => resolve(cwd, path)),
    envs: flags.envs === undefined ? undefined : resolve(cwd, flags.envs),
    pythonVersion: flags.pythonVersion,
    nodejsVersion: flags.nodejsVersion,
    skipPython: flags.skipPython === true,
    skipNodejs: flags.skipNodejs === true,
    forceRebuild: flags.forceRebuild === true,
    timeoutSeconds: secondsOf(flags.timeout),
    mode: flags.detect === true ? "detect" : "build",
    activation: "at once",
  } as const;
  using progress = progressOn(context);
  const report = await environments(request, { config: loaded.config, env, onStage: progress.show }, abort);
  const exitCode = report.failed.length === 0 ? ExitCode.ok : ExitCode.packs;
  progress[Symbol.dispose]();
  stdout.write(
    loaded.config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, exitCode, ...environmentsDocument(report) }, null, 2)}\n`
      : environmentsText(report, cwd, paintFor(stdout)),
  );
  return exitCode;
}

/** An API of the platform has at most an hour, too. */
const MAX_SECONDS = 3600;

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  const expected = `Expected \`--timeout\` to be whole seconds from 1 to ${MAX_SECONDS}`;
  throw new PacksyncError("USAGE", `${expected}, got \`${text}\``);
}

/** With `-v` every line of output; else, on a terminal, the last one in its place. */
function progressOn({ stderr, loaded }: CommandContext): Disposable & { readonly show: (at: StageProgress) => void } {
  const isVerbose = ["debug", "trace"].includes(loaded.config.log.level);
  let isShown = false;
  return {
    show({ pack, line }) {
      const text = `${pack}  ${printableName(line ?? "…")}`;
      if (isVerbose && line !== undefined) stderr.write(`${text}\n`);
      if (isVerbose || !stderr.isTTY) return;
      stderr.write(`\r${text.slice(0, (stderr.columns ?? 80) - 1)}\u001b[K`);
      isShown = true;
    },
    [Symbol.dispose]() {
      if (isShown) stderr.write("\r\u001b[K");
      isShown = false;
    },
  };
}

function environmentsText({ packs, failed }: EnvironmentReport, cwd: string, paint: Paint): string {
  const lines = [
    ...packs.flatMap(({ packRef, environments }) =>
      environments.length === 0
        ? [`${paint("bold", packRef)}  ${paint("dim", "needs no environment")}`]
        : environments.map((each) => environmentLine(packRef, each, cwd, paint)),
    ),
    ...failed.flatMap(({ packRef, packPath, runtime, error, hint }) => [
      `${paint("red", "failed")} ${packRef === "unknown" ? printableName(packPath) : `${packRef} ${runtime}`}: ${linesOf(error)}`,
      ...(hint === undefined ? [] : [`  ${printableName(hint)}`]),
    ]),
    `${plural(packs.flatMap(({ environments }) => environments).length, "environment")}, ${failed.length} failed`,
  ];
  return `${lines.join("\n")}\n`;
}

function environmentLine(
  ref: string,
  { outcome, path, packageCount, runtimeVersion }: Environment,
  cwd: string,
  paint: Paint,
): string {
  const about = `${runtimeVersion}, ${plural(packageCount, "package")}, ${outcome}`;
  return `${paint("bold", ref)}  ${printableName(shownPath(path, cwd))}  ${paint("dim", about)}`;
}

function linesOf(error: string): string {
  return error.split("\n").map(printableName).join("\n  ");
}
