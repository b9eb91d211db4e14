import { parentPort, workerData } from "node:worker_threads";
import { toFailure } from "./platform/failures.ts";
import type { Pulse } from "./platform/pulse.ts";
import { beatingSink, openSink } from "./publish/staging.ts";
import { takeAll } from "./scan/restat.ts";
import { scanPack } from "./scan/scan-pack.ts";
import type { ThreadRequest, ThreadResponse } from "./scan/thread.ts";

const { pulse }: { readonly pulse?: Pulse } = workerData;
const sink = pulse === undefined ? openSink : beatingSink(pulse);

/** The second thread of a run with much to do: scans packs, and writes their changed files into staging, beside the first. */
parentPort?.on("message", async (message: ThreadRequest) => {
  if (message.kind === "help") {
    takeAll(message.work);
    return;
  }
  const { id, request } = message;
  const response: ThreadResponse = await scanPack(request, sink).then(
    (scanned) => ({ id, scanned }),
    (error: unknown) => ({ id, failed: toFailure(error) }),
  );
  parentPort?.postMessage(response);
});
