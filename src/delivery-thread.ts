import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import type { Config } from "./config/config.ts";
import { type Journal, type JournalAnswers, type JournalRequests, journalIn } from "./delivery/journal.ts";
import { isBusy, openState } from "./platform/database.ts";
import { serveThread } from "./platform/thread-server.ts";
import { deliverySchema } from "./signal/deliveries.ts";
import { routedSchema } from "./signal/models.ts";
import { layoutOf } from "./volume-session.ts";

/**
 * The thread of the daemon that remembers who was told of what: a cycle holds the database for as long as it takes, and nobody else waits for
 * it. It has a connection of its own to `state.db`, whose other tables it only reads; the first thread sees to it that the volume is held meanwhile.
 */
const { config }: { readonly config: Config } = workerData;

type Request<K extends keyof JournalRequests> = JournalRequests[K];

serveThread<JournalRequests, JournalAnswers>(
  async (kind, request, _, abort) => {
    for (;;) {
      try {
        return await answer(kind, request);
      } catch (error) {
        if (!isBusy(error) || abort.aborted) throw error; // a long cycle
        await sleep(BUSY_MS);
      }
    }
  },
  () => {},
);

const BUSY_MS = 250;

async function answer(kind: keyof JournalRequests, request: JournalRequests[keyof JournalRequests]) {
  const database = openState(config.stateDir, [deliverySchema, routedSchema], undefined);
  try {
    // What a power cut takes away here is found again: what is live is compared with what was told.
    database.exec("PRAGMA synchronous = NORMAL");
    return await ask(journalIn(database, config, layoutOf(config)), kind, request);
  } finally {
    database.close();
  }
}

async function ask(journal: Journal, kind: keyof JournalRequests, request: JournalRequests[keyof JournalRequests]) {
  switch (kind) {
    case "load":
      return await journal.load();
    case "route":
      return await journal.route((request as Request<"route">).labels);
    case "finish":
      return void (await journal.finish(request as Request<"finish">));
    case "labels":
      return void (await journal.keepLabels((request as Request<"labels">).labels));
    case "quarantine": {
      const { service, packs } = request as Request<"quarantine">;
      return void (await journal.quarantine(service, packs));
    }
    default:
      return kind satisfies never;
  }
}
