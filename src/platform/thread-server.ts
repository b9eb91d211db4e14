import { parentPort } from "node:worker_threads";
import { PacksyncError } from "../errors.ts";
import { toFailure } from "./failures.ts";
import type { Log } from "./log.ts";
import type { FromThread, ToThread } from "./thread-protocol.ts";

/** What the thread does with a request. */
export type Serve<Q, A> = (
  kind: keyof Q,
  request: Q[keyof Q],
  onProgress: (done: number, total: number) => void,
  abort: AbortSignal,
) => Promise<A[keyof A]>;

/** The thread's own end: does what it is asked until it is closed. @param close releases what the thread holds */
export function serveThread<Q, A>(serve: Serve<Q, A>, close: () => void): void {
  const running = new Map<number, AbortController>();
  parentPort?.on("message", async (message: ToThread<Q>) => {
    if ("stop" in message) {
      running.get(message.stop)?.abort(new PacksyncError("STOPPED", message.reason));
      return;
    }
    if ("close" in message) {
      close();
      parentPort?.close();
      return;
    }
    const { id, kind, request } = message;
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const onProgress = (done: number, total: number) => send<A>({ id, progress: [done, total] });
      send<A>({ id, answer: await serve(kind, request, onProgress, abort.signal) });
    } catch (error) {
      send<A>({ id, failure: toFailure(error) });
    } finally {
      running.delete(id);
    }
  });
}

function send<A>(message: FromThread<A>): void {
  parentPort?.postMessage(message);
}

/** A log whose lines the first thread writes. */
export const threadLog: Log = { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };

function at(level: keyof Log): Log["info"] {
  return (...[about, message]: unknown[]) => {
    const said = typeof about === "string" ? { about: {}, message: about } : { about, message: String(message) };
    send({ log: level, ...said });
  };
}
