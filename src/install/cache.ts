import { createHash, randomUUID } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { lstatIfAny } from "../platform/absence.ts";
import { type Checksum, checksumOf } from "./checksum.ts";

/** What was said about a URL when it was fetched. */
const Remembered = z.object({
  etag: z.string().optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  checkedAt: z.number(),
});
export interface Remembered {
  readonly etag?: string | undefined;
  readonly sha256: string;
  readonly checkedAt: number;
}

/**
 * Downloads by their content: `<algorithm>/<hex>`, and what is known of URLs: `urls/<sha256 of the URL>.json`.
 *
 * Several processes may use one. Whoever takes something gets a copy of its own that was verified after it was made, so
 * nothing that happens in the cache meanwhile, nor a broken disk, can get into a pack.
 */
export interface DownloadCache {
  /** Copies to `file`, where nothing is. @returns whether it was there, and whole */
  take(checksum: Checksum, file: string, now: number): Promise<boolean>;
  /** Keeps a copy; what was used longest ago leaves until all are within the limit. */
  put(file: string, checksum: Checksum, now: number): void;
  remembered(url: string): Remembered | undefined;
  remember(url: string, remembered: Remembered): void;
}

export function openCache(directory: string, limitBytes: number): DownloadCache {
  const at = ({ algorithm, hex }: Checksum): string => join(directory, algorithm, hex);
  const note = (url: string): string =>
    join(directory, "urls", `${createHash("sha256").update(url).digest("hex")}.json`);
  return {
    async take(checksum, file, now) {
      const kept = at(checksum);
      if (lstatIfAny(kept)?.isFile() !== true) return false;
      copyFileSync(kept, file);
      if ((await checksumOf(file, checksum.algorithm)).hex === checksum.hex) {
        touch(kept, now);
        return true;
      }
      rmSync(file);
      rmSync(kept, { force: true });
      return false;
    },
    put(file, checksum, now) {
      if (statSync(file).size > limitBytes) return;
      replace(at(checksum), (temporary) => copyFileSync(file, temporary));
      touch(at(checksum), now);
      evict(directory, limitBytes);
    },
    remembered(url) {
      if (lstatIfAny(note(url)) === undefined) return undefined;
      try {
        return Remembered.parse(JSON.parse(readFileSync(note(url), "utf8")));
      } catch {
        return undefined; // as good as not there
      }
    },
    remember(url, remembered) {
      replace(note(url), (temporary) => writeFileSync(temporary, JSON.stringify(remembered)));
    },
  };
}

/** Whole or not at all, for whoever reads beside it. */
function replace(path: string, write: (temporary: string) => void): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    write(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The time of last use. */
function touch(path: string, now: number): void {
  try {
    utimesSync(path, now / 1000, now / 1000);
  } catch {} // somebody else evicted it
}

function evict(directory: string, limitBytes: number): void {
  const kept = (["sha256", "sha512"] as const)
    .flatMap((algorithm) => filesIn(join(directory, algorithm)))
    .sort((a, b) => b.usedAt - a.usedAt);
  let bytes = 0;
  for (const { path, size } of kept) {
    bytes += size;
    if (bytes > limitBytes) rmSync(path, { force: true });
  }
}

function filesIn(directory: string) {
  if (lstatIfAny(directory) === undefined) return [];
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    const stats = lstatIfAny(path);
    return stats === undefined ? [] : [{ path, size: stats.size, usedAt: stats.mtimeMs }];
  });
}
