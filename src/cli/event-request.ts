import { PacksyncError } from "../errors.ts";
import { EVENT_KINDS, EVENT_SEVERITIES, type EventKind, type EventSeverity } from "../events/event.ts";
import type { EventFilter } from "../events/filter.ts";

/** The options of `packsync events`, as commander has them. */
export interface EventFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly after?: string;
  readonly pack?: string;
  readonly service?: string;
  readonly kind?: readonly string[];
  readonly severity?: string;
  readonly last?: string;
}

export interface EventRequest {
  readonly isFollowing: boolean;
  readonly filter: EventFilter;
  readonly after: number | undefined;
  /** Milliseconds since 1970. */
  readonly sinceMs: number | undefined;
  readonly limit: number;
}

/** How many of the newest are shown, unless somebody says from where. */
const USUAL = 50;
/** As many as are kept. */
const MOST = 100_000;

/** @throws PacksyncError `USAGE` */
export function eventRequest(flags: EventFlags, nowMs: number): EventRequest {
  const { pack, service, kind, severity } = flags;
  const after = flags.after === undefined ? undefined : wholeNumber("--after", flags.after);
  const sinceMs = flags.since === undefined ? undefined : timeOf(flags.since, nowMs);
  const isFrom = after !== undefined || sinceMs !== undefined;
  return {
    isFollowing: flags.follow === true,
    filter: {
      pack,
      service,
      kinds: kind?.map(kindOf),
      severity: severity === undefined ? undefined : severityOf(severity),
    },
    after,
    sinceMs,
    limit: flags.last === undefined ? (isFrom ? MOST : USUAL) : Math.min(wholeNumber("--last", flags.last), MOST),
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new PacksyncError("USAGE", `Expected \`${option}\` to be a whole number, got \`${text}\`.`);
}

function kindOf(text: string): EventKind {
  const found = EVENT_KINDS.find((kind) => kind === text);
  if (found !== undefined) return found;
  throw new PacksyncError("USAGE", `Expected \`--kind\` to be a kind of event, got \`${text}\`.`, {
    hint: `There are ${EVENT_KINDS.join(", ")}.`,
  });
}

function severityOf(text: string): EventSeverity {
  const found = EVENT_SEVERITIES.find((severity) => severity === text);
  if (found !== undefined) return found;
  throw new PacksyncError(
    "USAGE",
    `Expected \`--severity\` to be one of ${EVENT_SEVERITIES.join(", ")}, got \`${text}\`.`,
  );
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(text: string, nowMs: number): number {
  const [, count, unit = ""] = /^(\d+)\s*([smhd])$/.exec(text) ?? [];
  const ms = count === undefined ? Date.parse(text) : nowMs - Number(count) * (UNITS_MS[unit] ?? 0);
  if (Number.isFinite(ms)) return Math.max(0, Math.floor(ms));
  throw new PacksyncError("USAGE", `Expected \`--since\` to be a duration or a time, got \`${text}\`.`, {
    hint: "Write for example `10m`, `2h`, `3d`, or `2026-11-21T08:00:00Z`.",
  });
}
