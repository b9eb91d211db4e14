import type { CanaryStatus } from "../canary/status.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import type { PacksyncEvent } from "../events/event.ts";
import type { LoopStatus } from "../loop/status.ts";
import type { Failure } from "../platform/failures.ts";
import type { Answers, RequestKind } from "../requests.ts";
import type { ServiceView } from "../signal/view.ts";

/**
 * How a command and the daemon talk: HTTP over the unix socket `<state directory>/control.sock`.
 *
 * `GET /about` and `GET /status` answer one JSON document. `POST /requests/<kind>` with the request as JSON answers lines
 * of JSON, {@link Line}: some `progress`, then one `answer` or `failure`. Who hangs up takes the request back.
 *
 * `GET /events?after=<id>` answers lines of JSON, {@link EventLine}, without an end: what happened after that event, then what happens.
 */
export const PROTOCOL = 1;

export function socketPath(stateDir: string): string {
  return `${stateDir}/control.sock`;
}

/** Who listens. */
export interface About {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  /** ISO time. */
  readonly since: string;
  readonly sources: readonly Pick<SourceConfig, "name" | "path" | "kind">[];
}

/** What the daemon knows beside what stands in the volume. */
export interface DaemonStatus extends About, LoopStatus {
  /** The ids of its events: all come after `after`, `last` is the newest one's; `undefined`: none has its id yet. */
  readonly events?: { readonly after: number; readonly last: number } | undefined;
  /** Services that were ever concerned; see `signal/view.ts`. */
  readonly services: readonly ServiceView[];
  /** Whether changes get through. */
  readonly canary: CanaryStatus;
  /** What gets nowhere for so long has stalled, in milliseconds. */
  readonly healthLimitMs: number;
}

export type Line<K extends RequestKind = RequestKind> =
  | { readonly progress: readonly [done: number, total: number] }
  | { readonly answer: Answers[K] }
  | { readonly failure: Failure };

/** `gap`: of what happened from there to here some is not kept any more. */
export type EventLine =
  | { readonly event: PacksyncEvent }
  | { readonly gap: { readonly after: number; readonly gone: number } };

/** What may be asked from outside. */
export const ASKABLE = [
  "sync",
  "rollback",
  "pin",
  "unpin",
  "verify",
  "register",
  "notify",
  "install",
  "settle",
  "uninstall",
] as const satisfies readonly RequestKind[];
export type Askable = (typeof ASKABLE)[number];

/** Whether a daemon that says this about itself does for `config` what this program would do. */
export function agrees(about: About, { sources }: Config): boolean {
  return about.protocol === PROTOCOL && isSame(about.sources, sources);
}

function isSame(theirs: About["sources"], ours: About["sources"]): boolean {
  const told = (sources: About["sources"]) => JSON.stringify(sources.map(({ name, path, kind }) => [name, path, kind]));
  return told(theirs) === told(ours);
}
