import type { Leg } from "../canary/status.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import { STAGES, type StageName } from "../events/event.ts";
import type { StageRow } from "./documents.ts";
import type { LastStages } from "./last-stages.ts";

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

/** Where the canary shows that nothing gets through. */
const CANARYS: Readonly<Record<Leg, StageName>> = {
  write: "watch",
  watch: "watch",
  settle: "settle",
  scan: "scan",
  publish: "publish",
  read: "publish",
};

/** Every stage of the flow, as it is now. @param daemon `undefined`: nobody has anything to do @param last how long each took the last time */
export function pipelineOf(
  daemon: Pick<DaemonStatus, "stages" | "canary" | "healthLimitMs"> | undefined,
  last: LastStages,
): StageRow[] {
  const { stages = [], canary, healthLimitMs: limitMs = Number.POSITIVE_INFINITY } = daemon ?? {};
  const ages = new Map(stages.map(({ name, ageMs }) => [name, ageMs]));
  const isLost = (stage: StageName) => canary?.state === "stalled" && canary.leg && CANARYS[canary.leg] === stage;
  return STAGES.map((stage) => {
    const own = ages.get(WATCHED_BY[stage]) ?? 0;
    const isStalled = own > limitMs || isLost(stage);
    const age = Math.round(isLost(stage) ? Math.max(own, canary?.legMs ?? 0) : own);
    return {
      stage,
      state: isStalled ? "stalled" : age === 0 ? "idle" : "busy",
      age_ms: age,
      last_ms: last.get(stage) ?? null,
    };
  });
}
