import { setTimeout as sleep } from "node:timers/promises";
import { findDaemon, followDaemon } from "./control/client.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import type { Happened } from "./metrics/counting.ts";

/** So long it takes until somebody looks again whether there is a daemon. */
const AGAIN_MS = 500;

/**
 * What the daemon that runs has said since its start, then what it says; when another one follows, what that one says. Whatever becomes of the connection
 * in between, each event comes once.
 */
export async function* happened(stateDir: string, abort: AbortSignal): AsyncGenerator<Happened> {
  let known: Known = { daemon: undefined, last: 0 };
  while (!abort.aborted) {
    const found = await findEvents(stateDir);
    if (found !== undefined) {
      if (found.daemon !== known.daemon) {
        yield { kind: "began" };
        known = { daemon: found.daemon, last: found.after };
      }
      known = yield* follow(stateDir, known, found.last, abort);
    }
    await sleep(AGAIN_MS, undefined, { signal: abort, ref: false }).catch(() => {});
  }
}

/** Which daemon was followed, and its last event that was told. */
interface Known {
  readonly daemon: string | undefined;
  readonly last: number;
}

/** Until the connection ends. @param target what had happened when it began */
async function* follow(
  stateDir: string,
  { daemon, last: from }: Known,
  target: number,
  abort: AbortSignal,
): AsyncGenerator<Happened, Known> {
  let last = from;
  let isCurrent = last >= target;
  if (isCurrent) yield { kind: "current" };
  try {
    for await (const line of followDaemon(stateDir, last, abort)) {
      if ("event" in line) yield { kind: "event", event: line.event };
      last = Math.max(last, "event" in line ? line.event.id : line.gap.gone);
      if (!isCurrent && last >= target) yield { kind: "current" };
      isCurrent ||= last >= target;
    }
  } catch {} // it is back soon, or another one is
  return { daemon, last };
}

async function findEvents(stateDir: string) {
  const status = await statusOf(stateDir);
  if (status?.events === undefined) return undefined;
  const { pid, since, events } = status;
  return { daemon: `${pid} ${since}`, ...events };
}

async function statusOf(stateDir: string): Promise<DaemonStatus | undefined> {
  try {
    return await (await findDaemon(stateDir))?.status();
  } catch {
    return undefined; // it ended just now
  }
}
