import type { Config } from "./config/config.ts";
import { openSink } from "./publish/staging.ts";
import { createScanner, type Scanner } from "./scan/scanner.ts";
import { type ScanThread, startScanThread } from "./scan/thread.ts";
import type { ScanLimits } from "./scan/walk.ts";

const known = new WeakMap<Config, ScanLimits>();

/** What bounds a scan, and what it judges by, one object for one configuration. */
export function scanLimits(config: Config): ScanLimits {
  const { limits, sources } = config;
  const dialects = sources.flatMap(({ name, dialect }) => (dialect === undefined ? [] : [[name, dialect]]));
  const found = known.get(config) ?? (dialects.length === 0 ? limits : { ...limits, rules: JSON.stringify(dialects) });
  known.set(config, found);
  return found;
}

/** The scanner, with a second thread that starts when it is first asked for. */
export function disposableScanner(config: Config): Scanner & AsyncDisposable & { readonly startThread: () => void } {
  let started: ScanThread | undefined;
  const thread = (): ScanThread => {
    started ??= startScanThread(
      new URL(import.meta.url.endsWith(".ts") ? "./scan-thread.ts" : "./scan-thread.js", import.meta.url),
    );
    return started;
  };
  const scanner = createScanner({ limits: scanLimits(config), openSink, thread });
  return {
    ...scanner,
    startThread: () => void thread(),
    [Symbol.asyncDispose]: async () => started?.[Symbol.asyncDispose](),
  };
}
