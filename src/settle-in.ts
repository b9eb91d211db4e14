import { chownSync, existsSync, statSync } from "node:fs";
import type { Config } from "./config/config.ts";
import { IMAGE_DEFAULTS } from "./config/load.ts";
import { errnoOf, PacksyncError } from "./errors.ts";
import { missingCapabilities } from "./platform/capabilities.ts";
import type { Owner } from "./platform/ownership.ts";
import { unusable } from "./platform/unusable.ts";
import { mountPoints } from "./publish/preflight.ts";
import { openVolume } from "./publish/volume.ts";
import { layoutOf } from "./volume-session.ts";

/**
 * The first thing that is done in a container, as root: what is mounted belongs to the owner (the roots of the mounts alone: below them are
 * live packs, and what others put there), packsync's own directories are there, and then nobody is root who need not be.
 *
 * @throws PacksyncError `VOLUME_UNUSABLE` with the sentence that helps, when this user may not do it
 */
export function settleIn(config: Config): void {
  const { owner, user } = config;
  refuseUnmounted(config.volume);
  if (process.geteuid?.() !== 0) {
    if (user !== undefined && !isSelf(user)) throw notRoot(user);
    return;
  }
  const wanted = owner ?? user;
  if (wanted === undefined) return;
  if (wanted.uid !== 0) refuseCrippledRoot(wanted);
  for (const directory of [config.volume, config.runtimeEnvsDir, config.artifactsDir]) giveTo(wanted, directory);
  if (user !== undefined) become(user, config);
}

/** What is published into the container's own layer no service ever sees, and it goes with the container. */
function refuseUnmounted(volume: string): void {
  if (!isInImage()) return;
  const isMounted = mountPoints().some((point) => point !== "/" && `${volume}/`.startsWith(`${point}/`));
  if (isMounted) return;
  throw new PacksyncError(
    "VOLUME_UNUSABLE",
    `Expected ${volume} to be a volume, got a directory of the container's own.`,
    {
      hint: `Mount there what the services mount, e.g. \`-v packs_data:${volume}\`, or name another directory: TARGET_PACKS_DIR.`,
    },
  );
}

function isInImage(): boolean {
  return existsSync(IMAGE_DEFAULTS) && ["/.dockerenv", "/run/.containerenv"].some((marker) => existsSync(marker));
}

function isSelf({ uid }: Owner): boolean {
  return process.geteuid?.() === uid;
}

/** What is not mounted is not there. What may not be given stays whose it is: who can write all the same needs no more. */
function giveTo({ uid, gid }: Owner, directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    const stats = statSync(directory, { throwIfNoEntry: false });
    if (stats?.isDirectory() !== true || (stats.uid === uid && stats.gid === gid)) return;
    chownSync(directory, uid, gid);
  } catch (error) {
    if (errnoOf(error) !== "EPERM") throw unusable(directory, error);
  }
}

/** Who was let into groups, to reach the engine's socket, stays in them; root's own group is none of them. */
function become(user: Owner, config: Config): void {
  openVolume({ layout: layoutOf(config), stateDir: config.stateDir, owner: user });
  if (user.uid === 0) return;
  const groups = new Set([user.gid, ...(process.getgroups?.() ?? []).filter((group) => group !== 0)]);
  try {
    process.setgroups?.([...groups]);
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } catch (error) {
    throw new PacksyncError("VOLUME_UNUSABLE", `Expected to become user ${told(user)}, got: ${String(error)}`, {
      hint: `Give the container the capabilities SETUID and SETGID (cap_add), or start it as that user: \`user: "${told(user)}"\`.`,
      cause: error,
    });
  }
}

function refuseCrippledRoot(owner: Owner): void {
  const missing = missingCapabilities();
  if (missing.length === 0) return;
  const message = `Expected root to be allowed to work for user ${told(owner)}, got one without ${missing.join(", ")}.`;
  throw new PacksyncError("VOLUME_UNUSABLE", message, {
    hint: `Give the container these capabilities (cap_add), or start it as the volume's owner: \`user: "${told(owner)}"\`.`,
  });
}

function notRoot(user: Owner): PacksyncError {
  const self = `${process.geteuid?.()}:${process.getegid?.()}`;
  return new PacksyncError("VOLUME_UNUSABLE", `Expected to be root, to become user ${told(user)}, got user ${self}.`, {
    hint: `Start packsync as root or as that user, or leave \`user\` out.`,
  });
}

function told({ uid, gid }: Owner): string {
  return `${uid}:${gid}`;
}
