import type { AttuneRequest } from "./catalog/attune-round.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { createStage, type Stage } from "./loop/stages.ts";
import type { StageStatus } from "./loop/status.ts";
import { monotonicMs, msSince } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import { startThread, type Thread, threadEntry } from "./platform/thread-client.ts";
import type { Registered, Registering } from "./registration.ts";

/** Registers what the daemon publishes, beside it. */
export interface Registrar extends AsyncDisposable {
  /**
   * Brings these packs into the catalogs, with whatever else is waiting; empty: all. What does not succeed is tried again by
   * itself, ever more rarely.
   */
  register(
    only: readonly string[],
    compare: AttuneRequest["compare"],
    reread?: readonly string[],
  ): Promise<RegistrationReport>;
  /** What the rounds came to that were asked for so far; `undefined`: none was. It does not reject. */
  settled(): Promise<RegistrationReport | undefined>;
  readonly stage: Pick<Stage, "status">;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** What went live just before the end is registered, too, unless that takes longer: the daemon has two seconds to end. */
const GRACE_MS = 1000;

/** A thread that registered a large tree keeps a hundred megabytes; one that is started anew takes a tenth of a second. */
const REST_MS = 5000;

/** Who is told what came of registering. */
export interface Listening {
  /** Of every round. */
  readonly onRound?: (report: RegistrationReport) => void;
  /** Of a round that nobody waits for, if it is not what the last one said. */
  readonly onRetried: (report: RegistrationReport) => void;
}

export function createRegistrar(
  config: Config,
  log: Log,
  { onRound = () => {}, onRetried }: Listening,
  abort: AbortSignal,
  restMs = REST_MS,
): Registrar {
  const stage = createStage("register", monotonicMs);
  let thread: Thread<Registering, Registered> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let resting: NodeJS.Timeout | undefined;
  let delayMs = FIRST_RETRY_MS;
  let trouble: string | undefined;
  let latest: RegistrationReport | undefined;
  /** Since when the database does not answer. */
  let silentSinceMs: number | undefined;

  const stop = new AbortController();
  const stopSoon = (): void => void setTimeout(() => stop.abort(abort.reason), GRACE_MS).unref();
  abort.addEventListener("abort", stopSoon, { once: true });

  const start = (): NonNullable<typeof thread> => {
    const started = startThread<Registering, Registered>(
      threadEntry("catalog-thread", import.meta.url),
      { config },
      log,
    );
    started.died.catch((error: unknown) => {
      log.error({ why: String(error) }, "the thread that registers has ended; the next round starts another one");
      if (thread === started) thread = undefined;
    });
    return started;
  };
  /** One after the other: a later round sees what an earlier one left. */
  const round = (about: Registering["register"]): Promise<RegistrationReport> => {
    const next = last.then(async () => {
      thread ??= start();
      const asked = thread;
      const startedMs = monotonicMs();
      const report = await stage.run((progressed) => asked.ask("register", about, progressed, stop.signal));
      silentSinceMs = report.attune?.state === "pending" ? (silentSinceMs ?? startedMs) : undefined;
      latest = { ...report, tookMs: msSince(startedMs) };
      onRound(latest);
      return latest;
    });
    clearTimeout(resting);
    const done = next.then(ignore, ignore).then(() => {
      if (last === done) restSoon();
    });
    last = done;
    return next;
  };
  const restSoon = (): void => {
    resting = setTimeout(() => {
      last = last.then(end);
    }, restMs).unref();
  };
  /** Between two rounds. */
  const end = async (): Promise<void> => {
    const ending = thread;
    thread = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  /** `failed` waits for a person, but not only for packsync's: somebody may have mended the database. */
  const tryAgain = ({ attune, embedded }: RegistrationReport): void => {
    const isWaiting = attune?.packs.some(({ state }) => state === "pending") === true;
    const isDone =
      (attune === undefined || attune.state === "registered") && !isWaiting && embedded.pending.length === 0;
    trouble = isDone ? undefined : `${attune?.state}: ${attune?.why}`;
    if (isDone) {
      clearTimeout(timer);
      delayMs = FIRST_RETRY_MS;
    } else later();
  };
  const later = (): void => {
    clearTimeout(timer);
    if (abort.aborted) return;
    timer = setTimeout(
      async () => {
        const before = trouble;
        const report = await round({ request: { only: [], compare: "changed" }, reread: [] }).catch(() => undefined);
        if (report === undefined) return later();
        tryAgain(report);
        if (trouble !== before) onRetried(report);
      },
      delayMs * (0.75 + Math.random() / 2),
    ).unref();
    delayMs = Math.min(delayMs * 2, LAST_RETRY_MS);
  };
  const status = (): StageStatus => {
    const { name, ageMs } = stage.status();
    return { name, ageMs: silentSinceMs === undefined ? ageMs : Math.round(monotonicMs() - silentSinceMs) };
  };
  return {
    stage: { status },
    async register(only, compare, reread = []) {
      try {
        const report = await round({ request: { only, compare }, reread });
        tryAgain(report);
        return report;
      } catch (error) {
        later();
        throw error;
      }
    },
    async settled() {
      await last;
      return latest;
    },
    async [Symbol.asyncDispose]() {
      abort.removeEventListener("abort", stopSoon);
      clearTimeout(timer);
      await last;
      clearTimeout(resting);
      await end();
    },
  };
}

function ignore(): void {}
