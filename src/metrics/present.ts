import type { CanaryStatus } from "../canary/status.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import type { PackState, Status } from "../cycle/status.ts";
import type { RootStatus, Watching } from "../loop/status.ts";
import type { HoldReason } from "../plan/hold.ts";
import type { ServiceStatus } from "../signal/queue.ts";
import type { ServiceView } from "../signal/view.ts";
import type { FamilyName, Measure } from "./families.ts";

/** What is known at a moment; what is not known has no series. */
export interface Present {
  /** `undefined`: none answers. */
  readonly daemon: DaemonStatus | undefined;
  readonly isReady: boolean;
  /** What the last cycle left. */
  readonly status: Status | undefined;
  readonly jobs: { readonly waiting: number; readonly running: number } | undefined;
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The gauges, and those counters that somebody else counts. */
export function presentOf({ daemon, isReady, status, jobs, disk, now }: Present): readonly Measure[] {
  return [
    number("packsync_up", daemon === undefined ? 0 : 1),
    number("packsync_ready", isReady ? 1 : 0),
    ...(daemon === undefined ? [] : daemonMeasures(daemon, now)),
    ...(status === undefined ? [] : statusMeasures(status)),
    ...(jobs === undefined
      ? []
      : [number("packsync_queue_depth", jobs.waiting), number("packsync_jobs_running", jobs.running)]),
    ...(disk === undefined
      ? []
      : [number("packsync_volume_free_bytes", disk.freeBytes), number("packsync_volume_size_bytes", disk.sizeBytes)]),
  ];
}

function daemonMeasures(daemon: DaemonStatus, now: number): readonly Measure[] {
  const { since, trouble, lagMs, lastCycle, stages, eventLoopDelayMs, roots, watches, watchesAllowed, services } =
    daemon;
  return [
    number("packsync_start_time_seconds", Date.parse(since) / 1000),
    number("packsync_trouble", trouble === undefined ? 0 : 1),
    number("packsync_lag_seconds", lagMs / 1000),
    ...(lastCycle === undefined
      ? []
      : [
          number("packsync_last_cycle_timestamp_seconds", Date.parse(lastCycle.at) / 1000),
          number("packsync_last_cycle_duration_seconds", lastCycle.durationMs / 1000),
        ]),
    ...stages.map(({ name: stage, ageMs }) => number("packsync_stage_age_seconds", ageMs / 1000, { stage })),
    number("packsync_event_loop_delay_seconds", eventLoopDelayMs / 1000),
    ...daemon.sources.map(({ name: source, kind, path }) => number("packsync_source_info", 1, { source, kind, path })),
    ...roots.flatMap((root) => rootMeasures(root, now)),
    number("packsync_watches", watches),
    ...(watchesAllowed === undefined ? [] : [number("packsync_watches_allowed", watchesAllowed)]),
    ...canaryMeasures(daemon.canary),
    ...services.flatMap(serviceMeasures),
  ];
}

const CANARY_STATES: readonly CanaryStatus["state"][] = ["off", "waiting", "well", "stalled"];

function canaryMeasures({ state, rounds, ageMs, legs = {} }: CanaryStatus): readonly Measure[] {
  return [
    ...oneOf("packsync_canary_state", {}, ["state", CANARY_STATES, state]),
    ...(state === "off"
      ? []
      : [number("packsync_canary_rounds_total", rounds), number("packsync_canary_age_seconds", ageMs / 1000)]),
    ...Object.entries(legs).map(([leg, ms]) => number("packsync_canary_duration_seconds", ms / 1000, { leg })),
  ];
}

const WATCHING: readonly Watching[] = ["events", "polling", "degraded", "vanished"];
const REASONS: readonly HoldReason[] = ["root-absent", "root-unreadable", "emptied", "mass-removal", "not-uninstalled"];

function rootMeasures(root: RootStatus, now: number): readonly Measure[] {
  const { name: source, watching, held, events, missedEvents, rescanIntervalMs, rescanLateMs, lastRescanAt } = root;
  return [
    number("packsync_source_hints_total", events, { source }),
    number("packsync_missed_events_total", missedEvents, { source }),
    ...oneOf("packsync_source_watching", { source }, ["mode", WATCHING, watching]),
    ...oneOf("packsync_source_held", { source }, ["reason", REASONS, held]),
    number("packsync_rescan_interval_seconds", rescanIntervalMs / 1000, { source }),
    number("packsync_rescan_late_seconds", rescanLateMs / 1000, { source }),
    ...(lastRescanAt === undefined
      ? []
      : [number("packsync_rescan_age_seconds", Math.max(0, now - Date.parse(lastRescanAt)) / 1000, { source })]),
  ];
}

const SERVICE_STATES: readonly ServiceStatus[] = ["told", "pending", "retrying", "failed", "unhealthy", "absent"];

function serviceMeasures({ service, state, waiting, failures }: ServiceView): readonly Measure[] {
  return [
    ...oneOf("packsync_service_state", { service }, ["state", SERVICE_STATES, state]),
    number("packsync_service_waiting_packs", waiting.length, { service }),
    number("packsync_service_failures", failures, { service }),
  ];
}

const PACK_STATES: readonly PackState[] = [
  "live",
  "pinned",
  "invalid",
  "rejected",
  "held",
  "shadowed",
  "missing",
  "retired",
  "mounted",
];

function statusMeasures({ packs }: Status): readonly Measure[] {
  const findings = packs.flatMap((pack) => pack.findings.map(({ code, severity }) => `${code} ${severity}`));
  const standings = packs.flatMap(({ catalogs }) => catalogs.map(({ catalog, state }) => `${catalog} ${state}`));
  const catalogs = new Set(packs.flatMap((pack) => pack.catalogs.map(({ catalog }) => catalog)));
  const states = [...catalogs].flatMap((catalog) => REGISTRATION_STATES.map((state) => `${catalog} ${state}`));
  return [
    ...counted(
      packs.map(({ state }) => state),
      PACK_STATES,
    ).map(([state, count]) => number("packsync_packs", count, { state })),
    ...counted(findings, []).map(([key, count]) => {
      const [code = "", severity = ""] = key.split(" ");
      return number("packsync_findings", count, { code, severity });
    }),
    ...counted(standings, states).map(([key, count]) => {
      const [catalog = "", state = ""] = key.split(" ");
      return number("packsync_registrations", count, { catalog, state });
    }),
  ];
}

const REGISTRATION_STATES = ["registered", "pending", "failed"] as const;

/** How often each occurs; `expected` ones also if they do not. */
function counted(keys: readonly string[], expected: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map(expected.map((key) => [key, 0]));
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts];
}

/** A series for each value that a label may have, and 1 for the one that it has. */
function oneOf(
  family: FamilyName,
  labels: Measure["labels"],
  [label, values, actual]: readonly [string, readonly string[], string | undefined],
): readonly Measure[] {
  const all = actual === undefined || values.includes(actual) ? values : [...values, actual];
  return all.map((value) => number(family, value === actual ? 1 : 0, { ...labels, [label]: value }));
}

function number(family: FamilyName, value: number, labels: Measure["labels"] = {}): Measure {
  return { family, labels, value };
}
