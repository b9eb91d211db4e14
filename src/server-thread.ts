import { workerData } from "node:worker_threads";
import type { Config } from "./config/config.ts";
import { serveThread, threadLog } from "./platform/thread-server.ts";
import { type Serving, serve } from "./serve.ts";
import type { ServingAnswers, ServingRequests } from "./serving.ts";

interface Served {
  readonly config: Config;
  readonly generatedToken: string;
  readonly beside: "daemon" | "nobody";
}

/** The thread that serves the HTTP API: no request keeps a publish waiting. What changes something, it asks of the daemon's socket as every command does. */
const { config, generatedToken, beside }: Served = workerData;

let serving: Serving | undefined;

serveThread<ServingRequests, ServingAnswers>(
  async () => {
    serving ??= await serve({ config, generatedToken, beside, log: threadLog, env: process.env });
    const { url, isGenerated } = serving;
    return { url, isGenerated };
  },
  () => void serving?.[Symbol.asyncDispose](),
);
