import { parentPort } from "node:worker_threads";
import { checkDefinitions } from "./check-definitions.ts";
import type { CheckRequest, CheckResponse } from "./checker-thread.ts";

parentPort?.on("message", ({ id, bytes, files }: CheckRequest) => {
  const definitions = files.map(([file, end], index) => {
    const start = files[index - 1]?.[1] ?? 0;
    return { file, bytes: bytes.subarray(start, end) };
  });
  const response: CheckResponse = { id, diagnostics: checkDefinitions(definitions) };
  parentPort?.postMessage(response);
});
