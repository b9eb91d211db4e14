import { Readable } from "node:stream";
import type { JobEvent } from "./job.ts";
import { eventText } from "./job-document.ts";
import type { Live } from "./live-socket.ts";

/**
 * A job's events as a stream of server-sent events, read as fast as the client takes them. The last one is `end`: a client
 * that comes back all the same is answered 204, which keeps an `EventSource` from coming again.
 *
 * @param abort ends it; somebody has to, when the client is gone
 */
export function eventStream(id: string, after: number, { jobs, pingMs }: Live, abort: AbortSignal): Readable {
  const frames = async function* (): AsyncGenerator<string> {
    yield ": events of a job\n\n";
    for await (const event of orSilence(jobs.events(id, after, abort), pingMs)) {
      yield event === "silence" ? ": still here\n\n" : frame(event);
    }
    if (jobs.get(id)?.ended !== undefined) yield "event: end\ndata: {}\n\n";
  };
  return Readable.from(frames(), { objectMode: false, highWaterMark: 16 * 1024 });
}

/** JSON has no line breaks. */
function frame(event: JobEvent): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${eventText(event)}\n\n`;
}

/** Something now and then, so that nobody between here and there takes the connection for dead. */
async function* orSilence(events: AsyncIterable<JobEvent>, pingMs: number): AsyncGenerator<JobEvent | "silence"> {
  for (let iterator = events[Symbol.asyncIterator](), next = iterator.next(); ; ) {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<"silence">((resolve) => {
      timer = setTimeout(resolve, pingMs, "silence");
    });
    const result = await Promise.race([next, silence]);
    clearTimeout(timer);
    if (result === "silence") {
      yield result;
      continue;
    }
    if (result.done === true) return;
    yield result.value;
    next = iterator.next();
  }
}
