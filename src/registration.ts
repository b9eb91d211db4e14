import type { DatabaseSync } from "node:sqlite";
import type { ConnectionSettings } from "./catalog/attune/connect.ts";
import type { AttuneRequest, AttuneRound, AttuneSettings } from "./catalog/attune-round.ts";
import type { CatalogPack } from "./catalog/catalog.ts";
import { outdatedIn } from "./catalog/outdated.ts";
import type { LiveRelease } from "./catalog/read-live.ts";
import type { EmbeddedRound } from "./catalog/register-embedded.ts";
import { readRegistrations } from "./catalog/registrations.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { PacksyncError } from "./errors.ts";
import type { Dialect } from "./pack/identity.ts";
import type { PackRef } from "./pack/ref.ts";
import { entryAt } from "./pack/snapshot.ts";
import { monotonicMs } from "./platform/clock.ts";
import type { Log } from "./platform/log.ts";
import type { Manifest } from "./publish/manifest.ts";
import type { VolumeView } from "./publish/view.ts";
import type { SaidDefinitions } from "./said-definitions.ts";
import { setDialect } from "./scan/discover.ts";
import { type SessionOptions, withVolume } from "./volume-session.ts";

/** Composition root of registering: what is live in the volume is brought into the catalogs. */

/** What a round needs of the session that publishes. */
export interface RegistrationSession {
  readonly database: DatabaseSync;
  readonly volume: VolumeView;
}

/** What the daemon's thread is asked, and answers. */
export interface Registering {
  readonly register: { readonly request: AttuneRequest; readonly reread: readonly string[] };
}
export interface Registered {
  readonly register: RegistrationReport;
}

export interface RegistrationOptions {
  readonly config: Config;
  readonly log: Log;
  readonly request: AttuneRequest;
  /** Read these packs again, whatever is remembered of them; empty: what changed. */
  readonly reread?: readonly string[];
  /** What whoever published found in definitions. */
  readonly said?: SaidDefinitions | undefined;
}

/**
 * One round, after a cycle and under its lock, never during one. Throws nothing: no trouble of a catalog is one of a publish, which
 * is over.
 */
export async function registerLive(
  session: RegistrationSession,
  options: RegistrationOptions,
  abort: AbortSignal,
): Promise<RegistrationReport> {
  let embedded: EmbeddedRound = { registered: [], unregistered: [], pending: [] };
  try {
    embedded = await intoEmbedded(session, options, abort);
    return { embedded, attune: await intoAttune(session, options, abort) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    options.log.error({ why }, "packs could not be registered; the next run tries again");
    const failed: AttuneRound = { state: "pending", why, packs: [], registered: 0 };
    return { embedded, attune: attuneSettings(options.config) && failed };
  }
}

async function intoEmbedded(
  { database, volume }: RegistrationSession,
  { config, reread = [], said }: RegistrationOptions,
  abort: AbortSignal,
): Promise<EmbeddedRound> {
  const outdated = new Set([...reread, ...outdatedIn(database)]);
  if (outdated.size === 0) return { registered: [], unregistered: [], pending: [] };
  const { registerEmbedded } = await import("./catalog/register-embedded.ts");
  const { liveFiles } = await import("./catalog/live-files.ts");
  const live = (ref: PackRef) => {
    const release = liveRelease(ref, volume, { config, liveFiles });
    return release && { release, scanned: said?.of(release.source) };
  };
  const deps = { database, live, release: volume.live, remembers: reread.length === 0, now: () => new Date() };
  return await registerEmbedded([...outdated], deps, abort);
}

interface Reading {
  readonly config: Config;
  readonly liveFiles: (root: string, maxSize: number) => LiveRelease["files"];
}

function liveRelease(ref: PackRef, volume: VolumeView, { config, liveFiles }: Reading): LiveRelease | undefined {
  const release = volume.live(ref);
  if (release === undefined) return undefined;
  const manifest = volume.previous(ref);
  if (manifest?.release !== release) throw new Error(`the manifest of ${release} is not there`);
  const { version, dependencies, files, source } = manifest;
  return {
    ref,
    release,
    version,
    dependencies,
    source,
    dialect: dialectSetFor(manifest, config),
    digestOf: (path) => entryAt(files, path)?.digest,
    files: liveFiles(volume.path(ref), config.limits.maxDefinitionSize),
  };
}

/** Whose rules somebody has set for the source of a release. */
export function dialectSetFor({ source }: Pick<Manifest, "source">, config: Config): Dialect | undefined {
  const from = config.sources.find(({ name }) => name === source?.name);
  return from && source && setDialect(from, source.directory);
}

/** Everything that a live pack's definitions say, by the bytes that stand there now; `undefined`: it is not live. */
export async function readDefinitions(
  ref: PackRef,
  volume: VolumeView,
  config: Config,
): Promise<CatalogPack | undefined> {
  const { liveFiles } = await import("./catalog/live-files.ts");
  const { readLive } = await import("./catalog/read-live.ts");
  const release = liveRelease(ref, volume, { config, liveFiles });
  return release && (await readLive({ ...release, digestOf: () => undefined }, []));
}

async function intoAttune(
  { database, volume }: RegistrationSession,
  { config, log, request }: RegistrationOptions,
  abort: AbortSignal,
): Promise<AttuneRound | undefined> {
  const settings = attuneSettings(config);
  if (settings === undefined) return undefined;
  const { registerAttune } = await import("./catalog/register-attune.ts");
  const before = readRegistrations(database, "attune").catalog();
  const { isLive } = volume;
  const read = (ref: PackRef) => readDefinitions(ref, volume, config);
  const round = await registerAttune(request, { database, settings, isLive, read, now: () => new Date() }, abort);
  const after = readRegistrations(database, "attune").catalog();
  if (after !== undefined && after.state !== "reachable" && after.state !== before?.state) {
    log.warn({ why: after.why }, "packs are not registered in the database yet");
  }
  return round;
}

/** `undefined`: no database is configured. */
export function attuneSettings({ database }: Config): AttuneSettings | undefined {
  const connection = connectionOf(database);
  if (connection === undefined) return undefined;
  const { schema, order, removed, edits, foreign, adminLogin, adminPermissionSet } = database;
  const admin = adminLogin === undefined ? undefined : { login: adminLogin, permissionSet: adminPermissionSet };
  return { connection, schema, order, policy: { removed, edits, foreign }, admin };
}

function connectionOf({ url, host, port, user, password, name }: Config["database"]): ConnectionSettings | undefined {
  if (url !== undefined) return { url };
  return host === undefined ? undefined : { host, port, user, password, name };
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/**
 * What `--once` does about a database that does not answer: asks again, ever more rarely, for as long as it may take. Nobody is kept
 * from the volume meanwhile: the lock is taken only once the database answers.
 */
export async function untilRegistered(
  first: RegistrationReport,
  options: RegistrationOptions & SessionOptions,
  abort: AbortSignal,
): Promise<RegistrationReport> {
  const settings = attuneSettings(options.config);
  const deadline = monotonicMs() + options.config.database.timeoutSeconds * 1000;
  let report = first;
  for (
    let delay = FIRST_DELAY_MS;
    settings && report.attune?.state === "pending";
    delay = Math.min(delay * 2, LONGEST_DELAY_MS)
  ) {
    const left = deadline - monotonicMs();
    if (left <= 0 || !(await sleep(Math.min(delay, left), abort))) break;
    const { canUse } = await import("./catalog/attune/can-use.ts");
    if (await canUse(settings)) report = (await registerAgain(options, abort)) ?? report;
  }
  return report;
}

/** @returns `undefined` if another packsync has the volume: it registers what it publishes */
async function registerAgain(
  options: RegistrationOptions & SessionOptions,
  abort: AbortSignal,
): Promise<RegistrationReport | undefined> {
  try {
    return await withVolume({ ...options, doing: "registration" }, abort, ({ database, publisher }) =>
      registerLive({ database, volume: publisher }, options, abort),
    );
  } catch (error) {
    if (error instanceof PacksyncError) return undefined;
    throw error;
  }
}

/** @returns `false` if it was cut short */
async function sleep(milliseconds: number, abort: AbortSignal): Promise<boolean> {
  if (abort.aborted) return false;
  return await new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      abort.removeEventListener("abort", wake);
      resolve(!abort.aborted);
    };
    const timer = setTimeout(wake, milliseconds);
    abort.addEventListener("abort", wake);
  });
}
