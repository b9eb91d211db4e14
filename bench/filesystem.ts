import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { run } from "./process.ts";

/** Where a bench runs; disposing it leaves nothing behind. */
export interface BenchFilesystem extends AsyncDisposable {
  /** An empty directory. */
  readonly root: string;
  /** For people, e.g. `ext4 with a journal, 6 GiB loop image in /dev/shm`. */
  readonly description: string;
}

const GIB = 1024 ** 3;

/**
 * A fresh ext4 with its journal on a loop image, in RAM if there is room, when we are root and loop mounts work; else a
 * temporary directory, and the description says on what.
 *
 * The journal matters: without one (some virtual machines' root disks) ext4 takes thirty times as long to create files
 * where others were deleted, for every program alike (reference/measurements.md).
 *
 * @param bytes how much the image can hold
 */
export async function createFilesystem(bytes: number, abort: AbortSignal): Promise<BenchFilesystem> {
  if (process.getuid?.() !== 0) return temporaryDirectory("as we are not root");
  try {
    return await loopMount(hasRoom("/dev/shm", bytes) ? "/dev/shm" : tmpdir(), bytes, abort);
  } catch {
    abort.throwIfAborted();
    return temporaryDirectory("as loop mounts do not work here");
  }
}

/** Leaves the file system to the user and says how to get rid of it. */
export function howToRemove({ root }: BenchFilesystem): string {
  return isMountPoint(root) ? `umount ${root} && rmdir ${root}` : `rm -r ${root}`;
}

async function loopMount(directory: string, bytes: number, abort: AbortSignal): Promise<BenchFilesystem> {
  const root = mkdtempSync(join(tmpdir(), "packsync-bench-"));
  const image = join(directory, `${basename(root)}.ext4`);
  try {
    writeFileSync(image, "");
    truncateSync(image, bytes);
    await tool("mkfs.ext4", ["-q", "-F", "-i", "4096", "-E", EAGER, image], abort);
    await tool("mount", ["-o", "loop", image, root], abort);
  } catch (error) {
    await unmount(root);
    throw error;
  } finally {
    rmSync(image, { force: true }); // the mount holds it open: its space goes when the mount goes, whatever happens to us
  }
  const description = `ext4 with a journal, ${bytes / GIB} GiB loop image in ${directory}`;
  return { root, description, [Symbol.asyncDispose]: () => unmount(root) };
}

/** Everything is written by mkfs, so that no kernel thread goes on writing inode tables while we measure. */
const EAGER = "lazy_itable_init=0,lazy_journal_init=0";

function temporaryDirectory(why: string): BenchFilesystem {
  const root = mkdtempSync(join(tmpdir(), "packsync-bench-"));
  return {
    root,
    description: `${mountOf(root)} (a temporary directory, ${why})`,
    [Symbol.asyncDispose]: async () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Only what is mounted is unmounted, lazily if something still looks at it. */
async function unmount(root: string): Promise<void> {
  const never = new AbortController().signal;
  if (isMountPoint(root)) {
    await tool("umount", [root], never).catch(() => tool("umount", ["--lazy", root], never));
  }
  rmSync(root, { recursive: true, force: true });
}

async function tool(program: string, args: readonly string[], abort: AbortSignal): Promise<void> {
  await run({ program, args, cwd: "/" }, abort);
}

/** Half as much again must stay free: the page cache holds what is in use a second time. */
function hasRoom(directory: string, bytes: number): boolean {
  if (!existsSync(directory)) return false;
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize >= bytes && freemem() >= bytes * 1.5;
}

function isMountPoint(path: string): boolean {
  return mounts().some(({ point }) => point === path);
}

/** E.g. `ext4 on /dev/vda without a journal`; proc_pid_mountinfo(5). */
function mountOf(path: string): string {
  const containing = mounts().filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`));
  const mount = containing.sort((a, b) => a.point.length - b.point.length).at(-1);
  if (mount === undefined) return "unknown file system";
  const { type, device } = mount;
  if (type !== "ext4") return `${type} on ${device}`;
  const isJournaled = existsSync(`/proc/fs/jbd2/${basename(device)}-8`);
  return `ext4 on ${device} ${isJournaled ? "with" : "WITHOUT"} a journal`;
}

function mounts(): readonly { readonly point: string; readonly type: string; readonly device: string }[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return lines.map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [type = "", device = ""] = after.split(" ");
    return { point: before.split(" ")[4] ?? "", type, device };
  });
}
