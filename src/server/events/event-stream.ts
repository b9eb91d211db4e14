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
    for (let next = events.next(); !gone.aborted; ) {
      if (status !== undefined) {
        const json = status;
        status = undefined;
        yield `event: status\ndata: ${json}\n\n`;
        continue;
      }
      const what = await firstOf(next, pingMs, (woken) => {
        wake = woken;
      });
      if (what === "woken") continue;
      if (what === "silence") {
        yield ": still here\n\n";
        continue;
      }
      if (what.done === true) return;
      const followed = what.value;
      next = events.next();
      if (followed.kind === "gap") yield gapFrame(followed.after, followed.gone);
      else for (const entry of followed.entries) if (matches(entry.event, filter)) yield frameOf(entry);
    }
  } finally {
    void events.return(undefined);
  }
}

/** What comes first: the next thing, something else to say, or nothing for too long. */
async function firstOf<T>(
  next: Promise<T>,
  silenceMs: number,
  onWake: (woken: () => void) => void,
): Promise<T | "woken" | "silence"> {
  let timer: NodeJS.Timeout | undefined;
  const other = new Promise<"woken" | "silence">((resolve) => {
    timer = setTimeout(resolve, silenceMs, "silence");
    onWake(() => resolve("woken"));
  });
  try {
    return await Promise.race([next, other]);
  } finally {
    clearTimeout(timer);
  }
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
