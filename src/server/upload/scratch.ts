import { lstatSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSystemError, PacksyncError } from "../../errors.ts";
import { listNames } from "../../platform/names.ts";
import { sha256 } from "../../platform/sha256.ts";
import { removeTree } from "../../publish/directories.ts";

/** Where uploads stand until they are registered. */
export interface UploadSpace {
  /** A new empty directory that only this user may enter; disposing removes it. */
  make(): Promise<UploadDirectory>;
}

export interface UploadDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * What an earlier server left there, that was killed, is removed. Call it under the server's lock.
 *
 * @param stateDir tells the servers of a machine apart
 * @throws PacksyncError `VOLUME_UNUSABLE` where somebody else made the directory: he could exchange what is in it
 */
export function openUploadSpace(stateDir: string): UploadSpace {
  const uid = process.geteuid?.() ?? 0;
  const root = join(tmpdir(), `packsync-uploads-${uid}-${sha256(stateDir).slice(0, 16)}`);
  makeRoot(root);
  const stats = lstatSync(root);
  if (!stats.isDirectory() || stats.uid !== uid || (stats.mode & 0o077) !== 0) throw foreign(root);
  for (const name of listNames(root)) removeTree(join(root, name));
  return {
    async make() {
      const path = await mkdtemp(join(root, "upload-"));
      return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
    },
  };
}

function makeRoot(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new PacksyncError("VOLUME_UNUSABLE", `Cannot make a directory for uploads: ${error.message}.`, {
      hint: "Make /tmp writable (a tmpfs is enough), or name another directory by TMPDIR.",
      cause: error,
    });
  }
}

function foreign(root: string): PacksyncError {
  return new PacksyncError("VOLUME_UNUSABLE", `Expected ${root} to be a directory of ours alone, got another one.`, {
    hint: "Remove it.",
  });
}
