import { statSync } from "node:fs";
import { ask } from "./ask.ts";
import { boardOf } from "./board.ts";
import type { Config } from "./config/config.ts";
import { daemonStatus, findDaemon } from "./control/client.ts";
import type { DaemonStatus } from "./control/protocol.ts";
import { dependenciesOf } from "./dependencies.ts";
import { download, fetchOrder } from "./downloads.ts";
import { environments } from "./environments.ts";
import { PacksyncError } from "./errors.ts";
import { eventPage, series } from "./events/history.ts";
import type { CountedSeries } from "./events/series.ts";
import { faultsOf } from "./health.ts";
import { history } from "./history.ts";
import type { OnStage } from "./install/stages.ts";
import { installPacks } from "./installation.ts";
import { definedPackOf, pageOfPacks } from "./listing.ts";
import { createLiveEvents } from "./live-events.ts";
import { isLiveIn } from "./once.ts";
import { testPacks } from "./pack-tests.ts";
import type { DiskAnswers } from "./platform/disk-answers.ts";
import type { Log } from "./platform/log.ts";
import { registerPacks } from "./registering.ts";
import type { Operations } from "./server/operations.ts";
import { verifyByAsking } from "./verifying.ts";
import { reading } from "./volume-session.ts";

/** Composition root of what requests of the HTTP API call. */
export interface OperationsOptions {
  readonly config: Config;
  readonly log: Log;
  /** Whether a daemon keeps the volume in sync, or nobody has to. */
  readonly beside: "daemon" | "nobody";
  readonly diskAnswers: DiskAnswers;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Seconds, for each pack that an installation fetches. */
const INSTALL_SECONDS = 300;

const USUAL_ENVS = "/opt/attune/runtime_envs";

export function operationsOf(options: OperationsOptions): Operations {
  const { config, log, env, diskAnswers } = options;
  const { stateDir } = config;
  const counted: CountedSeries = new Map();
  const board = boardOf({ config, faults: (daemon) => faultsWith(daemon, options) });
  return {
    ...board,
    events: (query) => eventPage(stateDir, query).map(({ event }) => event),
    series: (window) => series(stateDir, window, Date.now(), counted),
    liveEvents: createLiveEvents({ stateDir, log, daemonStatus: board.daemonStatus, diskAnswers }),
    download: ({ registry, ...order }, onStage, abort) => {
      const choices = { tls: order.tls, ...(registry !== undefined && { registries: [registry] }) };
      const onSource = (pack: string) => onStage({ stage: "download", pack });
      return download({ ...fetchOrder(config, choices, { cwd: "/", env }), ...order, onSource }, abort);
    },
    dependencies: (request) => dependenciesOf(config, request),
    environments: (order, onStage, abort) => {
      // Where nobody said where they are, it says what the services would find, as the platform does.
      const mode = config.runtimeEnvsDir === undefined ? "detect" : "build";
      const envs = config.runtimeEnvsDir ?? USUAL_ENVS;
      return environments({ ...order, envs, mode, activation: "at once" }, { config, env, onStage }, abort);
    },
    register: (order, onStage, abort) => registerPacks({ ...order, how: "each" }, { config, log, onStage }, abort),
    install: ({ source, ...order }, onStage, abort) => {
      const how = { timeoutSeconds: INSTALL_SECONDS, skipValidation: false, skipEnvironments: false, dryRun: false };
      const whole = { ...fetchOrder(config, {}, { cwd: "/", env }), ...order, ...how, sources: [source] };
      return installPacks(whole, { config, log, env, onStage }, abort);
    },
    uninstall: (pack, abort) => ask("uninstall", { pack }, { config, log, doing: "uninstall" }, abort),
    test: (ref, onStage, abort) => test(ref, config, onStage, abort),
    packs: (part) => pageOfPacks(config, part),
    pack: (ref) => definedPackOf(config, ref),
    releases: (ref) => releasesOf(config, ref),
    rollback: (request, abort) => ask("rollback", request, { config, log, doing: "rollback" }, abort),
    isAlive: sharing(() => isAlive(options)),
    pin: (pack, abort) => ask("pin", { pack }, { config, log, doing: "pin" }, abort),
    unpin: (pack, abort) => ask("unpin", { pack }, { config, log, doing: "unpin" }, abort),
    sync: ({ packs, allowRemovals }, onStage, abort) => {
      const pack = packs.length === 1 ? `${packs[0]}` : `${packs.length === 0 ? "all" : packs.length} packs`;
      onStage({ stage: "sync", pack });
      const onProgress = (done: number, total: number) =>
        onStage({ stage: "sync", pack, share: total === 0 ? undefined : done / total });
      const only = [...config.only, ...packs];
      return ask("sync", { only, allowRemovals }, { config, log, doing: "sync", onProgress }, abort);
    },
    verify: (order, onStage, abort) => verifyByAsking(order, { config, log, onStage }, abort),
    notify: (service, onStage, abort) => {
      onStage({ stage: "notify", pack: service });
      return ask("notify", { service }, { config, log, doing: "notify" }, abort);
    },
    faults: () => faults(options),
  };
}

/** Nobody but its first thread answers at the socket, and only while that is not stuck. */
async function isAlive({ config, beside }: OperationsOptions): Promise<boolean> {
  return beside === "nobody" || (await findDaemon(config.stateDir)) !== undefined;
}

/** However many ask at once, it is found out once. */
function sharing<T>(find: () => Promise<T>): () => Promise<T> {
  let finding: Promise<T> | undefined;
  return () => {
    finding ??= find().finally(() => {
      finding = undefined;
    });
    return finding;
  };
}

async function test(ref: string, config: Config, onStage: OnStage, abort: AbortSignal) {
  onStage({ stage: "tests", pack: ref });
  const onLine = (pack: string, line: string) => onStage({ stage: "tests", pack, line });
  const { tested, failed } = await testPacks(config, { packs: [ref], cwd: "/", onLine }, abort);
  const [failure] = failed;
  if (failure !== undefined) throw new PacksyncError("PACK_FAILED", failure.error, { hint: failure.hint });
  return tested[0];
}

async function releasesOf(config: Config, ref: string) {
  try {
    return (await history(config, [ref]))[0]?.releases;
  } catch (error) {
    if (error instanceof PacksyncError && error.code === "USAGE") return undefined;
    throw error;
  }
}

async function faults(options: OperationsOptions): Promise<readonly string[]> {
  return await faultsWith(await daemonStatus(options.config.stateDir), options);
}

/** Without a daemon nobody keeps anything in sync: it is enough that the volume can be used. */
async function faultsWith(
  daemon: DaemonStatus | undefined,
  { config, beside }: OperationsOptions,
): Promise<readonly string[]> {
  if (daemon !== undefined || beside === "daemon")
    return faultsOf({ daemon, require: config.require, isLive: isLiveIn(config) });
  try {
    await reading(config, () => {});
  } catch (error) {
    return [error instanceof PacksyncError ? error.message.replace(/\.$/, "") : "the database cannot be read"];
  }
  const isThere = statSync(config.volume, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? [] : [`the volume ${config.volume} is not there`];
}
