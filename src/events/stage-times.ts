import type { Timings } from "../cycle/report.ts";
import { wholeMicroseconds } from "../platform/clock.ts";
import { STAGES, type StageTime } from "./event.ts";

/** How long each stage took that is known, in the order of the flow. */
export function stageTimes(timings: Timings): readonly StageTime[] {
  return STAGES.flatMap((stage) => {
    const ms = timings[stage];
    return ms === undefined ? [] : [{ stage, ms: wholeMicroseconds(ms) }];
  });
}
