import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { CANARY_SOURCE, type Canary } from "./canary/canary.ts";
import { NO_CANARY } from "./canary/status.ts";
import { canaryBeside, withCanary } from "./canary.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { type DaemonStatus, PROTOCOL, socketPath } from "./control/protocol.ts";
import { type Listening, listen } from "./control/server.ts";
import { createDeliverer, type Deliverer } from "./deliverer.ts";
import { mountedSources } from "./delivery/may-tell.ts";
import { createEnvironmentKeeper, type EnvironmentKeeper } from "./environment-keeper.ts";
import type { Say } from "./loop/events.ts";
import { createLoop, type Loop } from "./loop/loop.ts";
import { createStage, type Stage } from "./loop/stages.ts";
import type { Ask } from "./loop/state.ts";
import type { StageStatus } from "./loop/status.ts";
import { toReread } from "./perform.ts";
import { monotonicMs } from "./platform/clock.ts";
import { watchDelay } from "./platform/event-loop-delay.ts";
import type { Log } from "./platform/log.ts";
import { createPulse, lastBeatMs } from "./platform/pulse.ts";
import { startThread, threadEntry } from "./platform/thread-client.ts";
import { VERSION } from "./platform/version.ts";
import { recordEvents } from "./recording.ts";
import { registrationAfter, withRegistration, withServices } from "./registered.ts";
import { createRegistrar, type Registrar } from "./registrar.ts";
import { attuneSettings } from "./registration.ts";
import type { Answers, NotifyReport, RequestKind, Requests } from "./requests.ts";
import { type Listening as ApiListening, serveBeside } from "./serving.ts";
import type { Degraded } from "./watch/limits.ts";
import { type Watcher, watchSources } from "./watch/watcher.ts";

export interface DaemonOptions {
  readonly config: Config;
  readonly log: Log;
  readonly say: Say;
  /** The way into the HTTP API, where nothing else is configured. */
  readonly generatedToken: string;
  readonly onListening: (listening: ApiListening) => void;
}

/**
 * Composition root of the daemon: a thread that holds the volume, the loop that tells it what to look at, watches, and a socket
 * for commands. Runs until `abort`; then releases everything last-in-first-out.
 *
 * @throws PacksyncError when the volume or its lock is not to be had at the start
 */
export async function watch({ config, log, say, ...served }: DaemonOptions, abort: AbortSignal): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const pulse = createPulse();
  const worker = resources.use(
    startThread<Requests, Answers>(threadEntry("volume-thread", import.meta.url), { config, pulse }, log),
  );
  const events = resources.use(recordEvents(config, log));
  const sayAll: Say = (event) => {
    events.say(event);
    say(event);
  };
  const onRound = (report: RegistrationReport) => events.say({ kind: "registered", report });
  const onRetried = (report: RegistrationReport) => say({ kind: "registered", report });
  const registrar = resources.use(createRegistrar(config, log, { onRound, onRetried }, abort));
  const asked: Ask = (...request) => answering.ask(...request);
  const deliverer = resources.use(createDeliverer({ config, log, say: sayAll, registrar, ask: asked }, abort));
  const keeper = resources.use(createEnvironmentKeeper({ config, log, say: sayAll }, abort));
  const telling = createStage("tell", monotonicMs);
  const watching = createStage("watch", monotonicMs);
  const delay = resources.use(watchDelay());

  const looking = timedLook(deliverer, telling);
  let watcher: Watcher | undefined;
  let canary: Canary | undefined;
  let listening: Listening | undefined;
  const told = withEnvironments(withDeliveries(withRegistrations(say, config, registrar), config, looking), keeper);
  const { sources } = config;
  const { rescanSeconds, verifySeconds, drift } = config.watch;
  const loop: Loop = createLoop({
    sources,
    say(event) {
      events.say(event);
      told(event);
      if (event.kind === "started") canary?.start(owner);
      if (event.kind === "rest") listening?.ensure(ownerOf).catch(onDeaf);
    },
    ask(...asked) {
      delay.watch();
      return worker.ask(...asked).finally(delay.watch);
    },
    onLive: deliverer.expect,
    hearAll,
    now: monotonicMs,
    rescanMs: rescanSeconds * 1000,
    verifyMs: verifySeconds * 1000,
    pulseMs: () => lastBeatMs(pulse),
    canary: { source: CANARY_SOURCE, look: async (until) => await canary?.look(until) },
    drift,
    recheck(source, isThorough) {
      watcher?.recheck(source, isThorough);
      loop.degrade(source, watcher?.stateOf(source) === "degraded");
    },
    machine: () => {
      const { watches = 0, allowed } = watcher?.usage() ?? {};
      return { watches, watchesAllowed: allowed, eventLoopDelayMs: delay.maxMs() };
    },
  });
  watcher = resources.use(
    watchSources(
      sources,
      withCanary(() => canary, {
        onHints(hints, tookMs) {
          delay.watch();
          loop.hint(hints, tookMs);
        },
        onDoubt(source, why) {
          log.info({ source, why }, "rescan");
          loop.doubt(source);
        },
        onDegraded(degraded: Degraded) {
          loop.degrade(degraded.source, true);
          sayAll({ kind: "degraded", degraded });
        },
      }),
    ),
  );
  const ownerOf = async () => (await loop.request("open", {}, () => {}, abort)).owner;
  const onDeaf = (error: unknown) => abort.aborted || log.error({ error: String(error) }, "commands are not heard");
  const { owner } = await worker.ask("open", {}, () => {}, abort);
  events.open(owner, () => ({ ...loop.status(), eventLoopDelayMs: delay.maxMs() }));
  canary = canaryBeside({ config, loop, watcher, worker });
  if (canary !== undefined) resources.use(canary);
  const since = new Date().toISOString();
  const about = () => ({ protocol: PROTOCOL, version: VERSION, pid: process.pid, since, sources });
  const status = (): DaemonStatus => {
    const known = loop.status();
    const stages = [
      watching.status(),
      ...known.stages,
      registrar.stage.status(),
      tellingOf(telling.status(), deliverer),
    ];
    const health = { canary: canary?.status() ?? NO_CANARY, healthLimitMs: config.health.limitSeconds * 1000 };
    return { ...about(), ...known, stages, services: deliverer.views(), ...health, events: events.span() };
  };
  const working = { ...loop, request: events.asking(loop.request) };
  const ask = building(delivering(registering(working, registrar), looking), keeper);
  const answering = { about, status, ask, events: events.follow };
  listening = resources.use(await listen(socketPath(config.stateDir), owner, answering));
  const serving =
    config.listen === undefined ? undefined : resources.use(serveBeside({ config, log, beside: "daemon", ...served }));
  delay.reset(); // the start loads what never comes again
  const { ready } = watcher;
  await watching.run(() => ready); // what changed before is seen by the first cycle, what changes from now on is announced
  try {
    await Promise.race([loop.run(abort), worker.died, ...(serving ? [serving.refused] : [])]);
    await registrar.settled(); // the last thing that is heard of the daemon is that it ends
    events.stopped(abort.reason);
  } catch (error) {
    events.stopped(error);
    throw error;
  }
}

/**
 * A turn of the event loop runs its timers first, then hears the kernel: after a thread that had to wait for a processor wakes, quiet would be
 * found before the events that end it. In the first turn they are heard, in the second one the watcher has told them.
 */
async function hearAll(): Promise<void> {
  await turn();
  await turn();
}

/** Nobody waits longer than this to be told that a pack is live; what is outside takes its time. */
const OUTSIDE_MS = 2000;

/** Whatever went live is registered; the line about it waits a moment for the database, the publish never does. */
function withRegistrations(say: Say, config: Config, registrar: Registrar): Say {
  const hasDatabase = attuneSettings(config) !== undefined;
  let gone: string[] = [];
  return (event) => {
    if (event.kind === "started") void registrar.register([], "all").catch(() => {});
    if (event.kind === "rest" && gone.length > 0) {
      void registrar.register(gone, "changed").catch(() => {});
      gone = [];
    }
    const isChange = event.kind === "pack" && ["published", "retired"].includes(event.report.outcome);
    if (event.kind !== "pack" || !isChange) return say(event);
    if (!hasDatabase) {
      gone.push(event.report.ref);
      return say(event);
    }
    const registered = registrar.register([event.report.ref], "changed").catch(() => undefined);
    const late = sleep(OUTSIDE_MS, undefined, { ref: false });
    void Promise.race([registered, late]).then((registration) => say({ ...event, registration }));
  };
}

/** What a command asked is registered by the thread that does nothing else, and waited for as `--once` does. */
function registering(loop: Loop, registrar: Registrar): Loop["request"] {
  return async (kind, request, onProgress, abort) => {
    const wanted = registrationAfter(kind, request);
    const isAsked = kind === "register";
    const answer = isAsked ? undefined : await loop.request(kind, request, onProgress, abort);
    const live = isAsked ? await loop.request("published", {}, onProgress, abort) : [];
    if (wanted === undefined) return answer ?? (await loop.request(kind, request, onProgress, abort));
    const reread = isAsked ? toReread(wanted.only, live) : [];
    return withRegistration(kind, answer, await registrar.register(wanted.only, wanted.compare, reread));
  };
}

/** How long it takes until it is known whom something concerns; services take their own time. */
function timedLook(deliverer: Deliverer, stage: Stage): Deliverer {
  return { ...deliverer, look: () => stage.run(() => deliverer.look()) };
}

/** Whom something concerns may be asked in vain, ever again. */
function tellingOf({ name, ageMs }: StageStatus, { silentMs }: Deliverer): StageStatus {
  return { name, ageMs: Math.max(ageMs, silentMs()) };
}

/** Whoever a publish concerns is told once the cycle is over, and what is registered is under way. */
function withDeliveries(say: Say, config: Config, deliverer: Deliverer): Say {
  const hasMounted = mountedSources(config).length > 0; // a pack that is removed there is no news
  let isNew = false;
  return (event) => {
    say(event);
    if (event.kind === "pack" && ["published", "retired"].includes(event.report.outcome)) isNew = true;
    if (event.kind === "started" || event.kind === "verified" || (event.kind === "rest" && (isNew || hasMounted))) {
      isNew = false;
      void deliverer.look();
    }
  };
}

/** What went live may need another environment than what was live before. */
function withEnvironments(say: Say, keeper: EnvironmentKeeper): Say {
  return (event) => {
    say(event);
    if (event.kind === "started") keeper.look([]);
    if (event.kind === "pack" && event.report.outcome === "published") keeper.look([event.report.ref]);
  };
}

function building(request: Loop["request"], keeper: EnvironmentKeeper): Loop["request"] {
  return async (kind, asked, onProgress, abort) => {
    const answer = await request(kind, asked, onProgress, abort);
    const changed = registrationAfter(kind, asked);
    if (changed !== undefined) keeper.look(changed.only);
    return answer;
  };
}

/** What a command asked may have changed what is live. */
function delivering(request: Loop["request"], deliverer: Deliverer): Loop["request"] {
  return async <K extends RequestKind>(
    kind: K,
    asked: Requests[K],
    onProgress: Parameters<Loop["request"]>[2],
    abort: AbortSignal,
  ): Promise<Answers[K]> => {
    if (kind === "notify" && "service" in asked) {
      const report: NotifyReport = await deliverer.notify(asked.service);
      return report as Answers[K];
    }
    const answer = await request(kind, asked, onProgress, abort);
    await Promise.race([deliverer.look(), sleep(OUTSIDE_MS, undefined, { ref: false })]);
    return withServices(kind, answer, { services: deliverer.views() });
  };
}
