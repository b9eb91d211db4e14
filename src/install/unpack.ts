import { closeSync, openSync, readSync, statSync } from "node:fs";
import { downloadFailed } from "./failure.ts";
import type { Limits } from "./limits.ts";
import { unpackTar } from "./unpack-tar.ts";
import { unpackZip } from "./unpack-zip.ts";
import { unpacking } from "./unpacking.ts";

/**
 * Unpacks an archive into an empty directory: tar, tar.gz or zip. The bytes say which, not the name: codeload's URLs have no ending.
 *
 * Only files and directories; modes become 0644, or 0755 where somebody may execute.
 *
 * @throws PacksyncError `DOWNLOAD_FAILED` for anything else in it, and for what is too large; part of it may be in `into` then
 */
export async function unpack(archive: string, into: string, limits: Limits, abort: AbortSignal): Promise<void> {
  const format = formatOf(archive);
  const target = unpacking(into, statSync(archive).size, limits);
  switch (format) {
    case "zip":
      return await unpackZip(archive, target, abort);
    case "tar":
    case "tar.gz":
      return await unpackTar(archive, format, target, abort);
    case undefined:
      throw downloadFailed("Expected an archive (tar.gz, tar or zip), got something else");
    default:
      format satisfies never;
  }
}

type Format = "zip" | "tar" | "tar.gz";

function formatOf(archive: string): Format | undefined {
  const head = headOf(archive);
  if (head.readUInt16BE(0) === 0x1f8b) return "tar.gz";
  if (["PK\x03\x04", "PK\x05\x06"].includes(head.toString("latin1", 0, 4))) return "zip";
  return head.toString("latin1", 257, 262) === "ustar" ? "tar" : undefined;
}

function headOf(archive: string): Buffer {
  const head = Buffer.alloc(512);
  const fd = openSync(archive, "r");
  try {
    readSync(fd, head);
    return head;
  } finally {
    closeSync(fd);
  }
}
