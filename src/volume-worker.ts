import type { Config } from "./config/config.ts";
import { type Failure, fromFailure } from "./platform/failures.ts";
import type { Log } from "./platform/log.ts";
import type { Answers, RequestKind, Requests } from "./requests.ts";

/** What `volume-thread.ts` starts with. */
export interface ThreadStart {
  readonly config: Config;
}

export type ToThread =
  | { readonly id: number; readonly kind: RequestKind; readonly request: Requests[RequestKind] }
  | { readonly stop: number; readonly reason: string }
  | { readonly close: true };

export type FromThread =
  | { readonly id: number; readonly progress: readonly [done: number, total: number] }
  | { readonly id: number; readonly answer: Answers[RequestKind] }
  | { readonly id: number; readonly failure: Failure }
  | { readonly log: keyof Log; readonly about: unknown; readonly message: string }
  | { readonly closed: true };

/** The volume, held by a thread of its own. */
export interface VolumeWorker extends AsyncDisposable {
  ask<K extends RequestKind>(
    kind: K,
    request: Requests[K],
    onProgress: (done: number, total: number) => void,
    abort: AbortSignal,
  ): Promise<Answers[K]>;
}

interface Waiting {
  readonly answer: PromiseWithResolvers<Answers[RequestKind]>;
  readonly onProgress: (done: number, total: number) => void;
}

/** Starts the thread; what waits for it when it dies is rejected with its error. */
export function startVolumeWorker(start: ThreadStart, log: Log): VolumeWorker {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const isBundle = !import.meta.url.endsWith(".ts");
  const worker = new Worker(new URL(isBundle ? "./volume-thread.js" : "./volume-thread.ts", import.meta.url), {
    workerData: start,
  });
  const waiting = new Map<number, Waiting>();
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let next = 0;
  let dead: Error | undefined;
  worker.on("message", (message: FromThread) => {
    if ("log" in message) return log[message.log](message.about, message.message);
    if ("closed" in message) return;
    const { answer, onProgress } = waiting.get(message.id) ?? {};
    if ("progress" in message) return onProgress?.(...message.progress);
    waiting.delete(message.id);
    if ("answer" in message) answer?.resolve(message.answer);
    else answer?.reject(fromFailure(message.failure));
  });
  worker.on("error", (error: Error) => {
    dead = error;
    for (const { answer } of waiting.values()) answer.reject(error);
    waiting.clear();
  });
  const send = (message: ToThread): void => worker.postMessage(message);
  return {
    ask<K extends RequestKind>(kind: K, request: Requests[K], onProgress: Waiting["onProgress"], abort: AbortSignal) {
      if (dead !== undefined) return Promise.reject(dead);
      const id = next++;
      const answer = Promise.withResolvers<Answers[RequestKind]>();
      waiting.set(id, { answer, onProgress });
      send({ id, kind, request });
      const stop = (): void => send({ stop: id, reason: String(abort.reason?.message ?? abort.reason) });
      abort.addEventListener("abort", stop, { once: true });
      const done = answer.promise.finally(() => abort.removeEventListener("abort", stop));
      return done as Promise<Answers[K]>; // the thread answers what it was asked
    },
    async [Symbol.asyncDispose]() {
      if (dead === undefined) send({ close: true });
      await ended;
    },
  };
}
