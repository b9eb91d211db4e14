import { Readable } from "node:stream";
import { cutOff } from "../../events/cut-off.ts";
import { type EventFilter, matches } from "../../events/filter.ts";
import type { Entry } from "../../events/ring.ts";
import type { LiveEvents } from "../../live-events.ts";

export interface EventStreamRequest {
  /** Unset: only what happens from now on. */
  readonly after: number | undefined;
  readonly filter: EventFilter;
  /** Whether how the daemon is is wanted, too. */
  readonly withStatus: boolean;
}

export interface EventStreamLimits {
  /** How often something is sent even if nothing happens. */
  readonly pingMs: number;
  /** Who takes nothing for so long is cut off. */
  readonly patienceMs: number;
}

/** So long a client waits before it comes back. */
const RETRY_MS = 2000;

/**
 * What happens as server-sent events, read as fast as the client takes them. With `gap` it is told that something is missing, with `status` how the
 * daemon is.
 *
 * @param gone ends it; somebody has to, when the client is gone
 */
export function eventStream(
  live: LiveEvents,
  request: EventStreamRequest,
  { pingMs, patienceMs }: EventStreamLimits,
  gone: AbortController,
): Readable {
  const frames = cutOff(framesOf(live, request, pingMs, gone.signal), patienceMs, () => {
    gone.abort();
    stream.destroy();
  });
  const stream = Readable.from(frames, { objectMode: false, highWaterMark: 16 * 1024 });
  return stream;
}

async function* framesOf(
  live: LiveEvents,
  { after, filter, withStatus }: EventStreamRequest,
  pingMs: number,
  gone: AbortSignal,
): AsyncGenerator<string> {
  let status: string | undefined;
  let wake = (): void => {};
  using _ = withStatus
    ? live.watchStatus((json) => {
        status = json;
        wake();
      })
    : undefined;
  yield `retry: ${RETRY_MS}\n: what happens\n\n`;
  const events = live.follow(after, gone);
  try {
    for (let arrived = arrival(events, () => wake()); !gone.aborted; ) {
      if (status !== undefined) {
        const json = status;
        status = undefined;
        yield `event: status\ndata: ${json}\n\n`;
      } else if (!arrived.isThere) {
        const isSilent = await silence(pingMs, (end) => {
          wake = end;
        });
        if (isSilent) yield ": still here\n\n";
      } else {
        const { done, value: followed } = await arrived.next;
        if (done === true) return;
        arrived = arrival(events, () => wake());
        if (followed.kind === "gap") yield gapFrame(followed.after, followed.gone);
        else for (const entry of followed.entries) if (matches(entry.event, filter)) yield frameOf(entry);
      }
    }
  } finally {
    void events.return(undefined);
  }
}

/** The next thing, which may be long in coming: it is listened to once, for whoever listens anew each time leaves something behind each time. */
function arrival<T>(things: AsyncIterator<T, void>, onThere: () => void) {
  const next = things.next();
  const arrived = { next, isThere: false };
  const there = (): void => {
    arrived.isThere = true;
    onThere();
  };
  next.then(there, there);
  return arrived;
}

/** @returns whether nobody has ended it until then */
function silence(ms: number, onEnd: (end: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, true);
    onEnd(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

const frames = new WeakMap<Entry, string>();

/** Written once for all who follow. JSON has no line breaks. */
function frameOf(entry: Entry): string {
  const known = frames.get(entry);
  if (known !== undefined) return known;
  const frame = `id: ${entry.id}\nevent: event\ndata: ${entry.json}\n\n`;
  frames.set(entry, frame);
  return frame;
}

function gapFrame(after: number, gone: number): string {
  return `event: gap\ndata: ${JSON.stringify({ after, gone })}\n\n`;
}
