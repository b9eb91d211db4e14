import type { Check } from "../doctor/check.ts";
import { examine, examineAction } from "../doctor.ts";
import { ExitCode } from "../errors.ts";
import { printableName } from "../platform/names.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { progressOn } from "./progress.ts";
import { type Paint, paintFor, plural } from "./text.ts";

/** `packsync doctor [pack.action]`: the classic questions, each with the fix. Ends with 1 if a check failed. */
export async function doctorCommand(context: CommandContext, action: string | undefined): Promise<ExitCode> {
  const { loaded, log, env, stdout, stderr, abort } = context;
  const { config } = loaded;
  using progress = progressOn(stderr);
  const options = { config, log, env, doing: "doctor", onProgress: progress.show };
  const checks = action === undefined ? await examine(options, abort) : await examineAction(options, action, abort);
  const exitCode = checks.some(({ state }) => state === "failed") ? ExitCode.packs : ExitCode.ok;
  stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, exitCode, checks }, null, 2)}\n`
      : doctorText(checks, paintFor(stdout)),
  );
  return exitCode;
}

const COLORS = { ok: "green", note: "yellow", failed: "red" } as const;

function doctorText(checks: readonly Check[], paint: Paint): string {
  const lines = checks.flatMap(({ state, message, fix }) => [
    `${paint(COLORS[state], state.padEnd(6))}  ${printableName(message)}`,
    ...(fix === undefined ? [] : [`        ${paint("dim", "→")} ${printableName(fix)}`]),
  ]);
  const failures = checks.filter(({ state }) => state === "failed").length;
  const total = `${plural(checks.length, "check")}: ${failures === 0 ? "none failed" : `${failures} failed`}`;
  return [...lines, total, ""].join("\n");
}
