import { linkSync, renameSync as rename, unlinkSync } from "node:fs";
import { errnoOf, PacksyncError } from "../errors.ts";
import { fsPath } from "../platform/names.ts";
import { exchange, renameNoReplace } from "../platform/syscalls.ts";

/**
 * How a staged tree takes the live one's place. `exchange`: in one step, so that the name is never missing.
 * `two-renames`: where the kernel or the file system has no exchange; the name is missing for an instant.
 */
export type GoLiveMethod = "exchange" | "two-renames";

/** The errors by which a kernel or file system says that it has no exchange. */
const NO_EXCHANGE = new Set(["EINVAL", "ENOSYS", "EOPNOTSUPP", "ENOTSUP"]);

/**
 * Swaps `staged` with `live`: afterwards `staged` holds what was live.
 *
 * RACE: with two renames a reader may find no `live` between them; a crash there leaves it missing, and the next run
 * finishes the second rename, because the intent says so.
 *
 * @throws PacksyncError `PACK_FAILED` where plain renames would fail, too: EXDEV, EBUSY.
 */
export function swap(staged: string, live: string, swapTrees: typeof exchange = exchange): GoLiveMethod {
  try {
    swapTrees(staged, live);
    return "exchange";
  } catch (error) {
    if (!NO_EXCHANGE.has(errnoOf(error) ?? "")) throw explained(error, live);
  }
  try {
    renameTwice(staged, live);
    return "two-renames";
  } catch (error) {
    throw explained(error, live);
  }
}

function renameTwice(staged: string, live: string): void {
  const aside = asidePath(staged);
  renameSync(live, aside);
  try {
    renameSync(staged, live);
  } catch (error) {
    renameSync(aside, live); // the old release comes back
    throw error;
  }
  renameSync(aside, staged);
}

function renameSync(from: string, to: string): void {
  rename(fsPath(from), fsPath(to));
}

/** Where the live tree stands between the two renames. */
export function asidePath(staged: string): string {
  return `${staged}.aside`;
}

/**
 * Gives a file another name that nobody has yet.
 *
 * RACE: without `RENAME_NOREPLACE` somebody may replace `from` between the link and the unlink; the new file is lost.
 *
 * @throws EEXIST
 */
export function moveNew(from: string, to: string): void {
  try {
    renameNoReplace(from, to);
  } catch (error) {
    if (!NO_EXCHANGE.has(errnoOf(error) ?? "")) throw error;
    linkSync(fsPath(from), fsPath(to));
    unlinkSync(fsPath(from));
  }
}

/** Moves a tree to a name that does not exist yet, or is an empty directory. */
export function moveTree(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw explained(error, to);
  }
}

function explained(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  const hint = errno === undefined ? undefined : HINTS[errno];
  if (hint === undefined) return error;
  return new PacksyncError("PACK_FAILED", `Cannot move a tree to ${path}: ${errno}.`, {
    hint,
    cause: error,
    retryable: errno === "ENOTEMPTY",
  });
}

const HINTS: Readonly<Record<string, string>> = {
  EXDEV:
    "The pack's directory comes from an image layer or another file system: empty the volume once, or copy the directory into it.",
  EBUSY: "The pack's directory is a mount point: mount the whole volume instead of a pack's directory.",
  ENOTEMPTY: "Somebody made this directory at the same moment: run packsync again.",
  EEXIST: "Somebody made this directory at the same moment: run packsync again.",
  EACCES: "Run packsync as root or as the volume's owner.",
  EPERM: "Run packsync as root or as the volume's owner.",
  EROFS: "The volume is mounted read-only: mount it read-write for packsync.",
  ENOSPC: "The volume is full: make room.",
};
