import picomatch from "picomatch";
import type { HowSetting } from "../plan/how.ts";
import type { PresetName } from "../plan/presets.ts";
import type { Log } from "../platform/log.ts";
import { dockerDriver } from "./docker.ts";
import type { Driver } from "./driver.ts";
import { stackstormEnvironments } from "./environments.ts";
import { execDriver } from "./exec.ts";
import { httpDriver } from "./http.ts";
import type { Neighbours } from "./neighbours.ts";
import { attuneRegister, stackstormRegister, type TokenSource } from "./platform.ts";
import { untilAnswering, untilReady } from "./ready.ts";
import { isPattern } from "./turns.ts";
import type { Wire } from "./wire.ts";

/** How services were configured to be told. */
export interface ServicesSettings {
  /** By globs; the first that names a service decides. */
  readonly services: Readonly<Record<string, HowSetting>>;
  readonly preset: PresetName;
  readonly platform: {
    readonly url?: string | undefined;
    readonly packsDir?: string | undefined;
  };
  readonly token: TokenSource;
}

export interface ServicesDeps {
  readonly settings: ServicesSettings;
  readonly neighbours: Neighbours;
  readonly wire: Wire;
  readonly log: Log;
  readonly sleep: (milliseconds: number, abort: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that is never set back. */
  readonly now: () => number;
}

/** What is done with one service, as a mapping. */
export type Setting = Exclude<HowSetting, string>;

/** packsync.yaml comes first, then the service's own label, then a restart. @param label `packsync.how` */
export function settingOf(service: string, services: ServicesSettings["services"], label: string | undefined): Setting {
  const found = Object.entries(services).find(
    ([pattern]) => pattern === service || picomatch.isMatch(service, pattern),
  );
  const said = found?.[1] ?? (label !== undefined && HOW.test(label) ? label : RESTART);
  return typeof said === "string" ? { how: said } : said;
}

const RESTART = "restart";
/** What a label may say. */
const HOW = /^(restart|SIG[A-Z][A-Z0-9]{1,9})$/;

/** Services that were named, and need no container to be told. */
export function namedServices({ services }: ServicesSettings): readonly string[] {
  return Object.entries(services).flatMap(([name, how]) => (isPattern(name) || !isWithoutEngine(how) ? [] : [name]));
}

function isWithoutEngine(how: HowSetting): boolean {
  return typeof how !== "string" && ("exec" in how || "http" in how);
}

const SECONDS = { restart: 120, exec: 60, http: 10, register: 120, environments: 900 } as const;

/** The way to tell a service. @throws PacksyncError `SIGNAL_FAILED` when the engine does not answer */
export async function driverFor(
  service: string,
  setting: Setting,
  deps: ServicesDeps,
  abort: AbortSignal,
): Promise<Driver> {
  const { neighbours, wire, log } = deps;
  if (service === "register" || service === "environments") return platformDriver(service, deps);
  if ("exec" in setting)
    return checked(
      execDriver({ command: setting.exec, timeoutSeconds: setting.timeout ?? SECONDS.exec, log }),
      setting,
      deps,
    );
  if ("http" in setting)
    return checked(
      httpDriver({ wire, http: setting.http, timeoutSeconds: setting.timeout ?? SECONDS.http }),
      setting,
      deps,
    );
  const place = await neighbours.place(abort);
  if (place.project === undefined) return nobody(place.why);
  const { engine, project } = place;
  const word = setting.how ?? RESTART;
  return dockerDriver({
    engine,
    project,
    how: word === RESTART ? { by: "restart" } : { by: "signal", signal: word },
    timeoutSeconds: setting.timeout ?? SECONDS.restart,
    ready: (id, until) => untilReady(id, { ...deps, engine, setting: setting.ready ?? {} }, until),
    now: Date.now,
  });
}

function platformDriver(service: "register" | "environments", { settings, wire, sleep }: ServicesDeps): Driver {
  const { platform, preset, token } = settings;
  if (platform.url === undefined) return nobody("there is no way into the platform's database: set `platform.url`");
  const isStackStorm = preset === "stackstorm";
  const packsDir = platform.packsDir ?? (isStackStorm ? "/opt/stackstorm/packs" : "/opt/attune/packs");
  const about = { wire, url: platform.url, token, packsDir, timeoutSeconds: SECONDS[service] };
  if (service === "environments")
    return isStackStorm ? stackstormEnvironments({ ...about, sleep }) : nobody("Attune makes environments by itself");
  return isStackStorm ? stackstormRegister(about) : attuneRegister(about);
}

/** Nobody knows of what a command or a call restarts, but for a URL that answers when it is back. */
function checked(driver: Driver, { ready }: Setting, deps: ServicesDeps): Driver {
  const { http } = ready ?? {};
  if (http === undefined) return driver;
  return {
    async tell(notice, abort) {
      const outcome = await driver.tell(notice, abort);
      if (outcome.kind !== "told") return outcome;
      const back = await untilAnswering(http, { ...deps, setting: ready ?? {} }, abort);
      const isBack = back.kind === "ready";
      return isBack ? outcome : { kind: "unhealthy", why: `${notice.service} ${back.why}`, evidence: outcome.evidence };
    },
  };
}

function nobody(why: string): Driver {
  return { tell: async () => ({ kind: "absent", why }) };
}
