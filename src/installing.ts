import type { Config } from "./config/config.ts";
import { placeKey } from "./cycle/attention.ts";
import type { PackReport } from "./cycle/report.ts";
import { rollbackPack } from "./cycle/rollback.ts";
import { unpinning } from "./cycle/todo.ts";
import { type Performing, runCycle } from "./cycles.ts";
import { ExitCode, exitCodeOf, isSystemError, PacksyncError } from "./errors.ts";
import { LIMITS } from "./install/limits.ts";
import { copyDirectory } from "./install/local.ts";
import { carried, identify, isBare, placeOf, refuseConflict } from "./install-place.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { INSTALLED } from "./plan/installed.ts";
import { toFailure } from "./platform/failures.ts";
import {
  beginInstall,
  dropInstalled,
  forgetInstalled,
  isInstalled,
  keepInstalled,
  noteBefore,
  noteLive,
  type Placing,
  placeInstalled,
  putBack,
  putBackLeaving,
  syncInstalls,
} from "./publish/installed.ts";
import { KEPT, NO_SOURCE } from "./publish/manifest.ts";
import type { Installed, InstallRequest, SettleRequest, Uninstalled } from "./requests.ts";
import { layoutOf, policyOf, type VolumeSession } from "./volume-session.ts";

/**
 * What installing does to the volume, under its lock. A pack from elsewhere becomes one of the source `installed` and is published by a cycle like any
 * other; it can be taken back until it is settled. What a source carries is published from there, what is live already stays as it is.
 */

/** All of them in one cycle. One that is refused or rejected leaves everything of it as it was, and is no reason to leave out the others. */
export async function installPacks(
  request: InstallRequest,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<{ readonly packs: readonly Installed[] }> {
  const steps: (Step | Installed)[] = [];
  const places = () => steps.flatMap((step) => ("place" in step ? [step] : []));
  try {
    for (const pack of request.packs) {
      const isFirst = request.packs.find((other) => other.pack === pack.pack) === pack;
      steps.push(attempt(pack.pack, () => begin(pack, isFirst, request, session, how.config)));
    }
    placeAll(places(), session, how.config);
    const reports = await cycleAt(places(), session, how, abort);
    const outcomes = new Map(places().map((step) => [step, outcomeOf(step, reports, session)]));
    const isLost = (step: Step) => outcomes.get(step)?.how !== "installed";
    await takeBack(
      places().filter((step) => step.placing !== undefined && isLost(step)),
      session,
      how,
    );
    const packs = steps
      .map((step) => ("place" in step ? outcomes.get(step) : step))
      .filter((each) => each !== undefined);
    for (const { ref, how: outcome } of packs)
      if (outcome === "installed") noteLive(layoutOf(how.config), refOf(ref), session.owner);
    return { packs };
  } catch (error) {
    const ours = places().filter(({ placing }) => placing !== undefined);
    await takeBack(ours, session, how);
    throw error;
  }
}

/** A pack that is to be published from where it stands. */
interface Step {
  readonly ref: PackRef;
  readonly place: { readonly source: string; readonly directory: string };
  /** Of what is to be installed. */
  readonly placing?: Placing;
}

function placeAll(steps: readonly Step[], { owner }: VolumeSession, config: Config): void {
  const placings = steps.flatMap(({ placing }) => placing ?? []);
  if (placings.length === 0) return;
  const layout = layoutOf(config);
  syncInstalls(layout);
  for (const placing of placings) placeInstalled(layout, placing, owner);
  syncInstalls(layout);
}

function attempt(ref: string, work: () => Step | Installed): Step | Installed {
  try {
    return work();
  } catch (error) {
    const isOwn =
      isSystemError(error) || (error instanceof PacksyncError && exitCodeOf(error.code) !== ExitCode.unusable);
    if (!isOwn) throw error;
    return { how: "refused", ref, why: toFailure(error) };
  }
}

/** Until here nothing of it counts: what was copied is litter. */
function begin(
  { pack, path }: InstallRequest["packs"][number],
  isFirst: boolean,
  { force, unchecked }: InstallRequest,
  session: VolumeSession,
  config: Config,
): Step | Installed {
  const layout = layoutOf(config);
  const place = placeOf(path, layout.root, config);
  if (place.kind === "source") return { ref: isBare(place.path) ? refOf(pack) : identify(place.path, pack), place };
  const ref = identify(place.path, pack);
  if (!isFirst) throw new PacksyncError("CONFLICT", `Expected each pack once, got \`${ref}\` twice.`);
  const live = session.publisher.live(ref);
  if (place.kind === "volume" && live !== undefined) return { how: "live", ref, release: live };
  if (session.publisher.packs().get(ref)?.pinned === KEPT) throw keptByPerson(ref);
  refuseConflict(ref, force || place.kind === "volume", session, config);

  const next = beginInstall(layout, ref, session.owner);
  try {
    copyDirectory(place.path, next, LIMITS);
    identify(next, ref);
  } catch (error) {
    keepInstalled(layout, ref);
    throw error;
  }
  const placing = { ref, live, isUnchecked: unchecked };
  noteBefore(layout, placing, session.owner);
  return { ...installedStep(ref), placing };
}

function keptByPerson(ref: PackRef): PacksyncError {
  return new PacksyncError("CONFLICT", `Expected \`${ref}\` not to be pinned, got a pack that somebody keeps.`, {
    hint: `Say \`${unpinning(ref)}\` first.`,
  });
}

function outcomeOf({ ref, place }: Step, reports: readonly PackReport[], { publisher }: VolumeSession): Installed {
  const report = reports.find(({ source, directory }) => source === place.source && directory === place.directory);
  if (report === undefined) return { how: "refused", ref, why: toFailure(carried(ref, "another source")) };
  const isLive = report.outcome === "published" || report.outcome === "unchanged";
  if (!isLive) return { how: "rejected", ref: report.ref, release: publisher.live(ref), report };
  return { how: place.source === INSTALLED ? "installed" : "synced", ref: report.ref, release: report.release, report };
}

/** Ends installations: they stay, or everything becomes as it was. */
export async function settleInstalls(
  { packs, keep }: SettleRequest,
  session: VolumeSession,
  how: Performing,
): Promise<object> {
  const refs = packs.map(({ pack, release }) => ({ ref: refOf(pack), release }));
  const ours = refs.filter(({ ref, release }) => session.publisher.live(ref) === release);
  if (keep) for (const { ref } of ours) keepInstalled(layoutOf(how.config), ref);
  else await takeBack(ours, session, how);
  return {};
}

/**
 * Takes an installed pack out of the volume. A source that carries its ref, too, is not concerned.
 *
 * @throws PacksyncError `USAGE` for a pack that was not installed
 */
export async function uninstallPack(
  { pack }: { readonly pack: string },
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<Uninstalled> {
  const ref = refOf(pack);
  const { publisher, owner } = session;
  const layout = layoutOf(how.config);
  const record = publisher.packs().get(ref);
  const isLive = record?.release !== undefined && record.source === INSTALLED;
  if (!isLive && !isInstalled(layout, ref)) throw notInstalled(ref, record?.release && record.source);
  dropInstalled(layout, ref, owner);
  const isStaying = record?.pinned === NO_SOURCE || record?.pinned === KEPT;
  const previous = isStaying ? publisher.previous(ref) : undefined;
  if (previous !== undefined) publisher.unpin(previous); // brought back by a rollback, or kept, it would stay
  try {
    const reports = await cycleAt([installedStep(ref)], session, how, abort);
    const after = publisher.packs().get(ref);
    const stays = after?.release !== undefined && after.source === INSTALLED;
    if (stays) putBackLeaving(layout, ref);
    else forgetInstalled(layout, ref);
    return { ref, report: reports.find(({ source }) => source === INSTALLED) };
  } catch (error) {
    putBackLeaving(layout, ref);
    throw error;
  }
}

/** One cycle about these places only; installed packs may leave. */
async function cycleAt(
  steps: readonly Step[],
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<readonly PackReport[]> {
  if (steps.length === 0) return [];
  const keys = new Set(steps.map(({ place }) => placeKey(place.source, place.directory)));
  const isDue = (source: string, directory: string) => keys.has(placeKey(source, directory));
  const attention = { isDue, standing: () => undefined, isPatient: () => false };
  const only = steps.map(({ ref }) => ref);
  return (await runCycle({ only, allowRemovals: true, attention }, session, how, abort)).packs;
}

function installedStep(ref: PackRef): Step {
  return { ref, place: { source: INSTALLED, directory: ref } };
}

/** It is not cut short: whoever gave up wants it undone. */
async function takeBack(
  packs: readonly { readonly ref: PackRef }[],
  session: VolumeSession,
  how: Performing,
): Promise<void> {
  const { publisher, owner, store } = session;
  const layout = layoutOf(how.config);
  const before = packs.flatMap(({ ref }) => {
    const found = putBack(layout, ref, owner);
    return found === undefined ? [] : [{ ref, release: found.release }];
  });
  const there = before.filter(({ ref }) => isInstalled(layout, ref) || publisher.live(ref) !== undefined);
  for (const { ref } of before) if (!there.some((each) => each.ref === ref)) store.forget(INSTALLED, ref);
  const never = new AbortController().signal;
  await cycleAt(
    there.map(({ ref }) => installedStep(ref)),
    session,
    how,
    never,
  );
  for (const { ref, release } of before)
    if (release === undefined && publisher.live(ref) === undefined) bringForeignBack(ref, session, how.config);
  for (const { ref } of packs) keepInstalled(layout, ref);
}

/** What others had there before packsync ever published this pack. */
function bringForeignBack(ref: PackRef, { publisher }: VolumeSession, config: Config): void {
  const adopted = publisher.releases(ref).find(({ number }) => number === 0);
  if (adopted === undefined || publisher.isLive(ref)) return;
  const about = { policy: policyOf(config), retention: config.history, volume: publisher, publisher };
  rollbackPack(ref, adopted.release, about);
}

function refOf(pack: string): PackRef {
  const ref = asPackRef(pack);
  if (ref === undefined) throw notInstalled(pack, undefined);
  return ref;
}

function notInstalled(pack: string, source: string | undefined): PacksyncError {
  const got = source === undefined ? `\`${pack}\`` : `\`${pack}\`, which comes from the source \`${source}\``;
  return new PacksyncError("USAGE", `Expected a pack that was installed, got ${got}.`, {
    hint: source === undefined ? "`packsync status` says where each comes from." : "Take it out of its source.",
  });
}
