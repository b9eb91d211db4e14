import type { PackState, PackStatus } from "../../cycle/status.ts";
import { hasErrors } from "../../pack/diagnostics.ts";
import type { ServiceStatus } from "../../signal/queue.ts";
import type { Paint } from "../text.ts";

type Format = Parameters<Paint>[0];

/** `trouble`: a person should look; the rest is in the order of how much it says. */
interface Standing {
  readonly rank: number;
  readonly format: Format;
}

export const PACK_STATES: Readonly<Record<PackState, Standing>> = {
  missing: { rank: 0, format: "red" },
  rejected: { rank: 1, format: "red" },
  invalid: { rank: 2, format: "red" },
  held: { rank: 3, format: "yellow" },
  pinned: { rank: 6, format: "yellow" },
  live: { rank: 8, format: "green" },
  mounted: { rank: 8, format: "green" },
  shadowed: { rank: 9, format: "dim" },
  retired: { rank: 10, format: "dim" },
};

export const SERVICE_STATES: Readonly<Record<ServiceStatus, Standing>> = {
  unhealthy: { rank: 0, format: "red" },
  failed: { rank: 1, format: "red" },
  retrying: { rank: 2, format: "yellow" },
  pending: { rank: 6, format: "yellow" },
  told: { rank: 8, format: "green" },
  absent: { rank: 9, format: "dim" },
};

/** Ranks below it are trouble. */
const TROUBLE = 5;

/** The lower, the more a person should know of it. */
export function rankOf({ state, catalogs, findings }: PackStatus): number {
  const { rank } = PACK_STATES[state];
  if (rank < TROUBLE) return rank;
  if (catalogs.some((standing) => standing.state === "failed")) return TROUBLE - 1;
  return hasErrors(findings) ? TROUBLE - 1 : findings.length > 0 ? Math.min(rank, TROUBLE + 2) : rank;
}

export function isTrouble(pack: PackStatus): boolean {
  return rankOf(pack) < TROUBLE;
}

/** Those with trouble first; of the same rank as they were. */
export function byRank<T>(items: readonly T[], rank: (item: T) => number): readonly T[] {
  return items.toSorted((a, b) => rank(a) - rank(b));
}
