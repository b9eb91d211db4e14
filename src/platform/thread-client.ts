import { fromFailure } from "./failures.ts";
import type { Log } from "./log.ts";
import type { FromThread, ToThread } from "./thread-protocol.ts";

/** A thread that does what it is asked. */
export interface Thread<Q extends object, A extends Readonly<Record<keyof Q, unknown>>> extends AsyncDisposable {
  ask<K extends keyof Q>(
    kind: K,
    request: Q[K],
    onProgress: (done: number, total: number) => void,
    abort: AbortSignal,
  ): Promise<A[K]>;
}

interface Waiting<A> {
  readonly answer: PromiseWithResolvers<A>;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Starts a thread. What waits for it when it dies (it ran out of memory, say) is rejected; the next one who asks has another
 * one started.
 *
 * @param entry the module that calls `serveThread`
 */
export function startThread<Q extends object, A extends Readonly<Record<keyof Q, unknown>>>(
  entry: URL,
  workerData: object,
  log: Log,
): Thread<Q, A> {
  const waiting = new Map<number, Waiting<A[keyof Q]>>();
  const hear = (message: FromThread<A>): void => {
    if ("log" in message) {
      log[message.log](message.about, message.message);
      return;
    }
    const { answer, onProgress } = waiting.get(message.id) ?? {};
    if ("progress" in message) {
      onProgress?.(...message.progress);
      return;
    }
    waiting.delete(message.id);
    if ("answer" in message) answer?.resolve(message.answer as A[keyof Q]);
    else answer?.reject(fromFailure(message.failure));
  };
  const onEnd = (error: Error): void => {
    running = undefined;
    for (const { answer } of waiting.values()) answer.reject(error);
    waiting.clear();
  };
  const start = (): Running => startWorker(entry, workerData, hear, onEnd);
  let running: Running | undefined = start();
  let next = 0;
  return {
    ask<K extends keyof Q>(kind: K, request: Q[K], onProgress: Waiting<A>["onProgress"], abort: AbortSignal) {
      if (abort.aborted) return Promise.reject(abort.reason);
      running ??= start();
      const { send } = running;
      const id = next++;
      const answer = Promise.withResolvers<A[keyof Q]>();
      waiting.set(id, { answer, onProgress });
      send({ id, kind, request } satisfies ToThread<Q>);
      const stop = (): void => send({ stop: id, reason: String(abort.reason?.message ?? abort.reason) });
      abort.addEventListener("abort", stop, { once: true });
      const done = answer.promise.finally(() => abort.removeEventListener("abort", stop));
      return done as Promise<A[K]>; // the thread answers what it was asked
    },
    async [Symbol.asyncDispose]() {
      running?.send({ close: true });
      await running?.ended;
    },
  };
}

interface Running {
  readonly send: (message: object) => void;
  readonly ended: Promise<void>;
}

function startWorker<Message>(
  entry: URL,
  workerData: object,
  hear: (message: Message) => void,
  onEnd: (error: Error) => void,
): Running {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(entry, { workerData });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let cause = new Error("The thread that was to do this ended.");
  worker.on("message", hear);
  worker.on("error", (error: Error) => {
    cause = error;
  });
  worker.once("exit", () => {
    onEnd(cause);
    resolve();
  });
  return { send: (message) => worker.postMessage(message), ended };
}

/** A thread's module beside `here`, as it is or bundled. @param here `import.meta.url` */
export function threadEntry(name: string, here: string): URL {
  return new URL(`./${name}.${here.endsWith(".ts") ? "ts" : "js"}`, here);
}
