import { setTimeout as sleep } from "node:timers/promises";
import { DaemonGone, followDaemon } from "./control/client.ts";
import type { EventLine } from "./control/protocol.ts";
import { errnoOf } from "./errors.ts";

/** What whoever follows a daemon is told; `away`: there is none just now. */
export type FollowedLine = EventLine | { readonly away: string };

/** So long it takes until somebody looks again whether there is a daemon. */
const AGAIN_MS = 500;

/**
 * What happened after an event, then what happens, whatever becomes of the daemon: when it is back it goes on after the last event that was told.
 *
 * @param after asked anew for every connection, as long as nothing was told
 */
export async function* followEvents(
  stateDir: string,
  after: () => number,
  abort: AbortSignal,
  againMs = AGAIN_MS,
): AsyncGenerator<FollowedLine> {
  let last: number | undefined;
  let isAway = false;
  while (!abort.aborted) {
    try {
      for await (const line of followDaemon(stateDir, last ?? after(), abort)) {
        isAway = false;
        if ("event" in line) last = line.event.id;
        yield line;
      }
      if (!isAway) yield { away: "the daemon has ended" };
    } catch (error) {
      if (abort.aborted) return;
      if (!(error instanceof DaemonGone) && errnoOf(error) === undefined) throw error;
      if (!isAway) yield { away: error instanceof Error ? error.message : String(error) };
    }
    isAway = true;
    await sleep(againMs, undefined, { signal: abort }).catch(() => {});
  }
}
