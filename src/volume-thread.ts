import { workerData } from "node:worker_threads";
import { createCanaryCycle } from "./canary-cycle.ts";
import type { Config } from "./config/config.ts";
import { createCyclesMemory } from "./cycles.ts";
import { perform } from "./perform.ts";
import type { Pulse } from "./platform/pulse.ts";
import { serveThread, threadLog } from "./platform/thread-server.ts";
import type { Answers, Requests } from "./requests.ts";
import { restingScanner } from "./threaded-scanner.ts";
import { keepVolume } from "./volume-session.ts";

/** Who switches branches does so again soon; a thread that has learned its work does it in half the time. */
const REST_MS = 60_000;

/**
 * The thread of the daemon that holds the volume: it looks, hashes, stages and publishes, all of which block, while the
 * first thread hears events, signals and requests. It is asked one thing at a time.
 */
const { config, pulse }: { readonly config: Config; readonly pulse: Pulse } = workerData;
const volume = keepVolume({ config, log: threadLog, doing: "watch" });
const memory = createCyclesMemory();
const scanning = restingScanner(config, REST_MS, pulse);
const canary = createCanaryCycle(config, threadLog);

serveThread<Requests, Answers>(
  async (kind, request, onProgress, abort) => {
    if (kind === "canary")
      return await volume.run((session) => canary.fly(session, () => onProgress(1, 2), abort), abort);
    using scanner = scanning.lend();
    const how = { config, log: threadLog, scanner, onProgress, memory, pulse };
    return await volume.run((session) => perform(kind, request, session, how, abort), abort);
  },
  () => {
    canary[Symbol.dispose]();
    volume[Symbol.dispose]();
    void scanning[Symbol.asyncDispose]();
  },
);
