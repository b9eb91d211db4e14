import { errnoOf, isSystemError, PacksyncError } from "../errors.ts";

/** What to do when a system call fails for the disk's sake, or for want of a permission. */
export function hintOf(error: unknown): string | undefined {
  const errno = errnoOf(error);
  if (errno === "EINVAL" && isSystemError(error) && error.syscall === "chown") return NOT_IN_ID_MAP;
  return errno === undefined ? undefined : HINTS[errno];
}

/** chown(2) in a user namespace, as rootless containers have them; the kernel shows such an owner as 65534. */
const NOT_IN_ID_MAP =
  "This user namespace has no such user: give the files to one that it has, e.g. with --owner <uid:gid>, or map that user.";

const OTHER_USER = "Run packsync as root or as the one user who owns the volume and its `.packsync`.";
const NO_ROOM = "The volume is full: make room.";

const HINTS: Readonly<Record<string, string>> = {
  EACCES: OTHER_USER,
  EPERM: OTHER_USER,
  EROFS: "The volume is mounted read-only: mount it read-write for packsync.",
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EIO: "The disk reports errors.",
};

/**
 * The same failure as `VOLUME_UNUSABLE`, said so that a person can act on it; anything else as it is.
 *
 * @param what `the volume /opt/attune/packs`
 * @param more hints for errors that say more here than elsewhere
 */
export function unusable(what: string, error: unknown, more: Readonly<Record<string, string>> = {}): unknown {
  const hint = hintOf(error) ?? more[errnoOf(error) ?? ""];
  if (hint === undefined || !(error instanceof Error)) return error;
  return new PacksyncError("VOLUME_UNUSABLE", `Cannot use ${what}: ${error.message}.`, { hint, cause: error });
}
