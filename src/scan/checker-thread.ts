import { Worker } from "node:worker_threads";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Checker, Definition } from "./checker.ts";

/** One pack's definitions on their way to the thread: all bytes in one buffer that changes hands without a copy. */
export interface CheckRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** Name of each file and where it ends in `bytes`. */
  readonly files: readonly (readonly [file: string, end: number])[];
}

export interface CheckResponse {
  readonly id: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** A checker in a thread of its own. What waits when the thread dies is rejected with its error. */
export function startCheckerThread(): Checker {
  const name = import.meta.url.endsWith(".ts") ? "./checker-worker.ts" : "./checker-worker.js";
  const worker = new Worker(new URL(name, import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<readonly Diagnostic[]>>();
  let next = 0;
  worker.on("message", ({ id, diagnostics }: CheckResponse) => {
    waiting.get(id)?.resolve(diagnostics);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", (error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  worker.unref();
  return {
    check(definitions) {
      const request = pack(next++, definitions);
      const answer = Promise.withResolvers<readonly Diagnostic[]>();
      waiting.set(request.id, answer);
      worker.ref();
      worker.postMessage(request, [request.bytes.buffer]);
      return answer.promise;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

function pack(id: number, definitions: readonly Definition[]): CheckRequest & { readonly bytes: Uint8Array<ArrayBuffer> } {
  const bytes = new Uint8Array(definitions.reduce((sum, definition) => sum + definition.bytes.length, 0));
  let end = 0;
  const files = definitions.map((definition): [string, number] => {
    bytes.set(definition.bytes, end);
    end += definition.bytes.length;
    return [definition.file, end];
  });
  return { id, bytes, files };
}
