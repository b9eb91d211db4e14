import picomatch from "picomatch";
import type { HowSetting, ServiceSetting } from "../plan/how.ts";
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
import { isOfPlatform, isPattern } from "./targets.ts";
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
  /** `auto`: packsync builds what packs need, whoever is told. */
  readonly environments?: "off" | "auto" | undefined;
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

/** packsync.yaml comes first, as far as it says how, then the service's own label, then a restart. @param label `packsync.how` */
export function settingOf(
  service: string,
  services: ServicesSettings["services"],
  label: string | undefined,
): ServiceSetting {
  const found = Object.entries(services).find(
    ([pattern]) => pattern === service || picomatch.isMatch(service, pattern),
  );
  const how = label !== undefined && HOW.test(label) ? label : RESTART;
  const said = found?.[1] ?? how;
  if (typeof said === "string") return { how: said };
  return said.exec === undefined && said.http === undefined ? { how, ...said } : said;
}

const RESTART = "restart";
/** What a label may say. */
const HOW = /^(restart|SIG[A-Z][A-Z0-9]{1,9})$/;

/** How a service is told, in a word. */
export function wayOf(service: string, { how = RESTART, exec, http }: ServiceSetting): string {
  if (isOfPlatform(service)) return "platform";
  return exec === undefined ? (http === undefined ? how : "http") : "exec";
}

/** Services that were named, and need no container to be told. */
export function namedServices({ services }: ServicesSettings): readonly string[] {
  return Object.entries(services).flatMap(([name, how]) => (isPattern(name) || !isWithoutEngine(how) ? [] : [name]));
}

function isWithoutEngine(how: HowSetting): boolean {
  return typeof how !== "string" && (how.exec !== undefined || how.http !== undefined);
}

const SECONDS = { restart: 120, exec: 60, http: 10, register: 120, environments: 900 } as const;

/** The way to tell a service. It remembers whom it has left half-told. */
export function driverFor(service: string, setting: ServiceSetting, deps: ServicesDeps): Driver {
  const { wire, log } = deps;
  if (service === "register" || service === "environments") return platformDriver(service, deps);
  if (setting.exec !== undefined) {
    const timeoutSeconds = setting.timeout ?? SECONDS.exec;
    return checked(execDriver({ command: setting.exec, timeoutSeconds, log }), setting, deps);
  }
  if (setting.http !== undefined) {
    const timeoutSeconds = setting.timeout ?? SECONDS.http;
    return checked(httpDriver({ wire, http: setting.http, timeoutSeconds }), setting, deps);
  }
  return containerDriver(setting, deps);
}

/** Where its containers are is asked when somebody is to be told: an engine may come up later than packsync. */
function containerDriver(setting: ServiceSetting, deps: ServicesDeps): Driver {
  const { how: word = RESTART, timeout: timeoutSeconds = SECONDS.restart, ready = {} } = setting;
  const how = word === RESTART ? ({ by: "restart" } as const) : ({ by: "signal", signal: word } as const);
  let driver: Driver | undefined;
  return {
    async tell(notice, abort) {
      const place = await deps.neighbours.place(abort);
      if (place.listing === undefined) return { kind: "absent", why: place.why };
      const { engine, listing, clock } = place;
      driver ??= dockerDriver({
        ...{ engine, listing, clock, how, timeoutSeconds },
        ready: (id, until) => untilReady(id, { ...deps, engine, setting: ready }, until),
      });
      return await driver.tell(notice, abort);
    },
  };
}

function platformDriver(service: "register" | "environments", { settings, wire, sleep }: ServicesDeps): Driver {
  const { platform, preset, token, environments } = settings;
  if (service === "environments" && environments === "auto" && preset !== "stackstorm")
    return nobody("packsync builds environments by itself: `environments: auto`");
  if (platform.url === undefined) return nobody("there is no way into the platform's database: set `platform.url`");
  const isStackStorm = preset === "stackstorm";
  const { packsDir = "/opt/attune/packs" } = platform;
  const about = { wire, url: platform.url, token, packsDir, timeoutSeconds: SECONDS[service] };
  if (service === "environments")
    return isStackStorm ? stackstormEnvironments({ ...about, sleep }) : nobody("Attune makes environments by itself");
  return isStackStorm ? stackstormRegister(about) : attuneRegister(about);
}

/** Nobody knows of what a command or a call restarts, but for a URL that answers when it is back. */
function checked(driver: Driver, { ready }: ServiceSetting, deps: ServicesDeps): Driver {
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
