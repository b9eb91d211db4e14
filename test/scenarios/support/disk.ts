import { execFileSync } from "node:child_process";
import { lstatSync } from "node:fs";
import { mount } from "./machine.ts";
import type { Story } from "./story.ts";

/** An ext4 file system of a story's own, mounted at `path`. */
export interface Disk {
  unmount(): void;
  /** `notAs`: until it has another device number than that. */
  mount(about?: { readonly notAs?: number }): void;
  /** While it is not mounted: what the kernel lets nobody do. */
  setCtime(path: string, ctimeNs: bigint): void;
}

export function ext4(story: Story, path: string): Disk {
  const image = story.at(`${path}.ext4`);
  execFileSync("truncate", ["-s", "32M", image]);
  execFileSync("mkfs.ext4", ["-q", "-I", "256", image]);
  const disk = {
    unmount: () => execFileSync("umount", [story.at(path)]),
    mount({ notAs }: { readonly notAs?: number } = {}) {
      mount(story, path, "-o", "loop", image);
      if (lstatSync(story.at(path)).dev !== notAs) return;
      disk.unmount();
      occupyLoopDevice(story);
      disk.mount();
    },
    setCtime(file: string, ctimeNs: bigint) {
      const [seconds, nanoseconds] = [ctimeNs / 1_000_000_000n, ctimeNs % 1_000_000_000n];
      for (const field of [`ctime @${seconds}`, `ctime_extra ${nanoseconds << 2n}`])
        execFileSync("debugfs", ["-w", "-R", `set_inode_field /${file} ${field}`, image], { stdio: "ignore" });
    },
  };
  disk.mount();
  return disk;
}

/** Who mounts next gets another one. */
function occupyLoopDevice(story: Story): void {
  const image = story.at("other.img");
  execFileSync("truncate", ["-s", "1M", image]);
  const device = execFileSync("losetup", ["--find", "--show", image], { encoding: "utf8" }).trim();
  story.defer(() => execFileSync("losetup", ["--detach", device]));
}
