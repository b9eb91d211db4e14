import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import type { DaemonDocument } from "./board/documents.ts";
import { eventJson } from "./events/event-text.ts";
import { type Followed, follow } from "./events/follow.ts";
import { keptAfter, keptSafely, lastKept } from "./events/history.ts";
import { createRing, RING_LIMITS, type Ring } from "./events/ring.ts";
import { followEvents } from "./follow-events.ts";
import type { DiskAnswers } from "./platform/disk-answers.ts";
import type { Log } from "./platform/log.ts";

/** What happens, for however many follow it: they share one connection to the daemon, and each event is written once for all of them. */
export interface LiveEvents {
  /** @param after unset: only what happens from now on */
  follow(after: number | undefined, abort: AbortSignal): AsyncGenerator<Followed, void>;
  /** How the daemon is, as JSON, whenever that is another text; somebody who listens has it looked at. */
  watchStatus(onChange: (json: string) => void): Disposable;
}

export interface LiveEventsDeps {
  readonly stateDir: string;
  readonly log: Log;
  readonly daemonStatus: () => Promise<DaemonDocument>;
  /** Else how the daemon is stays as it was. */
  readonly diskAnswers: DiskAnswers;
  readonly statusMs?: number;
}

const STATUS_MS = 1000;
/** So long nobody is asked who refused. */
const AGAIN_MS = 1000;

export function createLiveEvents(deps: LiveEventsDeps): LiveEvents {
  const { stateDir, log, daemonStatus, diskAnswers, statusMs = STATUS_MS } = deps;
  let connection: { readonly ring: Ring; readonly end: AbortController } | undefined;
  let followers = 0;
  /** What the daemon itself has lost, and may not have noted yet. */
  let lost = 0;
  const status = createStatus(daemonStatus, diskAnswers, statusMs);

  const connect = (): Ring => {
    if (connection !== undefined) return connection.ring;
    const from = keptSafely(() => lastKept(stateDir), 0);
    const ring = createRing(from, RING_LIMITS);
    const end = new AbortController();
    connection = { ring, end };
    void keepPumping(ring, end.signal);
    return ring;
  };
  /** A daemon of another version may refuse; the one that comes after it is heard by who follows already. */
  const keepPumping = async (ring: Ring, abort: AbortSignal): Promise<void> => {
    for (let isTold = false; !abort.aborted; isTold = true) {
      try {
        await pump(ring, abort);
      } catch (error) {
        if (!isTold && !abort.aborted) log.warn({ why: String(error) }, "the daemon's events cannot be followed");
        await sleep(AGAIN_MS, undefined, { signal: abort, ref: false }).catch(() => {});
      }
    }
  };
  const pump = async (ring: Ring, abort: AbortSignal): Promise<void> => {
    for await (const line of followEvents(stateDir, () => ring.last, abort)) {
      if ("event" in line) ring.push({ id: line.event.id, event: line.event, json: eventJson(line.event) });
      else if ("gap" in line) {
        lost = line.gap.gone;
        ring.reset(lost);
      }
      status.look();
    }
  };
  const leave = (): void => {
    followers -= 1;
    if (followers > 0) return;
    connection?.end.abort();
    connection = undefined;
  };
  return {
    async *follow(after, abort) {
      followers += 1;
      try {
        const ring = connect();
        const kept = async (last: number) => {
          await turn(); // whoever wants all there is, or next to nothing of it, keeps nobody waiting
          const { entries, gone } = keptSafely(() => keptAfter(stateDir, last), { entries: [], gone: ring.from });
          return { entries, gone: Math.max(gone, lost) };
        };
        yield* follow(after ?? ring.last, { ring, kept }, abort);
      } finally {
        leave();
      }
    },
    watchStatus: status.watch,
  };
}

/** Looks at most so often, only while somebody wants to know, and tells only what is another. */
function createStatus(daemonStatus: () => Promise<DaemonDocument>, diskAnswers: DiskAnswers, everyMs: number) {
  const watchers = new Set<(json: string) => void>();
  let last: string | undefined;
  let [isLooking, lookedAtMs] = [false, 0];
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    if (isLooking || watchers.size === 0) return;
    clearTimeout(timer);
    const waitMs = lookedAtMs + everyMs - performance.now();
    if (waitMs > 0) {
      timer = setTimeout(look, waitMs).unref();
      return;
    }
    isLooking = true;
    lookedAtMs = performance.now();
    const json = !(await diskAnswers())
      ? last
      : await daemonStatus().then(
          (document) => JSON.stringify(document),
          () => last,
        );
    isLooking = false;
    if (json !== undefined && json !== last) {
      last = json;
      for (const watcher of watchers) watcher(json);
    }
    timer = setTimeout(look, everyMs).unref();
  };
  return {
    look: () => void look(),
    watch(onChange: (json: string) => void): Disposable {
      watchers.add(onChange);
      if (last !== undefined && watchers.size > 1) onChange(last);
      else last = undefined;
      void look();
      return {
        [Symbol.dispose]() {
          watchers.delete(onChange);
          if (watchers.size === 0) clearTimeout(timer);
        },
      };
    },
  };
}
