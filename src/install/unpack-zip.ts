import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { isSystemError, PacksyncError } from "../errors.ts";
import { refused } from "./entry-path.ts";
import { downloadFailed, reasonOf } from "./failure.ts";
import type { ExecuteBit, Unpacking } from "./unpacking.ts";

/** Reads a zip by its directory, as the specification wants; each file's CRC is compared. */
export async function unpackZip(archive: string, target: Unpacking, abort: AbortSignal): Promise<void> {
  const { openPromise } = await import("yauzl");
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(archive, { autoClose: false, strictFileNames: true, validateEntrySizes: true });
    for await (const entry of zip.eachEntry()) {
      abort.throwIfAborted();
      await receive(zip, entry, target, abort);
    }
  } catch (error) {
    abort.throwIfAborted();
    if (error instanceof PacksyncError || isSystemError(error)) throw error;
    throw downloadFailed(`Expected a whole zip archive, got ${reasonOf(error)}`, { cause: error });
  } finally {
    zip?.close();
  }
}

async function receive(zip: ZipFile, entry: Entry, target: Unpacking, abort: AbortSignal): Promise<void> {
  const kind = kindOf(entry);
  switch (kind) {
    case "directory":
      target.directory(entry.fileName);
      return;
    case "executable":
    case "plain":
      return await receiveFile(zip, entry, target, kind, abort);
    case "other":
      throw refused(entry.fileName, "a link or a device");
    default:
      kind satisfies never;
  }
}

async function receiveFile(
  zip: ZipFile,
  entry: Entry,
  target: Unpacking,
  executable: ExecuteBit,
  abort: AbortSignal,
): Promise<void> {
  using file = target.file(entry.fileName, executable);
  if (!entry.canDecodeFileData()) throw refused(entry.fileName, "an encrypted file, or one of an unknown compression");
  let checksum = 0;
  for await (const bytes of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    abort.throwIfAborted();
    checksum = crc32(bytes, checksum);
    target.count(bytes.length);
    file.append(bytes);
  }
  if (checksum !== entry.crc32) throw refused(entry.fileName, "a file with a wrong checksum");
}

const UNIX = 3;
const MACOS = 19;
const TYPE = 0o170000;

/** Only on Unix an entry has a type; elsewhere a slash at its end makes it a directory. */
function kindOf({ fileName, versionMadeBy, externalFileAttributes }: Entry) {
  const system = versionMadeBy >>> 8;
  const mode = system === UNIX || system === MACOS ? externalFileAttributes >>> 16 : 0;
  const type = mode & TYPE;
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return "other";
  if (fileName.endsWith("/")) return "directory";
  if (type === 0o040000) return "other";
  return (mode & 0o111) === 0 ? "plain" : "executable";
}
