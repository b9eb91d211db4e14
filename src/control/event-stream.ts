import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { cutOff } from "../events/cut-off.ts";
import type { Followed } from "../events/follow.ts";

/** `GET /events`, with the last event that is known. */
const EVENTS = /^\/events(?:\?after=(\d{1,16}))?$/;

/** @returns after which event somebody wants to follow; `undefined`: it is another request */
export function asksForEvents(method: string | undefined, url: string): number | undefined {
  const asked = method === "GET" ? EVENTS.exec(url) : null;
  return asked === null ? undefined : Number(asked[1] ?? 0);
}

export interface Streaming {
  /** The daemon ends: who follows is told the rest. */
  readonly ending: AbortSignal;
  /** Who takes nothing for so long is cut off. */
  readonly patienceMs: number;
}

/** One line for each event, for as long as the reader reads. */
export async function sendEvents(
  response: ServerResponse,
  events: (abort: AbortSignal) => AsyncIterable<Followed>,
  { ending, patienceMs }: Streaming,
): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  const gone = new AbortController();
  const isOver = AbortSignal.any([gone.signal, ending]);
  const lines = cutOff(linesOf(events(isOver)), patienceMs, () => response.destroy());
  const sent = Readable.from(lines, { objectMode: false, highWaterMark: 64 * 1024 });
  response.once("close", () => {
    gone.abort();
    sent.destroy();
  });
  sent.once("error", () => response.destroy());
  sent.pipe(response);
}

async function* linesOf(events: AsyncIterable<Followed>): AsyncGenerator<string> {
  for await (const followed of events) {
    if (followed.kind === "gap") yield `${JSON.stringify({ gap: { after: followed.after, gone: followed.gone } })}\n`;
    else for (const { json } of followed.entries) yield `{"event":${json}}\n`;
  }
}
