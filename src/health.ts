import type { CanaryStatus, Leg } from "./canary/status.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import type { RootStatus, StageStatus } from "./loop/status.ts";

/** What a daemon's answer is judged by. */
export interface HealthQuestion {
  /** `undefined`: none answers. */
  readonly daemon:
    | Pick<DaemonStatus, "lastCycle" | "trouble" | "stages" | "roots" | "sources" | "canary" | "healthLimitMs">
    | undefined;
  /** Packs that have to be live; with any, a production source that is held or gone is no fault as long as they are. */
  readonly require: readonly string[];
  readonly isLive: (ref: string) => boolean;
}

/** What keeps the volume from being in sync, or from staying so, a sentence each; nothing: all is well. */
export function faultsOf({ daemon, require, isLive }: HealthQuestion): readonly string[] {
  if (daemon === undefined) return ["no daemon answers"];
  const { trouble, lastCycle } = daemon;
  const missing = require.filter((ref) => !isLive(ref));
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...(lastCycle === undefined ? ["the first sync is not over"] : []),
    ...missing.map((ref) => `required, but not live in the volume: ${ref}`),
    ...(require.length > 0 ? [] : sourceFaults(daemon)),
    ...stalls(daemon),
  ];
}

/** What has something to do gets on with it within the limit; what stands still, a sentence each. */
export function stalls({
  stages,
  roots,
  canary,
  healthLimitMs: limitMs,
}: Pick<DaemonStatus, "stages" | "roots" | "canary" | "healthLimitMs">): readonly string[] {
  return [
    ...stages.flatMap(({ name, ageMs }) => (ageMs > limitMs ? [`${name}: ${STUCK[name](seconds(ageMs))}`] : [])),
    ...roots.flatMap((root) => (root.rescanLateMs > limitMs ? [overdue(root)] : [])),
    ...(canary.state === "stalled" ? [lost(canary)] : []),
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

const STUCK: Readonly<Record<StageStatus["name"], (time: string) => string>> = {
  watch: (time) => `the sources' directories are not listed after ${time}: look whether their disk or mount answers`,
  settle: (time) => `what was saved waits to be looked at for ${time}: \`packsync status\` says what is done meanwhile`,
  publish: (time) => `nothing came of it for ${time}: look whether the disks of the sources and the volume answer`,
  register: (time) => `nothing came of it for ${time}: look whether the database answers, and who holds its locks`,
  tell: (time) => `whom changes concern is not to be had for ${time}: look whether the container engine answers`,
};

function overdue({ name, rescanLateMs, lastRescanAt }: RootStatus): string {
  const last = lastRescanAt === undefined ? "there was none yet" : `the last one was over at ${lastRescanAt}`;
  return `rescan: the look at everything in the source ${name} is ${seconds(rescanLateMs)} overdue (${last}): restart the daemon if that does not end`;
}

const LOST: Readonly<Record<Leg, { readonly what: string; readonly todo: string }>> = {
  write: {
    what: "could not be written",
    todo: "look whether the disk of the state directory is full, read-only or hangs",
  },
  watch: {
    what: "was not seen by the watcher",
    todo: "the kernel announces no changes any more, which rescans alone find now; restart the daemon",
  },
  settle: { what: "was not looked at", todo: "the volume's thread does other things; `packsync status` says which" },
  scan: { what: "was not read", todo: "look whether the disk and the database of the state directory answer" },
  publish: { what: "was not published", todo: "look whether the disk of the state directory answers" },
  read: { what: "was published, but not found by readers", todo: "look who else writes below the state directory" },
};

/** It may have come back from where it was held up, and be on its way to the next place. */
function lost({ leg, legMs, ageMs, why }: CanaryStatus): string {
  const { what, todo } =
    leg === undefined ? { what: "did not come back", todo: "the next one is on its way" } : LOST[leg];
  const time = seconds(leg === undefined ? ageMs : legMs);
  return `${leg ?? "canary"}: the canary ${what} for ${time}${why === undefined ? "" : ` (${why.replace(/\.$/, "")})`}: ${todo}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
