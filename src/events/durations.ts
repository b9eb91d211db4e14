import type { PackReport } from "../cycle/report.ts";
import type { News } from "./recorder.ts";
import { stageTimes } from "./stage-times.ts";

/** In the order of the flow. */
export function stagesOf(timings: PackReport["timings"]): Pick<News, "stages"> {
  const stages = stageTimes(timings ?? {});
  return stages.length === 0 ? {} : { stages };
}

/** Tenths of a millisecond are more than anybody sees. */
export function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
