import type { Config } from "./config/config.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import { PacksyncError } from "./errors.ts";
import { eventsAfter } from "./events/asked.ts";
import { sentence } from "./events/event-text.ts";
import type { Followed } from "./events/follow.ts";
import { createKnown } from "./events/known.ts";
import { createRecorder, type Keeper, type News } from "./events/recorder.ts";
import { eventsOf } from "./events/translate.ts";
import type { Keeping, Kept } from "./events-thread.ts";
import type { DaemonEvent } from "./loop/events.ts";
import type { Ask } from "./loop/state.ts";
import type { LoopStatus } from "./loop/status.ts";
import type { Log } from "./platform/log.ts";
import type { Owner } from "./platform/ownership.ts";
import { startThread, type Thread, threadEntry } from "./platform/thread-client.ts";

/** What happens in the daemon, kept and passed on: composition root. */
export interface Recording extends AsyncDisposable {
  say(event: DaemonEvent): void;
  /** The same requests, of which is told what they changed. */
  asking(ask: Ask): Ask;
  /** There is a state directory. @param status how the daemon is, now and then */
  open(owner: Owner | undefined, status: () => LoopStatus): void;
  /** The daemon ends, for this reason. */
  stopped(why: unknown): void;
  readonly span: () => DaemonStatus["events"];
  readonly follow: (after: number, abort: AbortSignal) => AsyncIterable<Followed>;
}

/** How often it is noted how the daemon is. */
const SAMPLE_MS = 15_000;

export function recordEvents({ stateDir }: Config, log: Log): Recording {
  const resources = new AsyncDisposableStack();
  const kept = resources.use(threadKeeper(stateDir, log));
  const recorder = resources.use(
    createRecorder({
      keeper: kept,
      now: Date.now,
      onTrouble: (why) => log.error({ why }, "what happens is not kept; it is told all the same, and kept later"),
      onRecovered: (lost) => log.warn({ lost }, "what happens is kept again"),
    }),
  );
  const known = createKnown();
  const record = (news: readonly News[]): void => {
    known.learn(news);
    recorder.record(news);
  };
  return {
    say: (event) => record(eventsOf(event, known)),
    asking: (ask) => async (kind, request, onProgress, abort) => {
      const answer = await ask(kind, request, onProgress, abort);
      record(eventsAfter(kind, request, answer, known));
      return answer;
    },
    open(owner, status) {
      kept.owner = owner;
      recorder.open();
      const note = (): void => {
        const { lagMs, watches, eventLoopDelayMs: delayMs } = status();
        recorder.sample({ atMs: Date.now(), rss: process.memoryUsage.rss(), delayMs, lagMs, watches });
      };
      const timer = setInterval(note, SAMPLE_MS).unref();
      resources.defer(() => clearInterval(timer));
    },
    stopped: (why) => record([stoppedBy(why)]),
    span: recorder.span,
    follow: recorder.follow,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function stoppedBy(why: unknown): News {
  const isTold = why instanceof PacksyncError && why.code === "STOPPED";
  const text = why instanceof Error ? why.message : String(why);
  return { kind: "daemon.stopped", severity: isTold ? "info" : "error", text: sentence(text) };
}

type KeepingThread = Thread<Keeping, Kept>;

function threadKeeper(stateDir: string, log: Log): Keeper & AsyncDisposable & { owner: Owner | undefined } {
  const never = new AbortController().signal;
  let thread: KeepingThread | undefined;
  const ask: KeepingThread["ask"] = (kind, request, onProgress, abort) => {
    thread ??= start();
    return thread.ask(kind, request, onProgress, abort);
  };
  const start = (): KeepingThread => {
    const started: KeepingThread = startThread(threadEntry("events-thread", import.meta.url), { stateDir }, log);
    started.died.catch((error: unknown) => {
      log.error({ why: String(error) }, "the thread that keeps what happens has ended; another one starts");
      if (thread === started) thread = undefined;
    });
    return started;
  };
  const quiet = (): void => {};
  const keeper: Keeper & AsyncDisposable & { owner: Owner | undefined } = {
    owner: undefined,
    open: (first) => ask("open", { first, owner: keeper.owner }, quiet, never),
    write: async (written) => void (await ask("write", written, quiet, never)),
    read: (after) => ask("read", { after }, quiet, never),
    async [Symbol.asyncDispose]() {
      await thread?.[Symbol.asyncDispose]();
    },
  };
  return keeper;
}
