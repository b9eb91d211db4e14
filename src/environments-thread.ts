import { workerData } from "node:worker_threads";
import type { Config } from "./config/config.ts";
import type { EnvironmentsBuilt } from "./environments-built.ts";
import { buildLiveEnvironments } from "./live-environments.ts";
import { serveThread, threadLog } from "./platform/thread-server.ts";

export interface Building {
  /** Refs; empty: all. */
  readonly build: { readonly packs: readonly string[] };
}

export interface Built {
  readonly build: EnvironmentsBuilt;
}

/** The thread of the daemon that builds environments: copying, counting and removing thousands of files keeps nobody waiting. */
const { config }: { readonly config: Config } = workerData;

serveThread<Building, Built>(
  async (_, { packs }, __, abort) => await buildLiveEnvironments(packs, { config, log: threadLog }, abort),
  () => {},
);
