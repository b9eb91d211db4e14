import { parentPort, workerData } from "node:worker_threads";
import { createCyclesMemory } from "./cycles.ts";
import { PacksyncError } from "./errors.ts";
import { perform } from "./perform.ts";
import { toFailure } from "./platform/failures.ts";
import { disposableScanner } from "./threaded-scanner.ts";
import { keepVolume } from "./volume-session.ts";
import type { FromThread, ThreadStart, ToThread } from "./volume-worker.ts";

/**
 * The thread of the daemon that holds the volume: it looks, hashes, stages and publishes, all of which block, while the
 * first thread hears events, signals and requests. One request at a time.
 */
const { config }: ThreadStart = workerData;
const send = (message: FromThread): void => parentPort?.postMessage(message);
const log = (level: "error" | "warn" | "info" | "debug") => (about: unknown, message?: unknown) =>
  send(
    typeof about === "string"
      ? { log: level, about: {}, message: about }
      : { log: level, about, message: String(message) },
  );
const logger = { error: log("error"), warn: log("warn"), info: log("info"), debug: log("debug") };

const volume = keepVolume({ config, log: logger, doing: "watch" });
const memory = createCyclesMemory();
const running = new Map<number, AbortController>();

parentPort?.on("message", async (message: ToThread) => {
  if ("stop" in message) {
    running.get(message.stop)?.abort(new PacksyncError("STOPPED", message.reason));
    return;
  }
  if ("close" in message) {
    volume[Symbol.dispose]();
    send({ closed: true });
    parentPort?.close();
    return;
  }
  const { id, kind, request } = message;
  const abort = new AbortController();
  running.set(id, abort);
  const onProgress = (done: number, total: number) => send({ id, progress: [done, total] });
  try {
    await using scanner = disposableScanner(config);
    const how = { config, scanner, onProgress, memory };
    const answer = await volume.run((session) => perform(kind, request, session, how, abort.signal), abort.signal);
    send({ id, answer });
  } catch (error) {
    send({ id, failure: toFailure(error) });
  } finally {
    running.delete(id);
  }
});
