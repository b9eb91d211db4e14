import { createHash, randomBytes } from "node:crypto";
import { symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readOnce, readWhole } from "../../src/scan/read.ts";
import { elfFile } from "../support/elf.ts";
import { memorySink } from "../support/sink.ts";
import { scratch } from "../support/trees.ts";

const MIB = 1024 * 1024;

function readBytes(bytes: Uint8Array, about: { readonly executable?: boolean; readonly size?: number } = {}) {
  using directory = scratch();
  const real = `${directory.path}/file`;
  writeFileSync(real, bytes);
  const sink = memorySink();
  const file = {
    path: "a/file",
    real,
    size: about.size ?? bytes.length,
    executable: about.executable ?? false,
    name: "",
  };
  const read = readOnce(file, sink);
  return {
    ...read,
    bytes: read.bytes && Buffer.from(read.bytes),
    written: sink.files.get("a/file"),
    again: readOnce(file, undefined).entry,
  };
}

test.for([0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 2, 5 * MIB])(
  "reads %d bytes once: digest, sink and result agree",
  (size) => {
    const content = randomBytes(size);
    const { entry, bytes, written, again } = readBytes(content);
    expect(entry).toEqual({ digest: createHash("sha256").update(content).digest("hex"), size, mode: 0o644 });
    expect(again).toEqual(entry);
    expect(written?.mode).toBe(0o644);
    expect(written?.bytes.equals(content)).toBe(true);
    if (size <= MIB) expect(bytes?.equals(content)).toBe(true);
    else expect(bytes).toBeUndefined();
  },
);

test.for([0, 1, 100, MIB + 1])("reads all of a file that grew since it was looked at, when it had %d bytes", (size) => {
  const content = randomBytes(2 * MIB);
  const { entry, written } = readBytes(content, { size });
  expect(entry.size).toBe(written?.bytes.length);
  expect(entry.digest).toBe(
    createHash("sha256")
      .update(written?.bytes ?? "")
      .digest("hex"),
  );
  expect(entry.size, "so that the scan notices").not.toBe(size);
});

test.for([0, MIB, MIB + 1, 3 * MIB])("keeps all of %d bytes that are to be parsed", (size) => {
  using directory = scratch();
  const [path, real] = ["a", `${directory.path}/a`];
  const content = randomBytes(size);
  writeFileSync(real, content);
  const sink = memorySink();
  const { bytes, entry } = readWhole({ path, real, size, executable: false }, sink);
  readWhole({ path, real: "/dev/null", size: 0, executable: false }, undefined);
  expect(content.equals(bytes)).toBe(true);
  expect(sink.files.get(path)?.bytes.equals(content)).toBe(true);
  expect(entry.size).toBe(size);
});

test("does not follow a file that grows for ever", () => {
  const file = { path: "zero", real: "/dev/zero", size: 2 * MIB, executable: false };
  expect(readOnce(file, undefined).entry.size).toBeGreaterThan(file.size);
});

test("reads what is left of a file that shrank", () => {
  expect(readBytes(Buffer.from("abc"), { size: 3 * MIB }).entry.size).toBe(3);
});

describe("modes", () => {
  const script = Buffer.from("#!/bin/sh\n");
  test.for([
    { title: "text", bytes: Buffer.from("# !"), executable: false, mode: 0o644, madeExecutable: false },
    { title: "executable text", bytes: Buffer.from("x"), executable: true, mode: 0o755, madeExecutable: false },
    { title: "a script that is not executable", bytes: script, executable: false, mode: 0o755, madeExecutable: true },
    { title: "an executable script", bytes: script, executable: true, mode: 0o755, madeExecutable: false },
    { title: "an ELF executable", bytes: elfFile(), executable: false, mode: 0o755, madeExecutable: true },
    { title: "a shared library", bytes: elfOfType(3), executable: false, mode: 0o644, madeExecutable: false },
    { title: "an executable library", bytes: elfOfType(3), executable: true, mode: 0o755, madeExecutable: false },
    { title: "an object file", bytes: elfOfType(1), executable: false, mode: 0o644, madeExecutable: false },
    {
      title: "a large shared library",
      bytes: Buffer.concat([elfOfType(3), Buffer.alloc(2 * MIB)]),
      executable: false,
      mode: 0o644,
      madeExecutable: false,
    },
    {
      title: "a large script",
      bytes: Buffer.concat([script, Buffer.alloc(2 * MIB)]),
      executable: false,
      mode: 0o755,
      madeExecutable: true,
    },
    { title: "nothing", bytes: Buffer.alloc(0), executable: false, mode: 0o644, madeExecutable: false },
  ])("of $title", ({ bytes, executable, mode, madeExecutable }) => {
    const read = readBytes(bytes, { executable });
    expect(read.entry.mode).toBe(mode);
    expect(read.written?.mode).toBe(mode);
    expect(read.madeExecutable).toBe(madeExecutable);
  });
});

/** `e_type`: 1 is an object file, 3 a shared library as long as it has no interpreter. */
function elfOfType(type: number): Buffer {
  const bytes = Buffer.from(elfFile());
  bytes.writeUInt16LE(type, 16);
  return bytes;
}

test.for([
  { title: "small", bytes: elfFile() },
  { title: "large", bytes: Buffer.concat([elfFile(), Buffer.alloc(3 * MIB)]) },
])("looks into a $title ELF file", ({ bytes }) => {
  expect(readBytes(bytes).entry.elf).toMatchObject({ machine: "x86_64", static: true, truncated: false });
});

test("does not follow a symlink that took the file's place", () => {
  using directory = scratch();
  symlinkSync("/etc/passwd", `${directory.path}/link`);
  const file = { path: "link", real: `${directory.path}/link`, size: 1, executable: false, name: "link" };
  expect(() => readOnce(file, undefined)).toThrow(expect.objectContaining({ code: "ELOOP" }));
});
