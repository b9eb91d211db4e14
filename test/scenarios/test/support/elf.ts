/** The smallest ELF file that says what it is: 64 bit, little endian, a static executable unless `interpreter` is set. */
export function elfFile({ machine = 62, interpreter = false, padding = "" } = {}): Uint8Array {
  const bytes = Buffer.alloc(64 + 56 + 16);
  bytes.write("\u007fELF", 0, "latin1");
  bytes.set([2, 1, 1], 4);
  bytes.writeUInt16LE(2, 16); // ET_EXEC
  bytes.writeUInt16LE(machine, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(64n, 32); // program headers follow
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(interpreter ? 3 : 1, 64); // PT_INTERP or PT_LOAD
  bytes.writeBigUInt64LE(120n, 64 + 8);
  bytes.writeBigUInt64LE(16n, 64 + 32);
  bytes.write("/lib/ld.so\0", 120, "latin1");
  return Buffer.concat([bytes, Buffer.from(padding)]);
}
