import type { Diagnostic } from "../pack/diagnostics.ts";

/** The bytes of one definition file; `file` is relative to the pack. */
export interface Definition {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Says what is wrong with definitions: in this thread, or for many in a second one while the first goes on copying. */
export interface Checker extends AsyncDisposable {
  check(definitions: readonly Definition[]): Promise<readonly Diagnostic[]>;
}

/** Below this many bytes in a run, parsing here is over before a thread has started. */
const WORTH_A_THREAD_BYTES = 256 * 1024;

export function createChecker(startThread: () => Promise<Checker>): Checker {
  let bytes = 0;
  let thread: Promise<Checker> | undefined;
  return {
    async check(definitions) {
      if (definitions.length === 0) return [];
      for (const definition of definitions) bytes += definition.bytes.length;
      if (bytes > WORTH_A_THREAD_BYTES) thread ??= startThread();
      if (thread !== undefined) return (await thread).check(definitions);
      const { checkDefinitions } = await import("./check-definitions.ts");
      return checkDefinitions(definitions);
    },
    async [Symbol.asyncDispose]() {
      await (await thread)?.[Symbol.asyncDispose]();
    },
  };
}
