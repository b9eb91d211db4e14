import { EVENT_KINDS, STAGES } from "../events/event.ts";

/** One measure with all its series. No label has more values than there are sources, services, or words in this program. */
export interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
  /** Of a histogram: upper bounds, in seconds. */
  readonly buckets?: readonly number[];
  /** Series that are there before anything happened: a label with all its values. */
  readonly from0?: readonly [label: string, values: readonly string[]];
}

const STAGE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const VISIBLE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 300];

function counter(help: string, ...labels: readonly string[]): Family {
  return { type: "counter", labels, help };
}

function gauge(help: string, ...labels: readonly string[]): Family {
  return { type: "gauge", labels, help };
}

/** What the daemon's events count; docs/metrics.md has the table. */
export const COUNTED = {
  packsync_events_total: {
    ...counter("What happened, by kind of event", "kind"),
    from0: ["kind", EVENT_KINDS],
  },
  packsync_publishes_total: counter("Packs that went live", "source"),
  packsync_retirements_total: counter("Packs that left the volume"),
  packsync_rejections_total: counter("Packs whose newest state was rejected", "source"),
  packsync_failures_total: counter("Packs that could not be published"),
  packsync_signals_total: counter("Attempts to tell a service, by how they ended", "service", "outcome"),
  packsync_stage_duration_seconds: {
    ...gauge("How long a stage of the flow took for one pack; of register: a round, of signal: an attempt", "stage"),
    type: "histogram",
    buckets: STAGE_SECONDS,
    from0: ["stage", STAGES],
  },
  packsync_save_to_visible_seconds: {
    ...gauge("From the first hint of a change until it was live and remembered"),
    type: "histogram",
    buckets: VISIBLE_SECONDS,
  },
} as const satisfies Readonly<Record<string, Family>>;

/** What is asked for when somebody looks. */
export const PRESENT = {
  packsync_build_info: gauge("Always 1; what answers", "version", "node_version"),
  packsync_up: gauge("Whether a daemon answers"),
  packsync_ready: gauge("Whether everything is well, as packsync healthcheck says it"),
  packsync_start_time_seconds: gauge("When the daemon started, since 1970"),
  packsync_trouble: gauge("Whether something keeps the volume from being used"),
  packsync_lag_seconds: gauge("How long the oldest change waits that was not looked at yet"),
  packsync_last_cycle_timestamp_seconds: gauge("When the last cycle ended, since 1970"),
  packsync_last_cycle_duration_seconds: gauge("What the last cycle took"),
  packsync_stage_age_seconds: gauge(
    "How long a stage has had something to do of which nothing came; 0: it has nothing to do",
    "stage",
  ),
  packsync_event_loop_delay_seconds: gauge(
    "The longest time since its start that the daemon's first thread did not listen",
  ),
  packsync_source_info: gauge("Always 1; a source that is watched", "source", "kind", "path"),
  packsync_source_hints_total: counter("Hints of changes that came", "source"),
  packsync_missed_events_total: counter("Packs whose change a rescan found that no event had announced", "source"),
  packsync_source_watching: gauge("How a source is watched: 1 for the mode that it has", "source", "mode"),
  packsync_source_held: gauge("Whether a source is held, and why: 1 for the reason", "source", "reason"),
  packsync_rescan_interval_seconds: gauge("From one look at all of a source to the next", "source"),
  packsync_rescan_age_seconds: gauge("How long ago the last look at all of a source was over", "source"),
  packsync_rescan_late_seconds: gauge(
    "How long a look at all of a source is overdue though there is nothing else to do; 0: it is not",
    "source",
  ),
  packsync_watches: gauge("Directories that are watched"),
  packsync_watches_allowed: gauge("Directories that may be watched by this user"),
  packsync_canary_state: gauge("How the canary fares: 1 for the state that it has", "state"),
  packsync_canary_rounds_total: counter("Canaries that came back"),
  packsync_canary_age_seconds: gauge(
    "How long no canary has come back, but for the time that the volume had other things to do",
  ),
  packsync_canary_duration_seconds: gauge("What the way of the last canary that came back took, by leg", "leg"),
  packsync_service_state: gauge("Where a service stands: 1 for the state that it has", "service", "state"),
  packsync_service_waiting_packs: gauge(
    "Packs that are live, and that a service has not acknowledged as they are",
    "service",
  ),
  packsync_service_failures: gauge("Attempts to tell a service since the last success", "service"),
  packsync_packs: gauge("Packs by where they stand", "state"),
  packsync_findings: gauge("What is wrong with packs now, by code", "code", "severity"),
  packsync_registrations: gauge("Live packs by where they stand in a catalog", "catalog", "state"),
  packsync_queue_depth: gauge("Jobs of the API that wait for their turn"),
  packsync_jobs_running: gauge("Jobs of the API that run"),
  packsync_volume_free_bytes: gauge("What is free on the volume's disk for who is not root"),
  packsync_volume_size_bytes: gauge("The size of the volume's disk"),
  process_cpu_user_seconds_total: counter("Processor time of all threads in user mode"),
  process_cpu_system_seconds_total: counter("Processor time of all threads in the kernel"),
  process_cpu_seconds_total: counter("Processor time of all threads"),
  process_resident_memory_bytes: gauge("Resident memory of the whole process"),
  process_virtual_memory_bytes: gauge("Virtual memory of the whole process"),
  process_start_time_seconds: gauge("When the process started, since 1970"),
  process_open_fds: gauge("Open files"),
  process_max_fds: gauge("Files that may be open"),
  process_threads: gauge("Threads"),
  nodejs_version_info: gauge("Always 1; the version of Node.js", "version"),
} as const satisfies Readonly<Record<string, Family>>;

/** What this server of the API was asked, since somebody looked for the first time. */
export const REQUESTED = {
  packsync_api_requests_total: counter("Requests of the API by the route's template", "method", "route", "status"),
  packsync_api_request_duration_seconds: {
    ...gauge("What requests of the API took", "method", "route"),
    type: "histogram",
    buckets: REQUEST_SECONDS,
  },
} as const satisfies Readonly<Record<string, Family>>;

export const FAMILIES = { ...COUNTED, ...PRESENT, ...REQUESTED } as const satisfies Readonly<Record<string, Family>>;
export type FamilyName = keyof typeof FAMILIES;

/** To be added to a counter, observed by a histogram, or what a gauge has. */
export interface Measure {
  readonly family: FamilyName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
