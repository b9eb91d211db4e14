import type { DaemonStatus } from "../control/protocol.ts";
import { STAGES, type StageName } from "../events/event.ts";
import type { StageRow } from "./documents.ts";

/** The volume's thread does these one after another: what it has to do may be in any of them. */
const WATCHED_BY: Readonly<Record<StageName, DaemonStatus["stages"][number]["name"]>> = {
  watch: "watch",
  settle: "settle",
  scan: "publish",
  validate: "publish",
  stage: "publish",
  publish: "publish",
  register: "register",
  signal: "tell",
};

/** Every stage of the flow, as it is now. @param daemon `undefined`: nobody has anything to do */
export function pipelineOf(daemon: Pick<DaemonStatus, "stages" | "healthLimitMs"> | undefined): StageRow[] {
  const limitMs = daemon?.healthLimitMs ?? Number.POSITIVE_INFINITY;
  const ages = new Map(daemon?.stages.map(({ name, ageMs }) => [name, ageMs]));
  return STAGES.map((stage) => {
    const age = Math.round(ages.get(WATCHED_BY[stage]) ?? 0);
    return { stage, state: age === 0 ? "idle" : age > limitMs ? "stalled" : "busy", age_ms: age, last_ms: null };
  });
}
