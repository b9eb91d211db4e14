/**
 * What happened, as it is kept, shown and sent: over the control socket, as server-sent events, by `packsync events`. One release id leads from
 * the save of a pack to the acknowledgement of the last service.
 */
export interface PacksyncEvent {
  /** Grows, also over restarts; what one asks to go on after. */
  readonly id: number;
  /** ISO time. */
  readonly at: string;
  readonly kind: EventKind;
  readonly severity: EventSeverity;
  /** One sentence for people, without control characters. */
  readonly text: string;
  /** Ref of the pack. */
  readonly pack?: string;
  readonly version?: string;
  /** The release that is live after it. */
  readonly release?: string;
  readonly source?: string;
  readonly service?: string;
  /**
   * In milliseconds. Of a published pack: since the first hint of the change; of a service that was told: since its packs went live, as far as
   * it is known.
   */
  readonly elapsed_ms?: number;
  /**
   * How long stages of the flow took, each in one event only: of a published pack those up to `publish`, of a registered one `register`, of a
   * service that was told `signal`.
   */
  readonly stages?: readonly StageTime[];
  /** Whatever else belongs to the kind; plain JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export const EVENT_SEVERITIES = ["info", "warning", "error"] as const;
export type EventSeverity = (typeof EVENT_SEVERITIES)[number];

/** In the order of the flow. */
export const STAGES = ["watch", "settle", "scan", "validate", "stage", "publish", "register", "signal"] as const;
export type StageName = (typeof STAGES)[number];

export interface StageTime {
  readonly stage: StageName;
  readonly ms: number;
}

/** docs/operations.md has the table. */
export const EVENT_KINDS = [
  /** The daemon's first sync is over; `stopped`: it was told to end. */
  "daemon.started",
  "daemon.stopped",
  /** The volume cannot be used; it can be used again. */
  "daemon.trouble",
  "daemon.recovered",
  "pack.published",
  "pack.retired",
  /** `data.findings`: its findings as they are in `PackReport.diagnostics`; `data.codes`: code → how many. */
  "pack.rejected",
  "pack.failed",
  "pack.held",
  /** Was rejected, and is as its live release again. */
  "pack.valid",
  /** `data.catalog`, `data.state`. */
  "pack.registered",
  "pack.unregistered",
  /** Somebody else changed what is live; `data.paths`. */
  "pack.drifted",
  "pack.repaired",
  "pack.pinned",
  "pack.unpinned",
  "pack.quarantined",
  "pack.released",
  /** `data.watching`, `data.held`. */
  "source.changed",
  "source.degraded",
  /** A rescan found what no event had announced; `data.packs`. */
  "source.missed",
  /** It is concerned by what went live; `data.packs`. */
  "service.pending",
  /** Acknowledged; `data.packs`, `data.how`. */
  "service.told",
  "service.failed",
  "environments.built",
  "environments.failed",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
