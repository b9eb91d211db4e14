import type { ByteSource } from "./elf.ts";

/** linux/limits.h; Linux refuses a longer `PT_INTERP` (fs/binfmt_elf.c, `load_elf_binary`). */
export const PATH_MAX = 4096;

interface Format {
  readonly class: 32 | 64;
  readonly endian: "little" | "big";
}

/** The tables of an ELF file, as they are; `isComplete`: no program header and no dynamic entry went unread. */
export interface ElfImage extends Format {
  readonly source: ByteSource;
  readonly header: Header;
  readonly segments: readonly Segment[];
  readonly dynamic: readonly DynamicEntry[];
  readonly isComplete: boolean;
}

/** `size` in bytes; `type` is `e_type`, `machine` is `e_machine`. */
interface Header {
  readonly size: number;
  readonly type: number;
  readonly machine: number;
  readonly segments: Table;
  readonly sections: Table;
}

interface Table {
  readonly offset: number;
  readonly entrySize: number;
  readonly count: number;
}

/** One program header: `size` bytes at `offset` in the file belong at `address` in memory. */
export interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

interface DynamicEntry {
  readonly tag: number;
  readonly value: number;
}

/** Numbers by their offset; a `word` is as long as the class says, and inexact only where no file is that long. */
interface Fields {
  u16(at: number): number;
  u32(at: number): number;
  word(at: number): number;
}

/**
 * Reads the tables of a file that has the ELF magic.
 *
 * Fields as in the gABI (System V ABI): "ELF Header", "Section Header Table", "Program Header", "Dynamic Section".
 */
export function readElf(source: ByteSource, ident: Uint8Array): ElfImage {
  const format: Format = { class: ident[4] === 2 ? 64 : 32, endian: ident[5] === 2 ? "big" : "little" };
  const file = { source, ...format };
  const header = readHeader(file, ident);
  const segments = readSegments(file, header.segments);
  const dynamic = segments && readDynamic(file, segments);
  return { ...file, header, segments: segments ?? [], dynamic: dynamic ?? [], isComplete: dynamic !== undefined };
}

/** @returns `undefined` unless all `length` bytes are there. */
export function readFields(file: OpenFile, offset: number, length: number): Fields | undefined {
  if (offset + length > file.source.size) return undefined;
  const bytes = file.source.read(offset, length);
  return bytes.length === length ? fields(bytes, file) : undefined;
}

/** @returns `undefined` unless the string ends, with NUL, within `limit` bytes. */
export function readString(source: ByteSource, offset: number, limit: number): string | undefined {
  if (offset >= source.size) return undefined;
  const bytes = source.read(offset, Math.min(limit, source.size - offset));
  const end = bytes.indexOf(0);
  return end === -1 ? undefined : new TextDecoder().decode(bytes.subarray(0, end));
}

interface OpenFile extends Format {
  readonly source: ByteSource;
}

/** Linux runs no file with more (fs/binfmt_elf.c, `load_elf_phdrs`), so nothing is lost by not reading more. */
const MAX_PROGRAM_HEADERS_BYTES = 65_536;
/** Ours: real dynamic sections have some 30 entries and one for each library. */
const MAX_DYNAMIC_BYTES = 65_536;

const ET_NONE = 0;
const PT_DYNAMIC = 2;
const DT_NULL = 0;
/** An `e_phnum` that does not fit; the number is in `sh_info` of section 0 then. */
const PN_XNUM = 0xffff;

/** Sizes and offsets in bytes; at `counts` are `e_phentsize`, `e_phnum`, `e_shentsize` and `e_shnum`, 2 bytes each. */
const LAYOUTS = {
  32: {
    header: { size: 52, segments: 28, sections: 32, counts: 42 },
    segment: { size: 32, offset: 4, address: 8, fileSize: 16 },
    section: { size: 40, sectionSize: 20, info: 28 },
    dynamic: { size: 8, value: 4 },
  },
  64: {
    header: { size: 64, segments: 32, sections: 40, counts: 54 },
    segment: { size: 56, offset: 8, address: 16, fileSize: 32 },
    section: { size: 64, sectionSize: 32, info: 44 },
    dynamic: { size: 16, value: 8 },
  },
} as const;

/** A header cut short is filled up with zeros: what is there may still tell type and machine. */
function readHeader(file: OpenFile, ident: Uint8Array): Header {
  const { size, segments, sections, counts } = LAYOUTS[file.class].header;
  const bytes = new Uint8Array(size);
  bytes.set(file.source.read(0, size));
  const header = fields(bytes, file);
  return {
    size,
    type: isKnownFormat(ident) ? header.u16(16) : ET_NONE,
    machine: header.u16(18),
    ...withExtendedCounts(
      file,
      { offset: header.word(segments), entrySize: header.u16(counts), count: header.u16(counts + 2) },
      { offset: header.word(sections), entrySize: header.u16(counts + 4), count: header.u16(counts + 6) },
    ),
  };
}

function isKnownFormat(ident: Uint8Array): boolean {
  return (ident[4] === 1 || ident[4] === 2) && (ident[5] === 1 || ident[5] === 2);
}

/** Counts too large for the header are in section 0 (gABI, "ELF Header": `e_phnum`, `e_shnum`). */
function withExtendedCounts(file: OpenFile, segments: Table, sections: Table): Pick<Header, "segments" | "sections"> {
  if (sections.offset === 0) return { segments, sections: { ...sections, count: 0 } };
  if (segments.count !== PN_XNUM && sections.count !== 0) return { segments, sections };

  const { size, sectionSize, info } = LAYOUTS[file.class].section;
  const first = readFields(file, sections.offset, size);
  if (!first) return { segments, sections: { ...sections, entrySize: size, count: Math.max(sections.count, 1) } };
  return {
    segments: { ...segments, count: segments.count === PN_XNUM ? first.u32(info) : segments.count },
    sections: { ...sections, count: sections.count === 0 ? first.word(sectionSize) : sections.count },
  };
}

/** @returns `undefined` when Linux would not take the table either, or not all of it is there. */
function readSegments(file: OpenFile, { offset, entrySize, count }: Table): readonly Segment[] | undefined {
  const layout = LAYOUTS[file.class].segment;
  const length = count * layout.size;
  if (count === 0) return [];
  if (entrySize !== layout.size || length > MAX_PROGRAM_HEADERS_BYTES) return undefined;

  const table = readFields(file, offset, length);
  return (
    table &&
    entryOffsets(length, layout.size).map((at) => ({
      type: table.u32(at),
      offset: table.word(at + layout.offset),
      address: table.word(at + layout.address),
      size: table.word(at + layout.fileSize),
    }))
  );
}

/** @returns the entries before `DT_NULL`, or `undefined` when not all of them are there. */
function readDynamic(file: OpenFile, segments: readonly Segment[]): readonly DynamicEntry[] | undefined {
  const layout = LAYOUTS[file.class].dynamic;
  const [segment, another] = segments.filter(({ type }) => type === PT_DYNAMIC);
  if (!segment) return [];
  if (another || segment.size > MAX_DYNAMIC_BYTES) return undefined; // of two, loaders differ in which one counts

  const table = readFields(file, segment.offset, segment.size);
  if (!table) return undefined;
  const entries = entryOffsets(segment.size, layout.size).map((at) => ({
    tag: table.word(at),
    value: table.word(at + layout.value),
  }));
  const end = entries.findIndex(({ tag }) => tag === DT_NULL);
  return end === -1 ? entries : entries.slice(0, end);
}

function entryOffsets(length: number, entrySize: number): number[] {
  return Array.from({ length: Math.floor(length / entrySize) }, (_, index) => index * entrySize);
}

function fields(bytes: Uint8Array, format: Format): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = format.endian === "little";
  return {
    u16: (at) => view.getUint16(at, little),
    u32: (at) => view.getUint32(at, little),
    word: (at) => (format.class === 64 ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little)),
  };
}
