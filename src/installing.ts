import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Config } from "./config/config.ts";
import type { PackReport } from "./cycle/report.ts";
import { rollbackPack } from "./cycle/rollback.ts";
import { type Performing, runCycle } from "./cycles.ts";
import { errnoOf, PacksyncError } from "./errors.ts";
import { LIMITS } from "./install/limits.ts";
import { copyDirectory } from "./install/local.ts";
import { readPackIdentity } from "./install/pack-root.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { INSTALLED } from "./plan/installed.ts";
import {
  beginInstall,
  dropInstalled,
  isInstalled,
  keepInstalled,
  noteLive,
  placeInstalled,
  putBack,
} from "./publish/installed.ts";
import { NO_SOURCE } from "./publish/manifest.ts";
import type { Installed, InstallRequest, SettleRequest, Uninstalled } from "./requests.ts";
import { layoutOf, policyOf, type VolumeSession } from "./volume-session.ts";

/**
 * What installing does to the volume, under its lock. A pack from elsewhere becomes one of the source `installed` and is published by a cycle like any
 * other; it can be taken back until it is settled. What a source carries is published from there, what is live already stays as it is.
 */

/**
 * @throws PacksyncError `CONFLICT` for what is there already, and for what a source carries; `USAGE` for what is no pack. A pack that
 *   is rejected is no error: the report says so, and everything is as it was
 */
export async function installPack(
  request: InstallRequest,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<Installed> {
  const layout = layoutOf(how.config);
  const place = placeOf(request.path, layout.root, how.config);
  if (place.kind === "source") return await syncPlace(place, request, session, how, abort);
  const ref = identify(place.path, request.pack);
  const live = session.publisher.live(ref);
  if (place.kind === "volume" && live !== undefined) return { how: "live", ref, release: live, report: undefined };
  refuseConflict(ref, request.force || place.kind === "volume", session, how.config);

  copyDirectory(place.path, beginInstall(layout, ref, session.owner), LIMITS);
  try {
    identify(`${layout.own}/installing/${ref}/next`, ref);
    placeInstalled(layout, { ref, live, isUnchecked: request.unchecked }, session.owner);
    const report = await installedCycle(ref, session, how, abort);
    if (report === undefined) throw carried(ref, "a source");
    const isLive = report.outcome === "published" || report.outcome === "unchanged";
    if (isLive) noteLive(layout, ref, session.owner);
    else await takeBack(ref, session, how);
    return { how: "installed", ref, release: isLive ? report.release : live, report };
  } catch (error) {
    await takeBack(ref, session, how);
    throw error;
  }
}

/** Ends an installation: it stays, or everything becomes as it was. */
export async function settleInstall(
  { pack, release, keep }: SettleRequest,
  session: VolumeSession,
  how: Performing,
): Promise<{ readonly ref: string }> {
  const ref = refOf(pack);
  if (session.publisher.live(ref) !== release) return { ref };
  if (keep) keepInstalled(layoutOf(how.config), ref);
  else await takeBack(ref, session, how);
  return { ref };
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
  const previous = record?.pinned === NO_SOURCE ? publisher.previous(ref) : undefined;
  if (previous !== undefined) publisher.unpin(previous); // brought back by a rollback, it would stay
  const report = await installedCycle(ref, session, how, abort);
  keepInstalled(layout, ref);
  return { ref, report };
}

type Place =
  | { readonly kind: "elsewhere" | "volume"; readonly path: string }
  | { readonly kind: "source"; readonly path: string; readonly source: string; readonly directory: string };

function placeOf(path: string, volume: string, { sources }: Config): Place {
  const real = realOf(path);
  if (dirname(real) === volume && !basename(real).startsWith(".")) return { kind: "volume", path: real };
  if (real === volume || real.startsWith(`${volume}/`)) throw noPack(path, `a part of the volume ${volume}`);
  const source = sources.find((each) => isSame(each.path, dirname(real)));
  if (source === undefined) return { kind: "elsewhere", path: real };
  return { kind: "source", path: real, source: source.name, directory: basename(real) };
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    throw noPack(path, errnoOf(error) ?? String(error));
  }
}

function isSame(source: string, directory: string): boolean {
  try {
    return realpathSync.native(source) === directory;
  } catch {
    return false; // a source that is not there has no packs
  }
}

/** Who it is that stands there; it may be another one by now. */
function identify(path: string, expected: string): PackRef {
  const { ref } = readPackIdentity(path);
  if (ref !== expected) throw noPack(path, `\`${ref}\``, `\`${expected}\``);
  return ref;
}

function refuseConflict(ref: PackRef, mayReplace: boolean, { publisher, store }: VolumeSession, config: Config): void {
  const carrier = config.sources.find(({ name, mode }) => {
    return (
      mode !== "mounted" &&
      store
        .known(name)
        .values()
        .some(({ identity }) => identity?.ref === ref)
    );
  });
  if (carrier !== undefined) throw carried(ref, `the source \`${carrier.name}\` (${carrier.path})`);
  const record = publisher.packs().get(ref);
  if (record?.release !== undefined && record.source !== undefined && record.source !== INSTALLED)
    throw carried(ref, `the source \`${record.source}\``);
  if (!mayReplace && publisher.isLive(ref)) throw existsAlready(ref);
}

/** A pack of a source is published from there. */
async function syncPlace(
  { source, directory, path }: Extract<Place, { kind: "source" }>,
  { pack }: InstallRequest,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<Installed> {
  const isPlace = (s: string, d: string) => s === source && d === directory;
  const report = await cycleAt(isPlace, refOf(pack), session, how, abort);
  const own = report.packs.find((each) => isPlace(each.source, each.directory));
  if (own === undefined) throw noPack(path, "what another source shadows, or no pack");
  return { how: "synced", ref: own.ref, release: own.release, report: own };
}

async function installedCycle(
  ref: PackRef,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
): Promise<PackReport | undefined> {
  const isPlace = (source: string, directory: string) => source === INSTALLED && directory === ref;
  const { packs } = await cycleAt(isPlace, ref, session, how, abort);
  return packs.find(({ source, directory }) => isPlace(source, directory));
}

/** One cycle about one place; installed packs may leave. */
function cycleAt(
  isDue: (source: string, directory: string) => boolean,
  ref: PackRef,
  session: VolumeSession,
  how: Performing,
  abort: AbortSignal,
) {
  const attention = { isDue, standing: () => undefined, isPatient: () => false };
  return runCycle({ only: [ref], allowRemovals: true, attention }, session, how, abort);
}

/** It is not cut short: whoever gave up wants it undone. */
async function takeBack(ref: PackRef, session: VolumeSession, how: Performing): Promise<void> {
  const { publisher, owner, store } = session;
  const layout = layoutOf(how.config);
  const before = putBack(layout, ref, owner);
  if (before !== undefined) {
    const isThere = isInstalled(layout, ref) || publisher.live(ref) !== undefined;
    if (isThere) await installedCycle(ref, session, how, new AbortController().signal);
    else store.forget(INSTALLED, ref);
    if (before.release === undefined && publisher.live(ref) === undefined) bringForeignBack(ref, session, how.config);
  }
  keepInstalled(layout, ref);
}

/** What others had there before packsync ever published this pack. */
function bringForeignBack(ref: PackRef, { publisher }: VolumeSession, config: Config): void {
  const adopted = publisher.releases(ref).find(({ number }) => number === 0);
  if (adopted === undefined || publisher.isLive(ref)) return;
  rollbackPack(ref, adopted.release, {
    policy: policyOf(config),
    retention: config.history,
    volume: publisher,
    publisher,
  });
}

function refOf(pack: string): PackRef {
  const ref = asPackRef(pack);
  if (ref === undefined) throw notInstalled(pack, undefined);
  return ref;
}

function noPack(path: string, got: string, expected = "a pack's directory"): PacksyncError {
  return new PacksyncError("USAGE", `Expected ${path} to be ${expected}, got ${got}.`, {
    hint: "Name the directory that has the `pack.yaml`.",
  });
}

function existsAlready(ref: string): PacksyncError {
  return new PacksyncError("CONFLICT", `Pack '${ref}' already exists. Use force=true to reinstall.`, {
    hint: "On the command line: `--force`.",
  });
}

function carried(ref: string, by: string): PacksyncError {
  return new PacksyncError("CONFLICT", `Expected a pack that no source carries, but \`${ref}\` is carried by ${by}.`, {
    hint: "Change it there, or take it out of there first.",
  });
}

function notInstalled(pack: string, source: string | undefined): PacksyncError {
  const got = source === undefined ? `\`${pack}\`` : `\`${pack}\`, which comes from the source \`${source}\``;
  return new PacksyncError("USAGE", `Expected a pack that was installed, got ${got}.`, {
    hint: source === undefined ? "`packsync status` says where each comes from." : "Take it out of its source.",
  });
}
