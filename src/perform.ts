import type { RegistrationReport } from "./catalog/report.ts";
import type { Config } from "./config/config.ts";
import { notPublished } from "./cycle/history.ts";
import { prunePack, repairPack } from "./cycle/repair.ts";
import { pinPack, rollbackPack, unpinPack } from "./cycle/rollback.ts";
import type { Verified } from "./cycle/verified.ts";
import { verifyPacks } from "./cycle/verify.ts";
import { cycleAbout, type Performing, syncAll } from "./cycles.ts";
import { PacksyncError } from "./errors.ts";
import { notRegistered } from "./listing.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import type { VolumeView } from "./publish/view.ts";
import { registerLive } from "./registration.ts";
import type { Answers, RegisterRequest, RequestKind, Requests, VerifyRequest } from "./requests.ts";
import { sourcesIn } from "./sources.ts";
import { scanLimits } from "./threaded-scanner.ts";
import { layoutOf, policyOf, type VolumeSession } from "./volume-session.ts";

type Handlers = {
  readonly [K in RequestKind]: (
    request: Requests[K],
    session: VolumeSession,
    how: Performing,
    abort: AbortSignal,
  ) => Answers[K] | Promise<Answers[K]>;
};

const HANDLERS: Handlers = {
  sync: syncAll,
  cycle: cycleAbout,
  rollback: ({ pack, to, from }, { publisher }, { config }) => {
    const ref = refOf(pack);
    if (from !== undefined && publisher.live(ref) !== from) throw notLive(pack, from);
    return rollbackPack(ref, to, { ...aboutHistory(config), volume: publisher, publisher });
  },
  pin: ({ pack }, { publisher }) => pinPack(refOf(pack), publisher),
  unpin: ({ pack }, { publisher }) => unpinPack(refOf(pack), publisher),
  verify: verifyAndMend,
  register: registerAgain,
  notify: async ({ service }, session, { config, log }, abort) => {
    const { notifyOnce } = await import("./deliver-once.ts");
    return await notifyOnce(service, session, { config, log }, abort);
  },
  install: async (request, session, how, abort) =>
    (await import("./installing.ts")).installPacks(request, session, how, abort),
  settle: async (request, session, how) => (await import("./installing.ts")).settleInstalls(request, session, how),
  uninstall: async (request, session, how, abort) =>
    (await import("./installing.ts")).uninstallPack(request, session, how, abort),
  open: (_, { owner }) => ({ owner }),
  published: (_, { publisher }) => publishedIn(publisher),
  canary: () => {
    throw new Error("Expected the thread that holds the volume to do this by itself.");
  },
};

/**
 * Does what was asked in a volume that this process holds.
 *
 * @throws PacksyncError what the request's own function throws
 */
export async function perform<K extends RequestKind>(
  kind: K,
  request: Requests[K],
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<Answers[K]> {
  return await HANDLERS[kind](request, session, how, abort);
}

export function aboutHistory(config: Config) {
  return { policy: policyOf(config), retention: config.history };
}

/** @throws PacksyncError `USAGE` for what can be no pack */
export function refOf(pack: string): PackRef {
  const ref = asPackRef(pack);
  if (ref === undefined) throw notPublished(pack);
  return ref;
}

function notLive(pack: string, release: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected ${release} of \`${pack}\` to be live, got another release.`, {
    hint: "It changed meanwhile; `packsync history` lists its releases.",
  });
}

async function registerAgain(
  { packs }: RegisterRequest,
  { database, publisher }: VolumeSession,
  { config, log }: Performing,
  abort: AbortSignal,
): Promise<RegistrationReport> {
  const reread = toReread(packs, publishedIn(publisher));
  const request = { only: packs, compare: "all" } as const;
  return await registerLive({ database, volume: publisher }, { config, log, request, reread }, abort);
}

/** The packs whose definitions are read again, whatever is remembered of them. @throws PacksyncError `USAGE` for one that is not live */
export function toReread(packs: readonly string[], live: readonly string[]): readonly string[] {
  const unknown = packs.find((ref) => !live.includes(ref));
  if (unknown !== undefined) throw notRegistered(unknown);
  return packs.length > 0 ? packs : live;
}

function publishedIn(volume: VolumeView): readonly string[] {
  return [...volume.packs().values()].flatMap(({ ref, release }) => (release === undefined ? [] : [ref]));
}

async function verifyAndMend(
  { packs, repair, prune }: VerifyRequest,
  { publisher, store }: VolumeSession,
  { config, scanner, onProgress }: Performing,
): Promise<readonly Verified[]> {
  const about = { sources: sourcesIn(layoutOf(config), config), limits: scanLimits(config), scanner, onProgress };
  const deps = { ...about, store, volume: publisher, publisher, policy: policyOf(config) };
  const verified = await verifyPacks(packs, deps);
  return verified.map(({ unnoticed, ...pack }) => {
    const repaired = repair ? repairPack({ ...pack, unnoticed }, store, deps) : undefined;
    const pruned = prune ? prunePack({ ...pack, unnoticed }, publisher, config.history) : undefined;
    const done = { ...(repaired && { repair: repaired }), ...(pruned && { pruned }) };
    return { ...pack, sourceUnnoticed: unnoticed !== undefined, ...done };
  });
}
