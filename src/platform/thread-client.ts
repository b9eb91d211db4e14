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
  /** Rejected when the thread has ended though nobody closed it. */
  readonly died: Promise<never>;
}

interface Waiting<A> {
  readonly answer: PromiseWithResolvers<A>;
  readonly onProgress: (done: number, total: number) => void;
}

/** Two thirds of the usual room: what a cycle makes is short-lived, and what it took is never given back; a quarter makes a branch switch a sixth slower. */
const YOUNG_MB = 32;

/**
 * Starts a thread; what waits for it when it dies is rejected with its error.
 *
 * @param entry the module that calls `serveThread`
 */
export function startThread<Q extends object, A extends Readonly<Record<keyof Q, unknown>>>(
  entry: URL,
  workerData: object,
  log: Log,
): Thread<Q, A> {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(entry, { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, Waiting<A[keyof Q]>>();
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => {}); // whoever cares asks
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let next = 0;
  let dead: Error | undefined;
  worker.on("message", (message: FromThread<A>) => {
    if ("log" in message) return log[message.log](message.about, message.message);
    const { answer, onProgress } = waiting.get(message.id) ?? {};
    if ("progress" in message) return onProgress?.(...message.progress);
    waiting.delete(message.id);
    if ("answer" in message) answer?.resolve(message.answer as A[keyof Q]);
    else answer?.reject(fromFailure(message.failure));
  });
  const end = (error: Error): void => {
    dead ??= error;
    death.reject(dead);
    for (const { answer } of waiting.values()) answer.reject(dead);
    waiting.clear();
  };
  worker.on("error", end);
  let isClosing = false;
  worker.once("exit", () => isClosing || end(new Error("The thread that was to do this has ended.")));
  const send = (message: ToThread<Q>): void => worker.postMessage(message);
  return {
    died: death.promise,
    ask<K extends keyof Q>(kind: K, request: Q[K], onProgress: Waiting<A>["onProgress"], abort: AbortSignal) {
      if (dead !== undefined) return Promise.reject(dead);
      if (abort.aborted) return Promise.reject(abort.reason);
      const id = next++;
      const answer = Promise.withResolvers<A[keyof Q]>();
      waiting.set(id, { answer, onProgress });
      send({ id, kind, request });
      const stop = (): void => send({ stop: id, reason: String(abort.reason?.message ?? abort.reason) });
      abort.addEventListener("abort", stop, { once: true });
      const done = answer.promise.finally(() => abort.removeEventListener("abort", stop));
      return done as Promise<A[K]>; // the thread answers what it was asked
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      if (dead === undefined) send({ close: true });
      await ended;
    },
  };
}

/** A thread's module beside `here`, as it is or bundled. @param here `import.meta.url` */
export function threadEntry(name: string, here: string): URL {
  return new URL(`./${name}.${here.endsWith(".ts") ? "ts" : "js"}`, here);
}
