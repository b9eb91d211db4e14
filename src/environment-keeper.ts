import type { Config } from "./config/config.ts";
import type { Building, Built } from "./environments-thread.ts";
import type { Say } from "./loop/events.ts";
import type { Log } from "./platform/log.ts";
import { startThread, type Thread, threadEntry } from "./platform/thread-client.ts";

/** Sees to it that published packs have the environments they need, beside the daemon. */
export interface EnvironmentKeeper extends AsyncDisposable {
  /** These packs may need others now; empty: all may. What cannot be built is tried again when its pack changes. */
  look(packs: readonly string[]): void;
}

interface KeeperDeps {
  readonly config: Config;
  readonly log: Log;
  readonly say: Say;
}

/** One round at a time, in a thread that is there while it lasts: programs that install take what a processor has. */
export function createEnvironmentKeeper({ config, log, say }: KeeperDeps, abort: AbortSignal): EnvironmentKeeper {
  let waiting: ReadonlySet<string> | "all" | undefined;
  let running: Promise<void> | undefined;
  const rounds = async (): Promise<void> => {
    await using thread = startThread<Building, Built>(
      threadEntry("environments-thread", import.meta.url),
      { config },
      log,
    );
    while (waiting !== undefined && !abort.aborted) {
      const packs = waiting === "all" ? [] : [...waiting];
      waiting = undefined;
      const came = await round(thread, packs);
      if (came.built.length + came.failed.length > 0) say({ kind: "environments", came });
    }
  };
  const round = (thread: Thread<Building, Built>, packs: readonly string[]) =>
    thread.ask("build", { packs }, () => {}, abort);
  const start = (): void => {
    running ??= rounds()
      .catch((error: unknown) => {
        if (!abort.aborted)
          log.warn({ why: String(error) }, "environments could not be looked at; the next change tries again");
      })
      .finally(() => {
        running = undefined;
        if (waiting !== undefined && !abort.aborted) start(); // it came while the thread was ending
      });
  };
  return {
    look(packs) {
      if (config.environments === "off" || abort.aborted) return;
      if (packs.length === 0 || waiting === "all") waiting = "all";
      else waiting = new Set([...(waiting ?? []), ...packs]);
      start();
    },
    async [Symbol.asyncDispose]() {
      await running;
    },
  };
}
