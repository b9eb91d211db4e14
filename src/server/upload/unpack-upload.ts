import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { LIMITS } from "../../install/limits.ts";
import { findPackRoot, readPackIdentity } from "../../install/pack-root.ts";
import { unpack } from "../../install/unpack.ts";
import { unusable } from "../../platform/unusable.ts";

/** @returns the pack's directory, named as the pack is. @throws PacksyncError `DOWNLOAD_FAILED` for what is no pack */
export async function unpackUpload(archive: string, directory: string, abort: AbortSignal): Promise<string> {
  const unpacked = join(directory, "unpacked");
  await mkdir(unpacked);
  try {
    await unpack(archive, unpacked, LIMITS, abort);
  } catch (error) {
    throw unusable(`the directory for uploads ${directory}`, error);
  }
  const root = findPackRoot(unpacked);
  const { ref } = readPackIdentity(root);
  await mkdir(join(directory, "pack"));
  const path = join(directory, "pack", ref);
  await rename(root, path);
  return path;
}
