import type { LiveEvent } from "../../documents.ts";

/** What became of one release, from the save to the last service that was told. Times are milliseconds since the epoch. */
export interface Trace {
  readonly release: string;
  readonly pack: string | undefined;
  readonly version: string | undefined;
  /** When somebody saved, as far as it is known. */
  readonly savedAt: number;
  readonly steps: readonly Step[];
  readonly stages: NonNullable<LiveEvent["stages"]>;
  /** Services that are to be told and were not yet. */
  readonly waiting: readonly string[];
  /** From the save to the last step. */
  readonly totalMs: number;
}

interface Step {
  readonly event: LiveEvent;
  /** Since the save. */
  readonly sinceMs: number;
}

/**
 * Releases are numbered in their packs: two packs of the same content may have the same id.
 *
 * @param pack whose release it is; "": nobody said
 * @param events of any order
 */
export function traceOf(release: string, pack: string, events: readonly LiveEvent[]): Trace | undefined {
  const ofIt = events.filter((event) => concerns(event, release, pack)).sort((one, other) => one.id - other.id);
  const [first] = ofIt;
  if (first === undefined) return undefined;
  const start = ofIt.find(({ kind }) => kind === "pack.published") ?? first;
  const savedAt = Date.parse(start.at) - (start.kind === "pack.published" ? (start.elapsed_ms ?? 0) : 0);
  const steps = ofIt.map((event) => ({ event, sinceMs: Math.max(0, Date.parse(event.at) - savedAt) }));
  return {
    release,
    pack: start.pack,
    version: start.version,
    savedAt,
    steps,
    stages: start.stages ?? [],
    waiting: waitingOf(ofIt),
    totalMs: Math.max(...steps.map(({ sinceMs }) => sinceMs)),
  };
}

function waitingOf(events: readonly LiveEvent[]): readonly string[] {
  const waiting = new Set<string>();
  for (const { kind, service } of events) {
    if (service === undefined) continue;
    if (kind === "service.told") waiting.delete(service);
    else waiting.add(service);
  }
  return [...waiting];
}

/** More would only be slow, also for a page that is open for days; who looks for older ones filters. */
export const MOST = 5000;

/** Each once, the newest first; of too many the newest. */
export function merged(one: readonly LiveEvent[], other: readonly LiveEvent[]): readonly LiveEvent[] {
  const all = new Map([...one, ...other].map((event) => [event.id, event]));
  return [...all.values()].sort((a, b) => b.id - a.id).slice(0, MOST);
}

/** A service is told of several packs at once: they stand in `data.packs`. */
export function concerns(event: LiveEvent, release: string, pack: string): boolean {
  if (event.release === release && (pack === "" || event.pack === undefined || event.pack === pack)) return true;
  return packsIn(event).some((each) => each.release === release && (pack === "" || each.pack === pack));
}

interface NamedPack {
  readonly pack?: unknown;
  readonly release?: unknown;
}

function packsIn({ data }: LiveEvent): readonly NamedPack[] {
  const packs = data?.["packs"];
  if (!Array.isArray(packs)) return [];
  return packs.map((each: unknown) => (typeof each === "object" && each !== null ? each : { pack: each }));
}

/** Which events are wanted; empty: any. */
export interface EventFilter {
  readonly pack: string;
  readonly service: string;
  readonly kind: string;
  readonly severity: string;
  readonly text: string;
}

export const NO_FILTER: EventFilter = { pack: "", service: "", kind: "", severity: "", text: "" };

/** `kind` may be a group: `pack` is every `pack.…`. */
export function matches(event: LiveEvent, { pack, service, kind, severity, text }: EventFilter): boolean {
  const words = [event.text, event.pack, event.version, event.release, event.source, event.service, event.kind];
  return (
    (pack === "" || event.pack === pack || packsIn(event).some((each) => each.pack === pack)) &&
    (service === "" || event.service === service) &&
    (kind === "" || event.kind === kind || event.kind.startsWith(`${kind}.`)) &&
    (severity === "" || event.severity === severity) &&
    (text === "" || words.join(" ").toLowerCase().includes(text.toLowerCase()))
  );
}
