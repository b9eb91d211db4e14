import * as z from "zod";
import { EVENT_KINDS, EVENT_SEVERITIES, STAGES } from "../../events/event.ts";

/** What the dashboard shows; times are ISO, durations milliseconds, sizes bytes. `null`: nobody knows, or there is none. */

const stageName = z.enum(STAGES);
const stageTime = z.object({ stage: stageName, ms: z.number() });

/** A finding with the place where it is. */
export const shownFinding = z.object({
  severity: z.enum(["error", "warning", "hint"]),
  code: z.string(),
  message: z.string(),
  file: z.string().nullable().describe("Relative to the pack"),
  line: z.int().nullable().describe("From 1"),
  column: z.int().nullable().describe("From 1, in UTF-16 code units"),
  end_line: z.int().nullable(),
  end_column: z.int().nullable().describe("Exclusively"),
  hint: z.string().nullable(),
  frame: z
    .array(z.object({ line: z.int(), text: z.string(), marked: z.tuple([z.int(), z.int()]).nullable() }))
    .describe("Lines around it; `marked`: from and to, in UTF-16 code units from 0, exclusively"),
});

/** Where a pack stands. `fresh` ones were published less than 10 s ago: the page decides that by `since`. */
export const PACK_STATES = [
  "live",
  "pinned",
  "invalid",
  "rejected",
  "held",
  "shadowed",
  "missing",
  "retired",
  "mounted",
  "foreign",
  "quarantined",
] as const;

const catalogStanding = z.object({
  catalog: z.string(),
  state: z.string(),
  since: z.string().nullable(),
  why: z.string().nullable(),
});

export const packRow = z.object({
  ref: z.string(),
  version: z.string().nullable(),
  label: z.string().nullable(),
  source: z.string().nullable(),
  directory: z.string().nullable(),
  dialect: z.string().nullable(),
  state: z.enum(PACK_STATES),
  origin: z.enum(["sync", "install"]).nullable(),
  release: z.string().nullable().describe("The live one"),
  published_at: z.string().nullable(),
  since: z.string().nullable().describe("Since when it is in its state"),
  errors: z.int(),
  warnings: z.int(),
  is_registered: z.boolean().nullable().describe("In every catalog; null: it is not to be"),
  todo: z.string().nullable().describe("The command that ends a state which waits for a person"),
});

export const sourceRow = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(["production", "development"]),
  watching: z.enum(["events", "polling", "degraded", "vanished"]).nullable().describe("null: no daemon watches it"),
  held: z.string().nullable(),
  packs: z.int(),
  events: z.int(),
  missed_events: z.int(),
  rescan_interval_ms: z.int().nullable(),
  last_rescan_at: z.string().nullable(),
});

export const serviceRow = z.object({
  service: z.string(),
  state: z.string().describe("told, pending, retrying, failed, unhealthy or absent"),
  since: z.string().nullable(),
  last_told_at: z.string().nullable(),
  waiting: z.array(z.string()).describe("Refs of packs that it does not know as they are"),
  knows: z
    .array(z.object({ pack: z.string(), release: z.string().nullable() }))
    .describe("What it runs, as it was told"),
  failures: z.int(),
  why: z.string().nullable(),
  evidence: z.array(z.string()),
});

/** One stage of the flow, now and the last time. */
export const stageRow = z.object({
  stage: stageName,
  state: z.enum(["idle", "busy", "stalled"]),
  age_ms: z.int().describe("How long it has had something to do of which nothing came; 0: nothing to do"),
  last_ms: z.number().nullable().describe("How long it took the last time something was published"),
});

/** Everything at one glance; the same document is sent as `status` among the live events whenever it has changed. */
export const daemonStatus = z.object({
  is_running: z.boolean(),
  version: z.string(),
  pid: z.int().nullable(),
  since: z.string().nullable(),
  trouble: z.string().nullable(),
  faults: z.array(z.string()).describe("What keeps it from being ready, a sentence each"),
  lag_ms: z.int(),
  watches: z.int(),
  watches_allowed: z.int().nullable(),
  missed_events: z.int(),
  last_cycle_at: z.string().nullable(),
  pipeline: z.array(stageRow),
  sources: z.array(sourceRow),
  services: z.array(serviceRow),
});

export const overview = z.object({
  volume: z.string(),
  last_event_id: z.int().describe("Live events after it are news to whoever has this"),
  may_change: z.boolean().describe("Whether who asks may do more than read"),
  daemon: daemonStatus,
  database: z.object({ state: z.string(), since: z.string().nullable(), why: z.string().nullable() }).nullable(),
  packs: z.array(packRow),
});

export const packDetail = packRow.extend({
  description: z.string().nullable(),
  findings: z.array(shownFinding),
  catalogs: z.array(catalogStanding),
  shadowed_by: z.string().nullable(),
  source_path: z.string().nullable(),
});

/** `published`: packsync's own. `preserved`: a binary that stays, though the source has another. `foreign`: somebody else's. */
export const fileRow = z.object({
  path: z.string(),
  fate: z.enum(["published", "preserved", "foreign"]),
  kind: z.enum(["file", "symlink", "directory"]),
  size: z.int(),
  mode: z.string().describe("Octal"),
  note: z.string().nullable().describe("E.g. what a binary is made for"),
});
export const files = z.object({ release: z.string().nullable(), files: z.array(fileRow), total: z.int() });

export const componentRow = z.object({
  kind: z.string(),
  ref: z.string(),
  label: z.string().nullable(),
  description: z.string().nullable(),
  file: z.string().nullable(),
  runner: z.string().nullable(),
  entry_point: z.string().nullable(),
  parameters: z.unknown().describe("Its schema, as its definition has it"),
  output: z.unknown(),
});

const fileDiff = z.object({
  path: z.string(),
  kind: z.enum(["added", "removed", "changed"]),
  keys: z
    .array(z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
    .describe("Of YAML: the values that are others, as text"),
  lines: z.array(z.string()).describe("Of other text: unified hunks"),
  note: z.string().nullable(),
});
export const releaseDiff = z.object({ from: z.string(), to: z.string(), files: z.array(fileDiff) });

export const event = z.object({
  id: z.int(),
  at: z.string(),
  kind: z.enum(EVENT_KINDS),
  severity: z.enum(EVENT_SEVERITIES),
  text: z.string(),
  pack: z.string().optional(),
  version: z.string().optional(),
  release: z.string().optional(),
  source: z.string().optional(),
  service: z.string().optional(),
  elapsed_ms: z.number().optional(),
  stages: z.array(stageTime).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

/** The newest first. `next`: what to ask `before` of for older ones; null: there are none. */
export const eventPage = z.object({ events: z.array(event), next: z.int().nullable() });

/** Buckets of equal length, the oldest first; where nothing happened, the counts are 0 and the rest is null. */
export const series = z.object({
  window: z.enum(["hour", "day"]),
  bucket_ms: z.int(),
  buckets: z.array(
    z.object({
      at: z.string().describe("When it begins"),
      published: z.int(),
      rejected: z.int(),
      restarts: z.int().describe("Services that were told by a restart"),
      latency_p50_ms: z.number().nullable().describe("Save → visible"),
      latency_max_ms: z.number().nullable(),
      memory_bytes: z.int().nullable().describe("Resident, of the daemon"),
    }),
  ),
});

export const session = z.object({
  name: z.string().nullable().describe("Who is signed in; null: nobody, and the page may be read all the same"),
  scopes: z.array(z.string()),
  expires_at: z.string().nullable(),
});
