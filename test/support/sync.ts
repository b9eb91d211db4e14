import type { Config } from "../../src/config/config.ts";
import type { CycleReport, PackReport } from "../../src/cycle/report.ts";
import { planOnce, status, syncOnce } from "../../src/once.ts";
import { scratch } from "./trees.ts";

/** A machine with `packs`, `packs.dev` and a volume, on which whole cycles run in this process. */
export interface TestMachine extends Disposable {
  readonly packs: string;
  readonly dev: string;
  readonly volume: string;
  sync(about?: Partial<Config>): Promise<CycleReport>;
  plan(about?: Partial<Config>): Promise<CycleReport>;
  status(): ReturnType<typeof status>;
}

export function testMachine(): TestMachine {
  const directory = scratch();
  const config = testConfig(directory.path);
  const options = (about: Partial<Config> = {}) => ({
    config: { ...config, ...about },
    log: silent,
    doing: "test",
    onProgress() {},
  });
  const abort = new AbortController().signal;
  return {
    packs: `${directory.path}/packs`,
    dev: `${directory.path}/packs.dev`,
    volume: config.volume,
    sync: (about) => syncOnce(options(about), abort),
    plan: (about) => planOnce(options(about), abort),
    status: () => status(config),
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

/** What a cycle did with the one pack of this ref. */
export function packOf({ packs }: Pick<CycleReport, "packs">, ref: string): PackReport {
  const found = packs.filter((pack) => pack.ref === ref);
  const [pack] = found;
  if (pack === undefined || found.length > 1) throw new Error(`Expected one report of ${ref}, got ${found.length}`);
  return pack;
}

/** `ref: outcome`, for all. */
export function outcomes({ packs }: CycleReport): string[] {
  return packs.map(({ ref, outcome }) => `${ref}: ${outcome}`);
}

export function testConfig(path: string): Config {
  return {
    sources: [
      { name: "packs", path: `${path}/packs`, kind: "production" },
      { name: "packs.dev", path: `${path}/packs.dev`, kind: "development" },
    ],
    volume: `${path}/volume`,
    stateDir: `${path}/volume/.packsync`,
    ...{ owner: undefined, user: undefined, runtimeEnvsDir: undefined, environments: "off", artifactsDir: undefined },
    preserve: "static-elf",
    arch: ["x86_64"],
    adopt: "merge",
    allowRemovals: false,
    preset: "attune",
    routes: [],
    services: {},
    platform: {},
    docker: {},
    install: { allowPrivate: [], cacheBytes: 2 ** 30, submodules: "refuse" },
    listen: undefined,
    server: {
      jwtScopes: ["packs:read"],
      rateLimit: 6000,
      metrics: "token",
      jobs: 4,
      anonymous: false,
      hosts: [],
      proxied: false,
    },
    require: [],
    only: [],
    lockTimeoutSeconds: 5,
    limits: { maxFiles: 1000, maxFileSize: 1_000_000, maxPackSize: 10_000_000, maxDefinitionSize: 1000 },
    history: { keep: 5, minAgeSeconds: 600, maxBytes: 1e9, minFreeBytes: 0 },
    watch: { rescanSeconds: 5, verifySeconds: 86_400, drift: "repair" },
    health: { canarySeconds: 0, limitSeconds: 60 },
    database: NO_DATABASE,
    format: "text",
    log: { level: "silent", style: "json" },
  };
}

/** Packs are registered in the embedded catalog only. */
export const NO_DATABASE: Config["database"] = {
  port: 5432,
  user: "attune",
  password: "attune",
  name: "attune",
  timeoutSeconds: 0,
  order: "dependencies",
  removed: "delete",
  edits: "overwrite",
  foreign: "keep",
  adminPermissionSet: "core.admin",
};

export const silent = { error() {}, warn() {}, info() {}, debug() {} };
