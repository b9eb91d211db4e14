import type { Config } from "./config/config.ts";
import { openSink } from "./publish/staging.ts";
import { createScanner, type Scanner } from "./scan/scanner.ts";
import { type ScanThread, startScanThread } from "./scan/thread.ts";

/** The scanner, with a second thread that starts when it is first asked for. */
export function disposableScanner({
  limits,
}: Config): Scanner & AsyncDisposable & { readonly startThread: () => void } {
  let started: ScanThread | undefined;
  const thread = (): ScanThread => {
    started ??= startScanThread(
      new URL(import.meta.url.endsWith(".ts") ? "./scan-thread.ts" : "./scan-thread.js", import.meta.url),
    );
    return started;
  };
  const scanner = createScanner({ limits, openSink, thread });
  return {
    ...scanner,
    startThread: () => void thread(),
    [Symbol.asyncDispose]: async () => started?.[Symbol.asyncDispose](),
  };
}
