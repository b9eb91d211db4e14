import { ask } from "../ask.ts";
import { exitCodeOfReport } from "../cycle/exit-code.ts";
import { type CycleReport, totalsOf } from "../cycle/report.ts";
import { ExitCode, exitCodeOf, PacksyncError } from "../errors.ts";
import { isLiveIn, logReport, planOnce } from "../once.ts";
import { monotonicMs } from "../platform/clock.ts";
import { VERSION } from "../platform/version.ts";
import { settleIn } from "../settle-in.ts";
import type { CommandContext } from "./context.ts";
import { errorText } from "./error-text.ts";
import { progressOn } from "./progress.ts";
import { syncText } from "./sync-text.ts";
import { paintFor } from "./text.ts";

/** What one sync is told; `packs` are refs, beside those of `--only`. */
export interface SyncWanted {
  readonly dryRun: boolean;
  readonly packs: readonly string[];
}

/** `packsync --once`, `packsync sync`: one sync, reported. With `dryRun` only what it would do. */
export async function syncCommand(context: CommandContext, { dryRun, packs }: SyncWanted): Promise<ExitCode> {
  const { config } = context.loaded;
  try {
    const started = monotonicMs();
    const report = await run(context, { dryRun, packs });
    const durationMs = monotonicMs() - started;
    const isLive = isLiveIn(config);
    const exitCode = exitCodeOfReport(report, dryRun ? [] : config.require, isLive);
    context.stdout.write(
      config.format === "json"
        ? `${JSON.stringify(document({ report, durationMs, exitCode, dryRun }, config.volume), null, 2)}\n`
        : syncText({ report, durationMs, dryRun }, config, paintFor(context.stdout)),
    );
    const missing = dryRun ? [] : config.require.filter((ref) => !isLive(ref));
    if (missing.length > 0) context.stderr.write(`Required, but not live in the volume: ${missing.join(", ")}.\n`);
    return exitCode;
  } catch (error) {
    return stillLive(context, error);
  }
}

/** What a container start wants: while the packs it requires are live, a volume that cannot be written is only loud. */
function stillLive({ loaded: { config }, stderr }: CommandContext, error: unknown): ExitCode {
  const isUnusable = error instanceof PacksyncError && exitCodeOf(error.code) === ExitCode.unusable;
  if (!isUnusable || config.require.length === 0 || !config.require.every(isLiveIn(config))) throw error;
  stderr.write(errorText(error, paintFor(stderr)));
  stderr.write(`Required packs are live all the same: ${config.require.join(", ")}.\n`);
  return ExitCode.ok;
}

async function run(context: CommandContext, { dryRun, packs }: SyncWanted): Promise<CycleReport> {
  const { loaded, log, stderr, abort } = context;
  using progress = progressOn(stderr);
  const only = [...loaded.config.only, ...packs];
  const config = { ...loaded.config, only };
  const options = { config, log, doing: "sync", onProgress: progress.show };
  if (dryRun) return await planOnce(options, abort);
  settleIn(config);
  const { allowRemovals } = config;
  const report = await ask("sync", { only, allowRemovals }, options, abort);
  logReport(report, log);
  return report;
}

interface Finished {
  readonly report: CycleReport;
  readonly durationMs: number;
  readonly exitCode: ExitCode;
  readonly dryRun: boolean;
}

/** The one document that `--format json` prints. */
function document({ report, durationMs, exitCode, dryRun }: Finished, volume: string) {
  const packs = report.packs.map(({ plan: _, ...pack }) => pack);
  return {
    packsync: VERSION,
    volume,
    dryRun,
    exitCode,
    durationMs: Math.round(durationMs * 10) / 10,
    totals: totalsOf(packs),
    packs,
    shadowed: report.shadowed,
    registration: report.registration,
    services: report.services,
    notes: report.notes,
    sources: report.sources,
  };
}
