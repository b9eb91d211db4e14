import type { PacksyncEvent } from "../events/event.ts";
import type { Measure } from "./families.ts";

/** What an event adds to the counters. */
export function countsOf(event: PacksyncEvent): readonly Measure[] {
  const { kind, source = "", service = "" } = event;
  const happened = one("packsync_events_total", { kind });
  const stages = (event.stages ?? []).map(({ stage, ms }) =>
    seconds("packsync_stage_duration_seconds", ms, { stage: String(stage) }),
  );
  switch (kind) {
    case "pack.published":
      return [happened, one("packsync_publishes_total", { source }), ...visible(event), ...stages];
    case "pack.retired":
      return [happened, one("packsync_retirements_total")];
    case "pack.rejected":
      return [happened, one("packsync_rejections_total", { source })];
    case "pack.failed":
      return [happened, one("packsync_failures_total")];
    case "service.told":
    case "service.failed": {
      const outcome = String(event.data?.["ending"] ?? (kind === "service.told" ? "told" : "failed"));
      return [happened, one("packsync_signals_total", { service, outcome }), ...stages];
    }
    default:
      return [happened, ...stages];
  }
}

/** Only of what somebody saved: nobody knows since when other changes were there. */
function visible({ elapsed_ms }: PacksyncEvent): readonly Measure[] {
  return elapsed_ms === undefined ? [] : [seconds("packsync_save_to_visible_seconds", elapsed_ms)];
}

function one(family: Measure["family"], labels: Measure["labels"] = {}): Measure {
  return { family, labels, value: 1 };
}

function seconds(family: Measure["family"], ms: number, labels: Measure["labels"] = {}): Measure {
  return { family, labels, value: ms / 1000 };
}
