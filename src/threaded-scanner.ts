import type { Config } from "./config/config.ts";
import type { Pulse } from "./platform/pulse.ts";
import { threadEntry } from "./platform/thread-client.ts";
import { beatingSink, openSink } from "./publish/staging.ts";
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

interface SecondThread {
  startThread(): void;
  end(): Promise<void>;
}

/** The scanner, with a second thread that starts when it is first asked for, also after it was ended. */
export function disposableScanner(config: Config): Scanner & AsyncDisposable & SecondThread {
  const second = secondThread();
  return {
    ...createScanner({ limits: scanLimits(config), openSink, thread: second.thread }),
    startThread: () => void second.thread(),
    end: second.end,
    [Symbol.asyncDispose]: second.end,
  };
}

/** A scanner for one piece of work after the other. Their second thread goes when nobody asked for anything for so long. */
export function restingScanner(
  config: Config,
  restMs: number,
  pulse: Pulse,
): AsyncDisposable & { lend(): Scanner & Disposable } {
  const { thread, end } = secondThread(pulse);
  let resting: NodeJS.Timeout | undefined;
  return {
    lend() {
      clearTimeout(resting);
      return {
        ...createScanner({ limits: scanLimits(config), openSink: beatingSink(pulse), thread }),
        [Symbol.dispose]() {
          resting = setTimeout(end, restMs).unref();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(resting);
      await end();
    },
  };
}

function secondThread(pulse?: Pulse): { readonly thread: () => ScanThread; readonly end: () => Promise<void> } {
  let started: ScanThread | undefined;
  return {
    thread() {
      if (started?.isDead() === true) started = undefined;
      started ??= startScanThread(threadEntry("scan-thread", import.meta.url), pulse);
      return started;
    },
    async end() {
      const ending = started;
      started = undefined;
      await ending?.[Symbol.asyncDispose]();
    },
  };
}
