import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, PacksyncError } from "../errors.ts";
import { adopt, type Owner, ownerToSet } from "../platform/ownership.ts";
import { unusable } from "../platform/unusable.ts";
import type { VolumeLayout } from "./layout.ts";

/** File systems without reliable `flock` and shared memory: `f_type` of statfs(2), from linux/magic.h. */
const UNRELIABLE: Readonly<Record<number, string>> = {
  26985: "NFS", // 0x6969
  20859: "SMB", // 0x517b
  4283649346: "CIFS", // 0xff534d42
  4266872130: "SMB 2", // 0xfe534d42
  16914839: "9p", // 0x01021997
};

const CACHE_TAG =
  "Signature: 8a477f597d28d172789f06886806bc55\n# Written by packsync. See https://bford.info/cachedir/\n";

export type StatFs = (path: string) => { readonly type: number };

export interface OpenVolumeRequest {
  readonly layout: VolumeLayout;
  readonly stateDir: string;
  /** `--owner`; without it the volume's own owner, when root. */
  readonly owner: Owner | undefined;
  /** For tests: another `statfs`. */
  readonly statFs?: StatFs;
}

/**
 * Makes sure that the volume can be used, and makes packsync's own directory in it.
 *
 * @returns who owns what is made from now on; `undefined`: the process's own user.
 * @throws PacksyncError `VOLUME_UNUSABLE`, with the sentence that helps.
 */
export function openVolume({ layout, stateDir, owner, statFs = statfsSync }: OpenVolumeRequest): Owner | undefined {
  try {
    if (statSync(layout.root, { throwIfNoEntry: false })?.isDirectory() === false) throw notADirectory(layout.root);
    const fresh = makePath(layout.root, 0o755);
    const root = statSync(layout.root);
    const wanted = owner ?? (process.geteuid?.() === 0 ? { uid: root.uid, gid: root.gid } : undefined);
    const toSet = ownerToSet(wanted);
    if (fresh) adopt(layout.root, toSet);
    refuseUnreliable(stateDir, statFs);
    if (makeStateDir(stateDir, layout.root)) adopt(stateDir, toSet); // else it is somebody's
    for (const directory of [layout.own, layout.staging, layout.releases]) makeOwn(directory, toSet);
    const tag = `${layout.own}/CACHEDIR.TAG`;
    if (!existsSync(tag)) {
      writeFileSync(tag, CACHE_TAG, { mode: 0o644 });
      adopt(tag, toSet);
    }
    return toSet;
  } catch (error) {
    throw unusable(`the volume ${layout.root}${whose(layout.root, error)}`, error, HINTS);
  }
}

/** Within the volume, where it usually is, the volume is what cannot be used. */
function makeStateDir(path: string, root: string): boolean {
  try {
    return makePath(path, 0o750);
  } catch (error) {
    if (path.startsWith(`${root}/`)) throw error;
    const what = `the state directory ${path}${whose(nearestExisting(path), error)}`;
    throw unusable(what, error, { ...HINTS, ENOTDIR: NO_STATE_DIR, EEXIST: NO_STATE_DIR });
  }
}

/** Whoever may not write there wants to know who may. */
function whose(root: string, error: unknown): string {
  if (!["EACCES", "EPERM"].includes(errnoOf(error) ?? "")) return "";
  try {
    const { uid, gid } = statSync(root);
    return `, which belongs to user ${uid}:${gid}, as user ${process.geteuid?.()}:${process.getegid?.()}`;
  } catch {
    return ""; // not even that may be seen
  }
}

/** `mkdir -p`. Node's own says ENOENT for EROFS, and never ends where a directory cannot hold any. @returns whether it is new */
function makePath(path: string, mode: number): boolean {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return false;
  if (dirname(path) !== path) makePath(dirname(path), 0o755);
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    // Another packsync that starts at the same moment made it: nobody has the lock yet.
    if (errnoOf(error) === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
    throw error;
  }
}

function makeOwn(directory: string, owner: Owner | undefined): void {
  if (makePath(directory, 0o750)) adopt(directory, owner);
  else if (owner !== undefined && lstatSync(directory).uid !== owner.uid) chownSync(directory, owner.uid, owner.gid);
  if ((lstatSync(directory).mode & 0o777) !== 0o750) chmodSync(directory, 0o750);
}

/** Whether `flock` keeps two processes apart there, also on different machines. */
export function hasReliableLocks(path: string, statFs: StatFs = statfsSync): boolean {
  return UNRELIABLE[statFs(path).type] === undefined;
}

function refuseUnreliable(stateDir: string, statFs: StatFs): void {
  const kind = UNRELIABLE[statFs(nearestExisting(stateDir)).type];
  if (kind === undefined) return;
  throw new PacksyncError(
    "VOLUME_UNUSABLE",
    `Expected ${stateDir} on a file system with reliable locks, got ${kind}.`,
    {
      hint: "Keep the database and the lock on a local disk: --state-dir <dir>.",
    },
  );
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(path.slice(0, path.lastIndexOf("/")) || "/");
}

function notADirectory(path: string): PacksyncError {
  return new PacksyncError("VOLUME_UNUSABLE", `Expected the volume ${path} to be a directory.`, {
    hint: "Name the directory that the services mount: --volume <dir>.",
  });
}

const PART_IS_FILE = "A part of this path is a file: name the directory that the services mount with --volume.";

const NO_STATE_DIR = "A part of this path is a file: name another directory with --state-dir.";

const HINTS: Readonly<Record<string, string>> = {
  ENOTDIR: PART_IS_FILE,
  EEXIST: PART_IS_FILE,
  ENOENT: "A part of this path is a symlink that leads nowhere, or a place where nobody can make directories.",
  ELOOP: "The path is a symlink that leads in a circle.",
};
