import type { DaemonStatus } from "./control/protocol.ts";
import type { RootStatus } from "./loop/status.ts";

/** What a daemon's answer is judged by. */
export interface HealthQuestion {
  /** `undefined`: none answers. */
  readonly daemon: Pick<DaemonStatus, "lastCycle" | "trouble" | "stages" | "roots" | "sources"> | undefined;
  /** Packs that have to be live; with any, a production source that is held or gone is no fault as long as they are. */
  readonly require: readonly string[];
  readonly isLive: (ref: string) => boolean;
}

/** A stage that has something to do gets on with it within this time. */
export const STALLED_MS = 60_000;

/** What keeps the volume from being in sync, or from staying so, a sentence each; nothing: all is well. */
export function faultsOf({ daemon, require, isLive }: HealthQuestion): readonly string[] {
  if (daemon === undefined) return ["no daemon answers"];
  const { trouble, lastCycle, stages } = daemon;
  const missing = require.filter((ref) => !isLive(ref));
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...(lastCycle === undefined ? ["the first sync is not over"] : []),
    ...missing.map((ref) => `required, but not live in the volume: ${ref}`),
    ...(require.length > 0 ? [] : sourceFaults(daemon)),
    ...stages.flatMap(({ name, ageMs }) => (ageMs > STALLED_MS ? [stuck(name, ageMs)] : [])),
    ...daemon.roots.flatMap((root) => (root.rescanLateMs > STALLED_MS ? [overdue(root)] : [])),
  ];
}

function sourceFaults({ roots, sources }: Pick<DaemonStatus, "roots" | "sources">): string[] {
  const production = new Set(sources.flatMap(({ name, kind }) => (kind === "production" ? [name] : [])));
  return roots.filter(({ name }) => production.has(name)).flatMap(rootFaults);
}

function rootFaults({ name, path, watching, held }: RootStatus): string[] {
  if (watching === "vanished") return [`the source ${name} is not there: ${path}`];
  return held === undefined ? [] : [`the source ${name} is held (${held})`];
}

function stuck(name: string, ageMs: number): string {
  return `${name}: nothing came of it for ${Math.round(ageMs / 1000)} s`;
}

function overdue({ name, rescanLateMs, lastRescanAt }: RootStatus): string {
  const last = lastRescanAt === undefined ? "there was none yet" : `the last one was over at ${lastRescanAt}`;
  const late = Math.round(rescanLateMs / 1000);
  return `rescan: the look at everything in the source ${name} is ${late} s overdue (${last}): restart the daemon, and look at its log for why`;
}
