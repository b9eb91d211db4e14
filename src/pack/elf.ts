import { type ElfImage, PATH_MAX, readElf, readFields, readString, type Segment } from "./elf-reader.ts";

/** Random access to a file's bytes: `read` returns up to `length` bytes at `offset`, fewer at the end. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/**
 * What an ELF file is, and what it needs to run.
 *
 * `machine` is in `uname -m` terms (`x86_64`, `aarch64`), else `machine-<e_machine>`; `interpreter` is `PT_INTERP`,
 * `needed` are the `DT_NEEDED` names, `glibc` is the highest `GLIBC_x.y` version asked for (`2.34`). An executable is
 * `ET_EXEC`, or `ET_DYN` with `PT_INTERP` or `DF_1_PIE`. `static`: an executable that is `ET_EXEC` or has `DF_1_PIE`,
 * without `PT_INTERP` and `DT_NEEDED`, and only if everything that could say otherwise was read. `truncated`: the
 * header, one of the header tables, or a segment reaches past the end of the file.
 */
export interface ElfInfo {
  readonly class: 32 | 64;
  readonly endian: "little" | "big";
  readonly machine: string;
  readonly type: "executable" | "shared-object" | "object" | "core" | "other";
  readonly static: boolean;
  readonly interpreter?: string;
  readonly needed: readonly string[];
  readonly glibc?: string;
  readonly truncated: boolean;
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** Whether a file starts with the ELF magic, `7f 45 4c 46` (gABI, "ELF Identification"). */
export function isElf(head: Uint8Array): boolean {
  return head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c && head[3] === 0x46;
}

/**
 * Reads headers and names, never contents: some KiB of a usual file, a few MiB of the most hostile one.
 *
 * @returns `undefined` without the magic. Does not throw, whatever the bytes: what cannot be read is left out.
 */
export function parseElf(source: ByteSource): ElfInfo | undefined {
  const ident = source.read(0, 16);
  if (!isElf(ident)) return undefined;

  const elf = readElf(source, ident);
  const program = elf.segments.find(({ type }) => type === PT_INTERP);
  const type = fileType(elf, program);
  const truncated = isTruncated(elf);
  const standsAlone = !program && !elf.dynamic.some(({ tag }) => tag === DT_NEEDED);

  const interpreter = program && readString(source, program.offset, Math.min(program.size, PATH_MAX));
  const glibc = highestGlibc(versionNeeds(elf));
  return {
    class: elf.class,
    endian: elf.endian,
    machine: machineName(elf),
    type,
    static: type === "executable" && standsAlone && elf.isComplete && !truncated,
    ...(interpreter !== undefined && { interpreter }),
    needed: neededNames(elf),
    ...(glibc !== undefined && { glibc }),
    truncated,
  };
}

const [PT_NULL, PT_LOAD, PT_INTERP] = [0, 1, 3];
const [DT_NEEDED, DT_STRTAB, DT_FLAGS_1, DT_VERNEED] = [1, 5, 0x6ffffffb, 0x6ffffffe];
/**
 * The tags from the range for the operating system, as glibc's elf/elf.h has them; the linker sets the flag with `-pie`,
 * and it alone tells a static PIE from a library.
 */
const DF_1_PIE = 0x08000000;

// Bounds of our own, far above what linkers write.
const MAX_NEEDED = 256;
const MAX_VERSION_RECORDS = 128;
const MAX_VERSION_NAME = 32;

function fileType({ header, dynamic }: ElfImage, program: Segment | undefined): ElfInfo["type"] {
  switch (header.type) {
    case 1:
      return "object";
    case 2:
      return "executable";
    case 3: {
      const isPie = dynamic.some(({ tag, value }) => tag === DT_FLAGS_1 && (value & DF_1_PIE) !== 0);
      return program || isPie ? "executable" : "shared-object";
    }
    case 4:
      return "core";
    default:
      return "other";
  }
}

/** A segment without bytes in the file (`.bss`) may point anywhere; the fields of `PT_NULL` mean nothing. */
function isTruncated({ source, header, segments }: ElfImage): boolean {
  const tables = [header.segments, header.sections].filter(({ count }) => count > 0);
  const ranges = [
    { offset: 0, size: header.size },
    ...tables.map(({ offset, entrySize, count }) => ({ offset, size: entrySize * count })),
    ...segments.filter(({ type, size }) => type !== PT_NULL && size > 0),
  ];
  return ranges.some(({ offset, size }) => offset + size > source.size);
}

/** `e_machine` (gABI, "ELF Header", and the registry it refers to) as `uname -m` has it on Linux. */
function machineName({ header, class: bits, endian }: ElfImage): string {
  switch (header.machine) {
    case 3:
      return "i386";
    case 8:
      return bits === 64 ? "mips64" : "mips";
    case 20:
      return "ppc";
    case 21:
      return endian === "little" ? "ppc64le" : "ppc64";
    case 22:
      return bits === 64 ? "s390x" : "s390";
    case 40:
      return "arm";
    case 62:
      return bits === 64 ? "x86_64" : "x32"; // ELFCLASS32: the ILP32 programming model (x86-64 psABI, "Object Files")
    case 183:
      if (bits === 32) return "aarch64_ilp32"; // AAELF64, "ELF Header": ELFCLASS32 is ILP32
      return endian === "little" ? "aarch64" : "aarch64_be";
    case 243:
      return `riscv${bits}`;
    case 258:
      return `loongarch${bits}`;
    default:
      return `machine-${header.machine}`;
  }
}

function neededNames(elf: ElfImage): readonly string[] {
  const needed = elf.dynamic.filter(({ tag }) => tag === DT_NEEDED).slice(0, MAX_NEEDED);
  return dynamicStrings(
    elf,
    needed.map(({ value }) => value),
    PATH_MAX,
  );
}

/** The names of all versions that the file needs of its libraries (LSB Core, "Symbol Versioning", `Elfxx_Vernaux`). */
function versionNeeds(elf: ElfImage): readonly string[] {
  const start = dynamicOffset(elf, DT_VERNEED);
  if (start === undefined) return [];
  const versions = versionRecords(elf, start).flatMap(({ offset, first }) => versionRecords(elf, offset + first));
  return dynamicStrings(
    elf,
    versions.map(({ first }) => first),
    MAX_VERSION_NAME,
  );
}

/**
 * A chain of `Verneed` or `Vernaux` records. Both have 16 bytes, at 8 what we want (`vn_aux`, `vna_name`) and at 12 the
 * distance to the next one, 0 at the end. Like glibc (elf/dl-version.c) this ignores the counts; it only goes forward.
 */
function versionRecords(elf: ElfImage, start: number): readonly { readonly offset: number; readonly first: number }[] {
  const records = [];
  for (let offset = start; records.length < MAX_VERSION_RECORDS; ) {
    const record = readFields(elf, offset, 16);
    if (!record) break;
    records.push({ offset, first: record.u32(8) });
    const distance = record.u32(12);
    if (distance === 0) break;
    offset += distance;
  }
  return records;
}

/** What `-z pack-relative-relocs` asks for by a name of its own; glibc has it since 2.36 (its NEWS, "DT_RELR"). */
const RELATIVE_RELOCATIONS = "GLIBC_ABI_DT_RELR";

function highestGlibc(versions: readonly string[]): string | undefined {
  return versions
    .map((name) => (name === RELATIVE_RELOCATIONS ? "2.36" : /^GLIBC_(\d+\.\d+(?:\.\d+)?)$/.exec(name)?.[1]))
    .filter((version) => version !== undefined)
    .reduce<string | undefined>((best, next) => (best && compareVersions(best, next) >= 0 ? best : next), undefined);
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The strings at `indexes` of the dynamic string table, without those that cannot be read. */
function dynamicStrings(elf: ElfImage, indexes: readonly number[], limit: number): readonly string[] {
  const table = dynamicOffset(elf, DT_STRTAB);
  if (table === undefined) return [];
  return indexes.map((index) => readString(elf.source, table + index, limit)).filter((name) => name !== undefined);
}

/** Where in the file the address of a dynamic entry is (gABI, "Dynamic Section": `d_ptr` is a virtual address). */
function dynamicOffset({ segments, dynamic }: ElfImage, wanted: number): number | undefined {
  const address = dynamic.find(({ tag }) => tag === wanted)?.value;
  if (address === undefined) return undefined;
  const segment = segments.find(
    (load) => load.type === PT_LOAD && address >= load.address && address < load.address + load.size,
  );
  return segment && segment.offset + (address - segment.address);
}
