import { crc32, deflateRawSync, gzipSync } from "node:zlib";

/** An entry as somebody wrote it into an archive: nothing about it is checked. */
export interface ArchiveEntry {
  readonly name: string;
  readonly content?: Uint8Array | string;
  readonly mode?: number;
  /** As tar has it: `0` a file, `5` a directory, `1` and `2` links, `3` and `4` devices, `6` a FIFO. */
  readonly type?: string;
  readonly link?: string;
  /** What the archive says about the content's size, if that is a lie. */
  readonly claims?: number;
}

/** A tar, byte by byte; names that are too long for a header get one of their own, as GNU tar does it. */
export function tarOf(entries: readonly ArchiveEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(1024)]);
}

export function tarGzOf(entries: readonly ArchiveEntry[]): Buffer {
  return gzipSync(tarOf(entries), { level: 1 });
}

function tarEntry(entry: ArchiveEntry): Buffer[] {
  const name = Buffer.from(entry.name);
  const long = name.length <= 100 ? [] : tarEntry({ name: "././@LongLink", type: "L", content: `${entry.name}\0` });
  const content = Buffer.from(entry.content ?? "");
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return [...long, header(entry, name.subarray(0, 100), content.length), content, padding];
}

function header({ mode = 0o644, type = "0", link = "", claims }: ArchiveEntry, name: Buffer, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  name.copy(block);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(claims ?? size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link.slice(0, 100), 157);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

/** A zip, byte by byte, as Unix writes it. */
export function zipOf(entries: readonly ArchiveEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = zipEntry(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const ZIP_TYPES: Readonly<Record<string, number>> = { "0": 0o100000, "2": 0o120000, "3": 0o020000, "5": 0o040000 };
const UTF8_NAME = 0x800;
const DEFLATED = 8;

function zipEntry({ name, content = "", mode = 0o644, type = "0", link, claims }: ArchiveEntry, offset: number) {
  const bytes = Buffer.from(link ?? content);
  const packed = deflateRawSync(bytes, { level: 1 });
  const label = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(UTF8_NAME, 2);
  common.writeUInt16LE(DEFLATED, 4);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(claims ?? bytes.length, 18);
  common.writeUInt16LE(label.length, 22);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((((ZIP_TYPES[type] ?? 0o010000) | mode) << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([Buffer.from("PK\x03\x04"), common, label, packed]),
    central: Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.of(20, 3), common, rest, label]),
  };
}
