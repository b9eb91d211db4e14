import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import type { Config } from "../config/config.ts";
import { errnoOf } from "../errors.ts";
import { DATABASE_ROOM_BYTES } from "../platform/database.ts";
import { exchange } from "../platform/syscalls.ts";
import { hintOf } from "../platform/unusable.ts";
import type { VolumeLayout } from "../publish/layout.ts";
import { hasReliableLocks } from "../publish/volume.ts";
import { type Check, failed, note, ok } from "./check.ts";
import { mountsAround, parseMounts } from "./mounts.ts";

/** Whether the volume can be published into. What is tried is tried in directories of its own, which are gone afterwards. */
export function checkVolume(config: Config, layout: VolumeLayout): readonly Check[] {
  const { root } = layout;
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats === undefined) {
    return [note("volume", `The volume ${root} is not there yet.`, "packsync --once makes it.")];
  }
  if (!stats.isDirectory()) {
    return [
      failed(
        "volume",
        `The volume ${root} is no directory.`,
        "Name the directory that the services mount: --volume <dir>.",
      ),
    ];
  }
  const owner = ownerCheck(layout, stats);
  const tried = owner.state === "ok" ? [exchangeCheck(layout)] : [];
  return [owner, ...tried, mountsCheck(root), locksCheck(config, layout), spaceCheck(config, root)];
}

function ownerCheck({ root, own }: VolumeLayout, { uid, gid }: { readonly uid: number; readonly gid: number }): Check {
  const who = `The volume ${root} belongs to ${uid}:${gid}, packsync runs as ${process.geteuid?.()}:${process.getegid?.()}`;
  try {
    for (const directory of [root, own]) {
      if (existsSync(directory)) accessSync(directory, constants.W_OK | constants.X_OK);
    }
    return ok("volume-owner", `${who}, and can write there.`);
  } catch (error) {
    return failed("volume-owner", `${who}, and cannot write there (${errnoOf(error)}).`, hintOf(error));
  }
}

function exchangeCheck({ root, own, staging }: VolumeLayout): Check {
  const place = existsSync(staging) ? `${staging}/doctor-` : `${root}/.packsync-doctor-`;
  try {
    const directory = mkdtempSync(place);
    try {
      const [one, other] = [`${directory}/a`, `${directory}/b`];
      mkdirSync(`${one}/inner`, { recursive: true });
      mkdirSync(other);
      exchange(one, other);
      if (!existsSync(`${other}/inner`)) throw Object.assign(new Error("nothing was exchanged"), { code: "ENOSYS" });
      return ok("volume-exchange", "Two directories of the volume can be exchanged in one step.");
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } catch (error) {
    const message = `Directories cannot be exchanged in one step below ${own} (${errnoOf(error) ?? "failed"}): a pack's name is missing for an instant when it is published.`;
    return failed(
      "volume-exchange",
      message,
      "Use a local disk (ext4, XFS, btrfs, tmpfs) and Linux 3.15 or newer for the volume.",
    );
  }
}

function mountsCheck(root: string): Check {
  const { inside, hidden } = mountsAround(root, parseMounts(readFileSync("/proc/self/mountinfo", "utf8")));
  if (inside.length > 0) {
    const message = `Mounted inside of the volume: ${inside.join(", ")}. A pack that is a mount point cannot be exchanged.`;
    return failed("volume-mounts", message, "Mount the whole volume, never a single pack's directory of it.");
  }
  if (hidden !== undefined) {
    const message = `${hidden.above.type} at ${hidden.above.point} is mounted over ${hidden.below.type} at ${hidden.below.point}: what that has is hidden.`;
    return note("volume-mounts", message, "If services see other packs than packsync, mount the volume only once.");
  }
  return ok("volume-mounts", "No mount splits the volume, or hides it.");
}

function locksCheck({ stateDir }: Config, { root }: VolumeLayout): Check {
  const place = existsSync(stateDir) ? stateDir : root;
  if (hasReliableLocks(place)) return ok("volume-locks", `Locks in ${stateDir} keep two packsyncs apart.`);
  const message = `The file system of ${stateDir} has no locks that can be trusted.`;
  return failed("volume-locks", message, "Keep the database and the lock on a local disk: --state-dir <dir>.");
}

function spaceCheck({ history: { minFreeBytes } }: Config, root: string): Check {
  const { bavail, bsize } = statfsSync(root);
  const wanted = Math.max(minFreeBytes, DATABASE_ROOM_BYTES);
  const message = `The volume has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free`;
  if (bavail * bsize >= wanted) return ok("volume-space", `${message}.`);
  return failed("volume-space", `${message}, less than the ${wanted} bytes that are wanted.`, "Make room.");
}
