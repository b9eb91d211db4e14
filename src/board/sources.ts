import type { SourceConfig } from "../config/config.ts";
import type { DaemonStatus } from "../control/protocol.ts";
import type { SourceReport } from "../cycle/report.ts";
import { printableName } from "../platform/names.ts";
import type { SourceRow } from "./documents.ts";

export interface SourcesSeen {
  readonly configured: readonly SourceConfig[];
  /** As the last cycle found them. */
  readonly found: readonly SourceReport[];
  readonly daemon: Pick<DaemonStatus, "roots"> | undefined;
  /** By source: how many packs it has, in whatever state. */
  readonly packs: ReadonlyMap<string, number>;
}

/** All that packs come from, the one that others shadow first. */
export function sourceRows({ configured, found, daemon, packs }: SourcesSeen): SourceRow[] {
  const others = configured.filter(({ name }) => !found.some((each) => each.name === name));
  return [...found, ...others].map(({ name, path, kind, ...seen }) => {
    const root = daemon?.roots.find((each) => each.name === name);
    const held = root?.held ?? ("held" in seen ? seen.held : undefined);
    return {
      name,
      path: printableName(path),
      kind,
      watching: root?.watching ?? null,
      held: held ?? null,
      packs: packs.get(name) ?? 0,
      events: root?.events ?? 0,
      missed_events: root?.missedEvents ?? 0,
      rescan_interval_ms: root === undefined ? null : Math.round(root.rescanIntervalMs),
      last_rescan_at: root?.lastRescanAt ?? null,
    };
  });
}
