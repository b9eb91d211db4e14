import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Config } from "./config/config.ts";
import { type DaemonStatus, PROTOCOL, socketPath } from "./control/protocol.ts";
import { listen } from "./control/server.ts";
import type { Say } from "./loop/events.ts";
import { createLoop, type Loop } from "./loop/loop.ts";
import { monotonicMs } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { VERSION } from "./platform/version.ts";
import { startVolumeWorker } from "./volume-worker.ts";
import type { Degraded } from "./watch/limits.ts";
import { type Watcher, watchSources } from "./watch/watcher.ts";

export interface DaemonOptions {
  readonly config: Config;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Composition root of the daemon: a thread that holds the volume, the loop that tells it what to look at, watches, and a socket
 * for commands. Runs until `abort`; then releases everything last-in-first-out.
 *
 * @throws PacksyncError when the volume or its lock is not to be had at the start
 */
export async function watch({ config, log, say }: DaemonOptions, abort: AbortSignal): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const worker = resources.use(startVolumeWorker({ config }, log));
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  resources.defer(() => void delay.disable());

  let watcher: Watcher | undefined;
  const { sources } = config;
  const { rescanSeconds, verifySeconds, drift } = config.watch;
  const loop: Loop = createLoop({
    sources,
    say,
    ask: worker.ask,
    now: monotonicMs,
    rescanMs: rescanSeconds * 1000,
    verifyMs: verifySeconds * 1000,
    repairs: drift === "repair",
    recheck(source) {
      watcher?.recheck(source);
      loop.degrade(source, watcher?.stateOf(source) === "degraded");
    },
    machine: () => {
      const { watches = 0, allowed } = watcher?.usage() ?? {};
      return { watches, watchesAllowed: allowed, eventLoopDelayMs: Math.round(delay.max / 1e6) };
    },
  });
  watcher = resources.use(
    watchSources(sources, {
      onHints: loop.hint,
      onDoubt(source, why) {
        log.info({ source, why }, "rescan");
        loop.doubt(source);
      },
      onDegraded(degraded: Degraded) {
        loop.degrade(degraded.source, true);
        say({ kind: "degraded", degraded });
      },
    }),
  );
  const { owner } = await worker.ask("open", {}, () => {}, abort);
  const since = new Date().toISOString();
  const about = () => ({ protocol: PROTOCOL, version: VERSION, pid: process.pid, since, sources });
  const status = (): DaemonStatus => ({ ...about(), ...loop.status() });
  resources.use(await listen(socketPath(config.stateDir), owner, { about, status, ask: loop.request }));
  delay.reset(); // the start loads what never comes again
  await watcher.ready; // what changed before is seen by the first cycle, what changes from now on is announced
  await loop.run(abort);
}
