import { type Failure, fromFailure } from "../platform/failures.ts";
import type { Pulse } from "../platform/pulse.ts";
import type { ReadPack } from "./read-pack.ts";
import type { SharedWork } from "./restat.ts";
import type { ScanRequest } from "./scan-pack.ts";

/** What the thread is told. */
export type ThreadRequest =
  | ReadRequest
  | { readonly kind: "help"; readonly work: SharedWork }
  | { readonly kind: "end" };

export interface ReadRequest {
  readonly kind: "read";
  readonly id: number;
  readonly request: ScanRequest;
}

/** What it answers to that. */
export type ThreadResponse =
  | { readonly id: number; readonly read: ReadPack }
  | { readonly id: number; readonly failed: Failure };

/** A second thread that reads packs. What waits for it when it dies is rejected with its error. */
export interface ScanThread extends AsyncDisposable {
  isDead(): boolean;
  /** So much is on its way to it that it will not have to wait for more. */
  hasRoom(): boolean;
  read(request: ScanRequest): Promise<ReadPack>;
  help(work: SharedWork): void;
}

/** It reads while what it has read waits to be judged: with half as many the judge reads some itself, and a cold sync takes 4 % longer. */
const QUEUE = 20;

/** It ends by itself, after what it has to do: koffi takes the process along when its thread is terminated while it loads. A disk may hang. */
const END_MS = 1000;

/** What a scan makes is short-lived: a quarter of the usual room is as fast. */
const YOUNG_MB = 12;

/**
 * @param entry the module that the thread runs: it answers {@link ThreadRequest}s
 * @param pulse where it shows that it gets on
 */
export function startScanThread(entry: URL, pulse?: Pulse): ScanThread {
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const worker = new Worker(entry, { workerData: { pulse }, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const waiting = new Map<number, PromiseWithResolvers<ReadPack>>();
  let next = 0;
  let isDead = false;
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.unref();
  worker.on("message", (response: ThreadResponse) => {
    const answer = waiting.get(response.id);
    waiting.delete(response.id);
    if (waiting.size === 0) worker.unref();
    if ("read" in response) answer?.resolve(response.read);
    else answer?.reject(fromFailure(response.failed));
  });
  worker.on("error", (error) => {
    isDead = true;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  const send = (request: ThreadRequest): void => worker.postMessage(request);
  return {
    isDead: () => isDead,
    hasRoom: () => !isDead && waiting.size < QUEUE,
    read(request) {
      const answer = Promise.withResolvers<ReadPack>();
      waiting.set(next, answer);
      worker.ref();
      send({ kind: "read", id: next, request });
      next++;
      return answer.promise;
    },
    help: (work) => send({ kind: "help", work }),
    async [Symbol.asyncDispose]() {
      worker.ref();
      send({ kind: "end" });
      const hangs = setTimeout(() => void worker.terminate(), END_MS);
      await exited;
      clearTimeout(hangs);
    },
  };
}
