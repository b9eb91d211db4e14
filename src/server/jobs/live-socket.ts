import type { WebSocket } from "ws";
import { eventText } from "./job-document.ts";
import type { Jobs } from "./jobs.ts";

export interface Live {
  readonly jobs: Jobs;
  /** How often a follower is asked whether he is there still. */
  readonly pingMs: number;
}

/** RFC 6455, 7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;

/**
 * Sends a job's events into a WebSocket, one after another as they get through: a client that reads slowly costs one event
 * of memory. Closed with 1000 when the job is over; a client that answers no ping is dropped.
 */
export async function sendEvents(socket: WebSocket, id: string, after: number, { jobs, pingMs }: Live): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  using _ = pinging(socket, pingMs);
  for await (const event of jobs.events(id, after, gone.signal)) await send(socket, eventText(event));
  const job = jobs.get(id);
  const isEnd = job === undefined || job.ended !== undefined;
  socket.close(isEnd ? NORMAL : GOING_AWAY, isEnd ? "the job is over" : "the server ends");
}

/** Resolves once the system has taken it, or the client is gone. */
async function send(socket: WebSocket, text: string): Promise<void> {
  await new Promise<void>((resolve) => socket.send(text, () => resolve()));
}

/** So many pings stay unanswered before a client is dropped: one that was slow to be read is none that is gone. */
const MISSED = 3;

function pinging(socket: WebSocket, pingMs: number): Disposable {
  let unanswered = 0;
  socket.on("pong", () => {
    unanswered = 0;
  });
  const timer = setInterval(() => {
    if (unanswered >= MISSED) return socket.terminate();
    unanswered += 1;
    socket.ping();
  }, pingMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
