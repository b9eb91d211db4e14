import { logEnvironments } from "../environment-log.ts";
import { stageTimes } from "../events/stage-times.ts";
import type { DaemonEvent } from "../loop/events.ts";
import type { Log } from "../platform/log.ts";

/** What the daemon says, for programs: one line each. */
export function logEvent(event: DaemonEvent, log: Log): void {
  switch (event.kind) {
    case "started": {
      const { status, tookMs, news } = event;
      log.info({ ...news.totals, roots: status.roots, durationMs: Math.round(tookMs) }, "watching");
      return;
    }
    case "pack": {
      const { report, elapsedMs } = event;
      const { ref, source, version, release, outcome, changes, diagnostics, timings } = report;
      const elapsed = elapsedMs === undefined ? {} : { elapsedMs: Math.round(elapsedMs) };
      const took = { ...elapsed, ...(timings && { stages: stageTimes(timings) }) };
      const { registration } = event;
      const about = { ref, source, version, release, outcome, changes, ...took, diagnostics, registration };
      const isRefused = outcome === "rejected" || outcome === "failed";
      log[isRefused ? "error" : outcome === "held" ? "warn" : "info"](about, `pack ${outcome}`);
      return;
    }
    case "registered":
      log.info({ registration: event.report }, "registered");
      return;
    case "root": {
      const { root } = event;
      const isFine = root.watching === "events" && root.held === undefined;
      log[isFine ? "info" : "warn"](
        { ...root },
        isFine ? "source is fine" : `source ${root.held === undefined ? root.watching : "held"}`,
      );
      return;
    }
    case "degraded":
      log.warn({ ...event.degraded }, "not all of a source can be watched");
      return;
    case "missed":
      log.warn({ source: event.source, packs: event.packs }, "changes that no event announced");
      return;
    case "trouble":
      log.error({ hint: event.hint }, event.message);
      return;
    case "recovered":
      log.info({}, "the volume can be used again");
      return;
    case "environments":
      logEnvironments(event.came, log);
      return;
    case "verified":
      log.warn({ ...event.pack, drift: event.pack.drift.paths }, "verified");
      return;
    case "concerns":
      for (const { pack, release, targets } of event.concerns.turns)
        if (targets.length > 0) log.info({ pack, release, targets }, "concerns");
      for (const { pack, note } of event.concerns.notes) log.warn({ pack }, note);
      return;
    case "delivered": {
      const { tookMs, told: _, liveAtMs: __, ...about } = event.delivered;
      const { ending } = about;
      const level = ending === "told" ? "info" : ending === "absent" ? "debug" : ending === "failed" ? "warn" : "error";
      log[level]({ ...about, tookMs: Math.round(tookMs) }, `service ${ending}`);
      return;
    }
    case "quarantined":
      log.error(
        { service: event.service, packs: event.packs, left: event.left },
        event.packs.length > 0 ? "packs went back" : "no pack went back",
      );
      return;
    case "released":
      log.info({ service: event.service, packs: event.packs }, "packs are tried again");
      return;
    case "pending":
    case "rest":
      return;
    default:
      event satisfies never;
  }
}
