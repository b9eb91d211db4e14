import { ExitCode } from "../errors.ts";
import { planOnce } from "../once.ts";
import { VERSION } from "../platform/version.ts";
import type { CommandContext } from "./context.ts";
import { planText } from "./plan-text.ts";
import { progressOn } from "./progress.ts";
import { paintFor } from "./text.ts";

export interface PlanOptions {
  /** Refs; empty: all. */
  readonly packs: readonly string[];
  /** End with 1 if a sync would change anything. */
  readonly exitCode: boolean;
}

/** `packsync plan`: what a sync would do, file by file, and why; changes nothing. */
export async function planCommand(context: CommandContext, { packs, exitCode }: PlanOptions): Promise<ExitCode> {
  const { config } = context.loaded;
  using progress = progressOn(context.stderr);
  const only = packs.length > 0 ? packs : config.only;
  const options = { config: { ...config, only }, log: context.log, doing: "plan", onProgress: progress.show };
  const report = await planOnce(options, context.abort);
  context.stdout.write(
    config.format === "json"
      ? `${JSON.stringify({ packsync: VERSION, volume: config.volume, packs: report.packs, shadowed: report.shadowed, sources: report.sources }, null, 2)}\n`
      : planText(report, paintFor(context.stdout)),
  );
  const changes = report.packs.some(({ outcome }) => outcome === "published" || outcome === "retired");
  return exitCode && changes ? ExitCode.packs : ExitCode.ok;
}
