import { between, type Random } from "../random.ts";

interface Machine {
  /** `e_machine` of elf(5). */
  readonly id: number;
  /** `exit(0)` in machine code, so that the file really runs. */
  readonly exit: readonly number[];
}

const X86_64: Machine = { id: 62, exit: [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05] };
const AARCH64: Machine = { id: 183, exit: [0xa8, 0x0b, 0x80, 0xd2, 0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4] };

const BASE = 0x400000n;
const EHDR_BYTES = 64;
const PHDR_BYTES = 56;
const CODE_AT = EHDR_BYTES + PHDR_BYTES;

/**
 * A small static executable of 100–300 KB for this machine that ends at once with 0: ELF header, one program header
 * (`PT_LOAD`; no `PT_INTERP`, so static), code, and noise for the rest. Layout: elf(5).
 */
export function staticElf(random: Random): Buffer {
  const machine = process.arch === "arm64" ? AARCH64 : X86_64;
  const image = Buffer.alloc(between(random, 100_000, 300_000));
  writeHeader(image, machine.id);
  writeLoadSegment(image);
  image.set(machine.exit, CODE_AT);
  for (let at = 4_096; at + 4 <= image.length; at += 4) image.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return image;
}

function writeHeader(image: Buffer, machine: number): void {
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], 0); // magic, 64 bit, little endian, version 1, System V
  image.writeUInt16LE(2, 16); // e_type: ET_EXEC
  image.writeUInt16LE(machine, 18);
  image.writeUInt32LE(1, 20); // e_version
  image.writeBigUInt64LE(BASE + BigInt(CODE_AT), 24); // e_entry
  image.writeBigUInt64LE(BigInt(EHDR_BYTES), 32); // e_phoff
  image.writeUInt16LE(EHDR_BYTES, 52);
  image.writeUInt16LE(PHDR_BYTES, 54);
  image.writeUInt16LE(1, 56); // e_phnum
  image.writeUInt16LE(64, 58); // e_shentsize
}

function writeLoadSegment(image: Buffer): void {
  const size = BigInt(image.length);
  image.writeUInt32LE(1, EHDR_BYTES); // PT_LOAD
  image.writeUInt32LE(5, EHDR_BYTES + 4); // readable, executable
  image.writeBigUInt64LE(BASE, EHDR_BYTES + 16);
  image.writeBigUInt64LE(BASE, EHDR_BYTES + 24);
  image.writeBigUInt64LE(size, EHDR_BYTES + 32);
  image.writeBigUInt64LE(size, EHDR_BYTES + 40);
  image.writeBigUInt64LE(0x1000n, EHDR_BYTES + 48);
}
