import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Parser, ReadEntry } from "tar";
import { isSystemError, PacksyncError } from "../errors.ts";
import { refused } from "./entry-path.ts";
import { downloadFailed, reasonOf } from "./failure.ts";
import type { UnpackedFile, Unpacking } from "./unpacking.ts";

/** Of what says more about an entry (a long name); in bytes. */
const MAX_META = 64 * 1024;
/** In bytes, of each header. */
const HEADER = 512;

/** Reads a tar to its end. Each entry is written while it is parsed, so nothing queues up. */
export async function unpackTar(
  archive: string,
  format: "tar" | "tar.gz",
  target: Unpacking,
  abort: AbortSignal,
): Promise<void> {
  const { Parser } = await import("tar");
  using sink = tarSink(target, Parser);
  const feed = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) sink.write(chunk);
  };
  try {
    const file = createReadStream(archive);
    if (format === "tar") await pipeline(file, feed, { signal: abort });
    else await pipeline(file, createGunzip(), feed, { signal: abort });
    sink.end();
  } catch (error) {
    abort.throwIfAborted();
    if (error instanceof PacksyncError || isSystemError(error)) throw error;
    throw downloadFailed(`Expected a whole ${format} archive, got ${reasonOf(error)}`, { cause: error });
  }
}

/** Disposing closes the file that was not read to its end. */
interface TarSink extends Disposable {
  write(chunk: Buffer): void;
  end(): void;
}

/** What is refused is thrown by the call that met it. */
function tarSink(target: Unpacking, TarParser: typeof Parser): TarSink {
  const entries = entriesInto(target);
  const parser = new TarParser({ strict: true, maxMetaEntrySize: MAX_META, onReadEntry: entries.receive });
  parser.on("error", entries.refuse);
  parser.on("ignoredEntry", (entry: ReadEntry) => entries.refuse(refused(entry.path, entryKind(entry))));
  let isOver = false;
  parser.on("eof", () => {
    isOver = true; // the parser would keep whatever comes
  });
  let head: Buffer | undefined = Buffer.alloc(0);
  const begin = (first: Buffer): void => {
    // What is compressed twice the parser would decompress by itself.
    if (first.toString("latin1", 257, 262) !== "ustar") throw new Error("something that is no tar");
    head = undefined;
    parser.write(first);
  };
  return {
    write(chunk) {
      target.count(chunk.length);
      if (isOver) return;
      if (head === undefined) parser.write(chunk);
      else head = Buffer.concat([head, chunk]);
      if (head !== undefined && head.length >= HEADER) begin(head);
      entries.check();
    },
    end() {
      if (head !== undefined) begin(head);
      parser.end();
      entries.check();
    },
    [Symbol.dispose]: entries.close,
  };
}

/** The parser calls from within events, where nothing may be thrown. */
function entriesInto(target: Unpacking) {
  let failure: unknown;
  let file: UnpackedFile | undefined;
  const close = (): void => {
    file?.[Symbol.dispose]();
    file = undefined;
  };
  const refuse = (error: unknown): void => {
    failure ??= error;
    close();
  };
  const guarded = (step: () => void): void => {
    if (failure !== undefined) return;
    try {
      step();
    } catch (error) {
      refuse(error);
    }
  };
  return {
    refuse,
    close,
    check(): void {
      if (failure !== undefined) throw failure;
    },
    receive(entry: ReadEntry): void {
      guarded(() => {
        file = begun(entry, target);
      });
      entry.on("data", (bytes: Buffer) => guarded(() => file?.append(bytes)));
      entry.on("end", close);
      entry.resume();
    },
  };
}

/** @returns nothing for a directory */
function begun(entry: ReadEntry, target: Unpacking): UnpackedFile | undefined {
  switch (entry.type) {
    case "Directory":
    case "GNUDumpDir":
      target.directory(entry.path);
      return undefined;
    case "File":
    case "OldFile":
    case "ContiguousFile":
      return target.file(entry.path, ((entry.mode ?? 0) & 0o111) === 0 ? "plain" : "executable");
    default:
      throw refused(entry.path, entryKind(entry));
  }
}

function entryKind({ type }: ReadEntry): string {
  switch (type) {
    case "Link":
    case "SymbolicLink":
      return "a link";
    case "CharacterDevice":
    case "BlockDevice":
      return "a device";
    default:
      return `an entry of type ${type}`;
  }
}
