import { ExitCode } from "../errors.ts";
import { type CycleReport, isBroken } from "./report.ts";

/**
 * How a sync ends (ARCHITECTURE §6). With `required` refs only these count: a typo must not keep a platform from
 * booting while what it needs is live. Rejected development packs and held development sources are loud and end with 0.
 *
 * @param isLive whether a whole pack of that ref stands in the volume, whoever put it there
 */
export function exitCodeOfReport(
  report: CycleReport,
  required: readonly string[],
  isLive: (ref: string) => boolean,
): ExitCode {
  if (required.length > 0) return required.every(isLive) ? ExitCode.ok : ExitCode.packs;
  const production = report.sources.filter(({ kind }) => kind === "production");
  if (production.some(({ state, held }) => state !== "listed" || held !== undefined)) return ExitCode.unusable;
  return report.packs.some(isBroken) ? ExitCode.packs : ExitCode.ok;
}
