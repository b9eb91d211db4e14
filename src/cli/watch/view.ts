import { stalls } from "../../health.ts";
import type { Seen } from "../status-seen.ts";

type Daemon = NonNullable<Seen["daemon"]>;

/** What is to be shown now. */
export interface View {
  readonly seen: Seen;
  readonly volume: string;
  /** Since when the daemon that was there does not answer any more. */
  readonly lostAt: Date | undefined;
  /** Why nothing newer could be read. */
  readonly trouble: string | undefined;
}

/**
 * What of it is news, as text to be compared: a daemon that looks around and finds nothing says nothing new.
 */
export function newsOf({ seen, lostAt, trouble }: View): string {
  const { status, daemon, services, environments } = seen;
  const about = daemon && {
    version: daemon.version,
    pid: daemon.pid,
    trouble: daemon.trouble,
    roots: daemon.roots.map(({ name, path, watching, held }) => [name, path, watching, held]),
    slow: slowStages(daemon).map(({ name }) => name),
    stalled: stallsOf(daemon).map((stall) => stall.split(":", 1)[0]), // how long it takes is no news
  };
  return JSON.stringify({ status, about, services, environments, isLost: lostAt !== undefined, trouble });
}

/** Stages that are at it so long already are worth a line. */
const SLOW_MS = 2000;

export function slowStages({ stages }: Daemon) {
  return stages.filter(({ ageMs }) => ageMs >= SLOW_MS);
}

/** What stands still beside the stages that are slow, a sentence each. */
export function stallsOf(daemon: Daemon): readonly string[] {
  return stalls({ ...daemon, stages: [] });
}
