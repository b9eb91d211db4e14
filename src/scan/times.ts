import { statfsSync } from "node:fs";

/**
 * Local file systems on which a directory's times move with every entry that is added, removed or renamed; `f_type` of
 * statfs(2), from linux/magic.h. On all others (network, FUSE, what a desktop mounts into its VM) directories are listed.
 */
const RELIABLE: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
]);

const answers = new Map<string, boolean>();

/** Whether a source's directories need not be listed to know that they hold what they held; asked once for each source. */
export function keepsDirectoryTimes(path: string): boolean {
  let answer = answers.get(path);
  if (answer === undefined) {
    answer = RELIABLE.has(statfsSync(path).type);
    answers.set(path, answer);
  }
  return answer;
}
