import type { ServiceSetting } from "../plan/how.ts";
import type { Engine, Inspected } from "./engine.ts";
import type { Wire } from "./wire.ts";

/** When a service counts as back; see {@link ServiceSetting}. */
export type ReadySetting = NonNullable<ServiceSetting["ready"]>;

export type Readiness =
  | { readonly kind: "ready"; readonly evidence: string }
  | { readonly kind: "unready"; readonly why: string; readonly evidence: readonly string[] };

export interface ReadyDeps {
  readonly engine: Engine;
  readonly wire: Wire;
  readonly setting: ReadySetting;
  /** Waits; the abort ends it with its reason. */
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
}

const RUNS_SECONDS = 5;
const TIMEOUT_SECONDS = 60;
const POLL_MS = 250;
const LOG_LINES = 20;

/**
 * Waits until a container that was restarted is back: its URL answers, the check of its image says so, or it runs for a while without another
 * start. To have been restarted proves nothing: many a service ends some seconds later.
 */
export async function untilReady(id: string, deps: ReadyDeps, abort: AbortSignal): Promise<Readiness> {
  const { now, setting } = deps;
  const limitSeconds = limitOf(setting);
  const deadline = now() + limitSeconds * 1000;
  let startedAt: string | undefined;
  let sinceMs = now();
  for (;;) {
    const container = await deps.engine.inspect(id, abort);
    if (container === undefined) return { kind: "unready", why: "is gone", evidence: [] };
    if (container.startedAt !== startedAt) sinceMs = now();
    startedAt = container.startedAt;
    const shown = await proofOf(container, now() - sinceMs, deps, abort);
    if (shown !== undefined) return { kind: "ready", evidence: shown };
    const hasEnded = container.status === "exited" || container.status === "dead";
    if (hasEnded || now() >= deadline) return await unready(container, limitSeconds, deps, abort);
    await deps.sleep(POLL_MS, abort);
  }
}

/** To have run for so long takes so long. */
function limitOf({ http, timeout = TIMEOUT_SECONDS, runs = RUNS_SECONDS }: ReadySetting): number {
  return http === undefined ? Math.max(timeout, runs + 1) : timeout;
}

/** What shows that it is back; `undefined`: nothing yet. */
async function proofOf(
  container: Inspected,
  ranMs: number,
  { setting, wire }: ReadyDeps,
  abort: AbortSignal,
): Promise<string | undefined> {
  if (container.status !== "running") return undefined;
  if (setting.http !== undefined) return (await answers(setting.http, wire, abort)) ? "answers" : undefined;
  if (container.health !== undefined) return container.health === "healthy" ? "is healthy" : undefined;
  const seconds = setting.runs ?? RUNS_SECONDS;
  return ranMs >= seconds * 1000 ? `runs for ${seconds} s` : undefined;
}

const ANSWER_MS = 2000;

/** A service that is not in a container of ours is back when its URL answers. */
export async function untilAnswering(
  url: string,
  deps: Omit<ReadyDeps, "engine">,
  abort: AbortSignal,
): Promise<Readiness> {
  const { now, setting, wire, sleep } = deps;
  const limitSeconds = setting.timeout ?? TIMEOUT_SECONDS;
  const deadline = now() + limitSeconds * 1000;
  while (now() < deadline) {
    if (await answers(url, wire, abort)) return { kind: "ready", evidence: "answers" };
    await sleep(POLL_MS, abort);
  }
  return { kind: "unready", why: `does not answer within ${limitSeconds} s`, evidence: [] };
}

/** Whether a URL answers with a status of success. @throws the abort's reason */
async function answers(url: string, wire: Wire, abort: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const { status } = await wire.call({ method: "GET", url }, AbortSignal.any([abort, late]));
    return status >= 200 && status < 300;
  } catch {
    abort.throwIfAborted();
    return false;
  }
}

async function unready(
  { id, status, exitCode, health }: Inspected,
  seconds: number,
  { engine }: ReadyDeps,
  abort: AbortSignal,
): Promise<Readiness> {
  const ended = status === "exited" || status === "dead";
  const state = ended ? `is ${status} with ${exitCode}` : `is ${status}${health === undefined ? "" : ` and ${health}`}`;
  const lines = await engine.lastLines(id, LOG_LINES, abort).catch(() => {
    abort.throwIfAborted();
    return []; // a guard does not let logs through
  });
  return { kind: "unready", why: ended ? state : `is not back within ${seconds} s: it ${state}`, evidence: lines };
}
