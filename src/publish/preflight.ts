import { readFileSync, statfsSync } from "node:fs";
import { PacksyncError } from "../errors.ts";
import { DATABASE_ROOM_BYTES } from "../platform/database.ts";

/**
 * The mount points of this mount namespace (`/proc/self/mountinfo`, field 5); none where there is no such file.
 * Source: proc_pid_mountinfo(5).
 */
export function mountPoints(): readonly string[] {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return lines.flatMap((line) => line.split(" ")[4] ?? []).map(unescapeOctal);
  } catch {
    return [];
  }
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/**
 * A mount at or below a pack's directory would move away with an exchange, or make it fail.
 *
 * @throws PacksyncError `PACK_FAILED`
 */
export function refuseMounts(live: string, mounts: readonly string[]): void {
  const below = `${live}/`;
  const mount = mounts.find((point) => point === live || point.startsWith(below));
  if (mount === undefined) return;
  throw new PacksyncError(
    "PACK_FAILED",
    `\`${mount}\` is a mount point inside the volume; publishing would move it away.`,
    {
      hint: "Unmount it, or mount the whole volume instead of a pack's directory.",
    },
  );
}

/**
 * Room for the fresh files, each rounded up to a block, and as much again as metadata takes, beside what is left free for the
 * services, and for the database.
 *
 * @throws PacksyncError `VOLUME_FULL`
 */
export function refuseFullVolume({ volume, minFreeBytes }: Room, sizes: Iterable<number>): void {
  const { bavail, bsize, ffree, files } = statfsSync(volume);
  let blocks = 0;
  let count = 0;
  for (const size of sizes) {
    blocks += Math.ceil(size / bsize) + 1;
    count++;
  }
  const [needed, free] = [blocks * bsize + Math.max(minFreeBytes, DATABASE_ROOM_BYTES), bavail * bsize];
  if (blocks === 0 || (needed <= free && (files === 0 || count <= ffree))) return;
  throw new PacksyncError("VOLUME_FULL", `Expected ${needed} free bytes on the volume, got ${free}.`, {
    hint: "Make room on the volume.",
    missingBytes: Math.max(needed - free, 1),
  });
}

/** Where there has to be room, and how much of it is left to others. */
export interface Room {
  readonly volume: string;
  readonly minFreeBytes: number;
}

/** What everybody may still write there, in bytes. */
export function freeBytes(volume: string): number {
  const { bavail, bsize } = statfsSync(volume);
  return bavail * bsize;
}
