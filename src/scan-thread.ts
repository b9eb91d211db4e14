import { parentPort, workerData } from "node:worker_threads";
import { toFailure } from "./platform/failures.ts";
import type { Pulse } from "./platform/pulse.ts";
import { beatingSink, openSink } from "./publish/staging.ts";
import { readPack } from "./scan/read-pack.ts";
import { takeAll } from "./scan/restat.ts";
import type { ReadRequest, ThreadRequest, ThreadResponse } from "./scan/thread.ts";

const { pulse }: { readonly pulse?: Pulse } = workerData;
const sink = pulse === undefined ? openSink : beatingSink(pulse);

/** The second thread of a run with much to do: reads packs, and writes their changed files into staging, beside the first. */
parentPort?.on("message", (message: ThreadRequest) => {
  if (message.kind === "end") parentPort?.close();
  else if (message.kind === "help") takeAll(message.work);
  else parentPort?.postMessage(answerTo(message));
});

function answerTo({ id, request }: ReadRequest): ThreadResponse {
  try {
    return { id, read: readPack(request, sink) };
  } catch (error) {
    return { id, failed: toFailure(error) };
  }
}
