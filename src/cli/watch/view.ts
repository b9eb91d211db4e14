import type { Seen } from "../status-seen.ts";

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
  };
  return JSON.stringify({ status, about, services, environments, isLost: lostAt !== undefined, trouble });
}

/** Stages that are at it so long already are worth a line. */
const SLOW_MS = 2000;

export function slowStages({ stages }: Pick<NonNullable<Seen["daemon"]>, "stages">) {
  return stages.filter(({ ageMs }) => ageMs >= SLOW_MS);
}
