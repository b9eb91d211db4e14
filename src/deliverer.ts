import type { Config } from "./config/config.ts";
import { type Delivery, openDelivery } from "./delivery/delivery.ts";
import type { Journal, JournalAnswers, JournalRequests } from "./delivery/journal.ts";
import { canTell, nobodyToTell } from "./delivery/may-tell.ts";
import { reasonOf } from "./delivery/results.ts";
import type { Retreat } from "./delivery/retreat.ts";
import type { Say } from "./loop/events.ts";
import type { Ask } from "./loop/state.ts";
import type { Log } from "./platform/log.ts";
import { startThread, type Thread, threadEntry } from "./platform/thread-client.ts";
import type { Registrar } from "./registrar.ts";
import type { NotifyReport } from "./requests.ts";
import { MOUNTED } from "./scan/mounted.ts";
import type { Quarantined } from "./signal/deliveries.ts";
import type { ServiceView } from "./signal/view.ts";

/** Tells services what the daemon publishes, beside it. */
export interface Deliverer extends AsyncDisposable {
  /** Something goes live, and a look will be asked for: who there is can be found out already. */
  expect(): void;
  /** Something may have gone live. Resolves when whom it concerns is known; what does not succeed is tried again by itself. */
  look(): Promise<void>;
  /** @throws PacksyncError `USAGE` where nobody can be told */
  notify(service: string): Promise<NotifyReport>;
  views(): readonly ServiceView[];
  /** For how long the engine has not answered, in milliseconds; 0: it does, or nobody asks. */
  silentMs(): number;
}

export interface DelivererDeps {
  readonly config: Config;
  readonly log: Log;
  readonly say: Say;
  readonly registrar: Registrar;
  /** Asks the volume, as a command would. */
  readonly ask: Ask;
}

/** While the database is held, or its disk is full. */
const RETRY_MS = 1000;

export function createDeliverer(deps: DelivererDeps, abort: AbortSignal): Deliverer {
  const { config, log, say, registrar } = deps;
  const resources = new AsyncDisposableStack();
  let opening: Promise<Delivery> | undefined;
  let delivery: Delivery | undefined;
  let timer: NodeJS.Timeout | undefined;

  const open = async (): Promise<Delivery> => {
    const opened = await openDelivery({
      config,
      log,
      journal: threadedJournal(resources, deps, abort),
      onConcerns: (concerns) => say({ kind: "concerns", concerns }),
      onPending: (services) => say({ kind: "pending", services }),
      onDelivered: (delivered) => say({ kind: "delivered", delivered }),
      registered: registrar.settled,
      retreat: retreatFor(deps, abort),
    });
    delivery = resources.use(opened);
    return opened;
  };
  const opened = async (): Promise<Delivery> => {
    opening ??= open();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    if (abort.aborted || !canTell(config)) return;
    try {
      await (await opened()).look();
    } catch (error) {
      if (abort.aborted) return;
      log.warn({ why: reasonOf(error) }, "whom changes concern is not to be had; it is tried again");
      timer = setTimeout(look, RETRY_MS).unref();
    }
  };
  return {
    expect: () => delivery?.expect(),
    look,
    async notify(service) {
      if (!canTell(config)) throw nobodyToTell();
      const { told: _, ...report } = await (await opened()).notify(service);
      return report;
    },
    views: () => delivery?.views() ?? [],
    silentMs: () => delivery?.silentMs() ?? 0,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await opening?.catch(() => {});
      await resources.disposeAsync();
    },
  };
}

/** Packs go back as a person would have them go back: pinned until their source changes. */
function retreatFor({ ask, say, log }: DelivererDeps, abort: AbortSignal): Retreat {
  return {
    async goBack(service, culprits) {
      const packs: Quarantined[] = [];
      const left: { pack: string; why: string }[] = [];
      for (const { pack, from, to } of culprits) {
        try {
          if (from.startsWith(MOUNTED)) throw new Error("services read it in its source: mend it there");
          const { release } = await ask("rollback", { pack, from, to }, () => {}, abort);
          if (release !== undefined) packs.push({ service, pack, bad: from, release });
        } catch (error) {
          left.push({ pack, why: reasonOf(error) });
        }
      }
      if (!abort.aborted) say({ kind: "quarantined", service, packs, left });
      return packs;
    },
    async tryAgain(service, packs) {
      for (const pack of packs)
        await ask("unpin", { pack }, () => {}, abort).catch((error: unknown) => {
          if (!abort.aborted) log.warn({ pack, why: reasonOf(error) }, "it is not tried again");
        });
      if (!abort.aborted) say({ kind: "released", service, packs });
    },
  };
}

type JournalThread = Thread<JournalRequests, JournalAnswers>;

/** What a thread took that has routed so many packs it would never give back; a fresh one is there before the next publish. */
const MANY = 20;

function threadedJournal(resources: AsyncDisposableStack, { config, log }: DelivererDeps, abort: AbortSignal): Journal {
  let thread: JournalThread | undefined;
  let asked = new Set<Promise<unknown>>();
  const start = (): JournalThread => {
    const started: JournalThread = startThread(threadEntry("delivery-thread", import.meta.url), { config }, log);
    started.died.catch((error: unknown) => {
      log.error({ why: String(error) }, "the thread that remembers who was told has ended; another one starts");
      if (thread === started) thread = undefined;
    });
    return started;
  };
  /** Whoever still waits for an answer gets it first. */
  const end = async (): Promise<void> => {
    const [ending, left] = [thread, asked];
    [thread, asked] = [undefined, new Set()];
    await Promise.allSettled(left);
    await ending?.[Symbol.asyncDispose]();
  };
  resources.defer(end);
  const ask: JournalThread["ask"] = (kind, request, onProgress, signal) => {
    thread ??= start();
    const [its, answer] = [asked, thread.ask(kind, request, onProgress, signal)];
    its.add(answer);
    const done = () => void its.delete(answer);
    answer.then(done, done);
    return answer;
  };
  const quiet = () => {};
  return {
    load: () => ask("load", {}, quiet, abort),
    async route(labels) {
      const concerns = await ask("route", { labels }, quiet, abort);
      if (concerns.turns.length > MANY) {
        await end();
        thread = abort.aborted ? undefined : start();
      }
      return concerns;
    },
    finish: async (finished) => void (await ask("finish", finished, quiet, abort)),
    keepLabels: async (labels) => void (await ask("labels", { labels }, quiet, abort)),
    quarantine: async (service, packs) => void (await ask("quarantine", { service, packs }, quiet, abort)),
  };
}
