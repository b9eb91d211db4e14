import { closeSync, constants, openSync, readSync } from "node:fs";
import { type ByteSource, bytesSource, type ElfInfo, isElf, parseElf } from "../pack/elf.ts";
import type { FileEntry } from "../pack/snapshot.ts";
import { fsPath } from "../platform/names.ts";
import { sha256, sha256Stream } from "../platform/sha256.ts";
import type { WalkedFile } from "./walk.ts";

/** Where the bytes of a changed file go while they are read: the staging tree, or nowhere when only planning. */
export interface Sink {
  /** `bytes` is only valid during the call. */
  write(path: string, mode: number, bytes: Uint8Array): void;
  /** The same for a file that does not fit the buffer: called for each piece in turn. */
  begin(path: string, mode: number): { append(bytes: Uint8Array): void; end(): void };
}

/** Files up to this size are read in one call, into one buffer that is used again and again. */
const WHOLE_BYTES = 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(WHOLE_BYTES + 1);

/** What to open, and what a look at it said. */
type Readable = Pick<WalkedFile, "path" | "real" | "size" | "executable">;

/** One file read once. `bytes` (files up to 1 MiB) is only valid until the next read. */
export interface ReadFile {
  readonly entry: FileEntry;
  readonly bytes: Uint8Array | undefined;
  /** An ELF executable (no library) or a script that the source forgot to make executable; the release repairs it. */
  readonly madeExecutable: boolean;
}

/**
 * Reads a file a single time: the same bytes are hashed, handed to `sink`, and returned for parsing.
 *
 * A file that grows or shrinks meanwhile gives whatever was read, but never grows for ever; the scan's second walk notices.
 *
 * @throws the system's error when it cannot be opened: ELOOP when it became a symlink since the walk.
 */
export function readOnce(file: Readable, sink: Sink | undefined): ReadFile {
  const fd = openSync(fsPath(file.real), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const length = fill(fd, 0, file.size);
    const head = buffer.subarray(0, length);
    const isWhole = length <= WHOLE_BYTES;
    const elf = isElf(head) ? parseElf(isWhole ? bytesSource(head) : fileSource(fd, file.size)) : undefined;
    const executable = file.executable || elf?.type === "executable" || isScript(head);
    const mode = executable ? 0o755 : 0o644;
    const madeExecutable = executable && !file.executable;
    if (!isWhole) return { ...readPieces(fd, file, mode, elf, sink), madeExecutable };
    sink?.write(file.path, mode, head);
    return { entry: entryOf(sha256(head), length, mode, elf), bytes: head, madeExecutable };
  } finally {
    closeSync(fd);
  }
}

/** The same for what is to be parsed: `bytes` are all of it, and the caller's to keep. */
export function readWhole(file: Readable, sink: Sink | undefined): ReadFile & { readonly bytes: Uint8Array } {
  const pieces: Uint8Array[] = [];
  const read = readOnce(file, {
    write: (path, mode, bytes) => sink?.write(path, mode, bytes),
    begin(path, mode) {
      const output = sink?.begin(path, mode);
      const append = (bytes: Uint8Array): void => {
        pieces.push(new Uint8Array(bytes));
        output?.append(bytes);
      };
      return { append, end: () => output?.end() };
    },
  });
  return { ...read, bytes: read.bytes === undefined ? Buffer.concat(pieces) : new Uint8Array(read.bytes) };
}

function readPieces(fd: number, file: Readable, mode: number, elf: ElfInfo | undefined, sink: Sink | undefined) {
  const digest = sha256Stream();
  const output = sink?.begin(file.path, mode);
  let size = 0;
  try {
    for (let length = fill(fd, 0, file.size); length > 0 && size <= file.size; length = fill(fd, size, file.size)) {
      const piece = buffer.subarray(0, length);
      digest.update(piece);
      output?.append(piece);
      size += length;
    }
  } finally {
    output?.end();
  }
  return { entry: entryOf(digest.digest("hex"), size, mode, elf), bytes: undefined };
}

function entryOf(digest: string, size: number, mode: number, elf: ElfInfo | undefined): FileEntry {
  return elf === undefined ? { digest, size, mode } : { digest, size, mode, elf };
}

function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21; // #!
}

/** Fills the shared buffer from `position`, until it is full, the file ends, or `expected` bytes of it were read. */
function fill(fd: number, position: number, expected: number): number {
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, position + filled);
    filled += count;
    if (count === 0 || position + filled >= expected) break;
  }
  return filled;
}

function fileSource(fd: number, size: number): ByteSource {
  return {
    size,
    read(offset, length) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
    },
  };
}
