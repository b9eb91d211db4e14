import { workerData } from "node:worker_threads";
import type { Config } from "./config/config.ts";
import { openStateBeside } from "./platform/database.ts";
import { serveThread, threadLog } from "./platform/thread-server.ts";
import { readLedger } from "./publish/ledger.ts";
import { viewVolume } from "./publish/view.ts";
import { type Registered, type Registering, registerLive } from "./registration.ts";
import { layoutOf } from "./volume-session.ts";

/**
 * The thread of the daemon that registers: a database that does not answer keeps nobody waiting. It has a connection of its own to
 * `state.db`, whose other tables it only reads; the first thread sees to it that the volume is held meanwhile.
 */
const { config }: { readonly config: Config } = workerData;

serveThread<Registering, Registered>(
  async (_, { request, reread }, __, abort) => {
    const database = openStateBeside(config.stateDir);
    try {
      const session = { database, volume: viewVolume(layoutOf(config), readLedger(database)) };
      return await registerLive(session, { config, log: threadLog, request, reread }, abort);
    } finally {
      database.close();
    }
  },
  () => {},
);
