import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type ByteSource, bytesSource, type ElfInfo, isElf, parseElf } from "../../src/pack/elf.ts";

const isStrict = process.env["PACKSYNC_TEST_STRICT"] === "1";
const directory = mkdtempSync(join(tmpdir(), "packsync-elf-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const source = join(directory, "hello.c");
writeFileSync(source, 'int puts(const char *text);\nint main(void) { return puts("hello"); }\n');

/** A test that needs `tools`: without one it says so and is skipped, or fails when the run is strict. */
function testWith(tools: readonly string[], title: string, run: () => void): void {
  const missing = tools.filter((tool) => !hasTool(tool)).join(", ");
  if (missing === "") {
    test(title, run);
  } else if (isStrict) {
    test(title, () => expect.fail(`Expected \`${missing}\` on the PATH, for PACKSYNC_TEST_STRICT=1`));
  } else {
    process.stderr.write(`SKIPPED for want of ${missing}: ${title}\n`);
    test.skip(title, run);
  }
}

function hasTool(tool: string): boolean {
  try {
    execFileSync(tool, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Compiles the source once for each command line; returns the path of the result. */
function build(compiler: string, options: readonly string[]): string {
  const key = [compiler, ...options].join(" ");
  const output = built.get(key) ?? join(directory, `binary-${built.size}`);
  if (!built.has(key)) execFileSync(compiler, [...options, "-o", output, source], { stdio: "pipe" });
  built.set(key, output);
  return output;
}

const built = new Map<string, string>();

function parse(bytes: Uint8Array): ElfInfo {
  const info = parseElf(bytesSource(bytes));
  if (!info) throw new Error("Expected the bytes to start with the ELF magic");
  return info;
}

const host = parse(readFileSync(process.execPath)).machine;
const anyGlibc = expect.stringMatching(/^2\.\d+(\.\d+)?$/);
const little64 = { class: 64, endian: "little", truncated: false };
const standalone = { ...little64, type: "executable", static: true, needed: [] };
const dynamic = { ...little64, type: "executable", static: false, needed: ["libc.so.6"], glibc: anyGlibc };

/** Debian's cross compilers come without headers and start files unless libc6-dev-*-cross is there; nothing is run here. */
const withoutStart = ["-nostdlib", "-Wl,-e,main"];

const binaries = [
  {
    compiler: "gcc",
    options: ["-pie", "-fPIE"],
    expected: { ...dynamic, machine: host, interpreter: expect.stringMatching(/^\/lib.*ld-linux/) },
  },
  {
    compiler: "gcc",
    options: ["-no-pie"],
    expected: { ...dynamic, machine: host, interpreter: expect.stringMatching(/^\/lib.*ld-linux/) },
  },
  { compiler: "gcc", options: ["-static"], expected: { ...standalone, machine: host } },
  { compiler: "gcc", options: ["-static-pie", "-fPIE"], expected: { ...standalone, machine: host } },
  {
    compiler: "gcc",
    options: ["-shared", "-fPIC"],
    expected: { ...dynamic, machine: host, type: "shared-object" },
  },
  {
    compiler: "gcc",
    options: ["-shared", "-fPIC", "-nostdlib"],
    expected: { ...little64, machine: host, type: "shared-object", static: false, needed: [] },
  },
  {
    compiler: "gcc",
    options: ["-c"],
    expected: { ...little64, machine: host, type: "object", static: false, needed: [] },
  },
  { compiler: "musl-gcc", options: ["-static"], expected: { ...standalone, machine: host } },
  {
    compiler: "aarch64-linux-gnu-gcc",
    options: [...withoutStart, "-Wl,--no-as-needed", "-l:libc.so.6"],
    expected: { ...dynamic, machine: "aarch64", interpreter: "/lib/ld-linux-aarch64.so.1" },
  },
  {
    compiler: "aarch64-linux-gnu-gcc",
    options: [...withoutStart, "-static", "-Wl,--unresolved-symbols=ignore-all"],
    expected: { ...standalone, machine: "aarch64" },
  },
];

describe("real binaries", () => {
  for (const { compiler, options, expected } of binaries) {
    const command = [compiler, ...options].join(" ");

    testWith([compiler], `tells what \`${command}\` builds`, () => {
      expect(parse(readFileSync(build(compiler, options)))).toEqual(expected);
    });

    testWith([compiler], `tells it of what \`${command}\` builds, stripped`, () => {
      expect(parse(readFileSync(build(compiler, [...options, "-s"])))).toEqual(expected);
    });

    testWith([compiler], `calls every beginning of what \`${command}\` builds truncated, and never static`, () => {
      const bytes = readFileSync(build(compiler, options));
      fc.assert(
        fc.property(
          fc.oneof(fc.integer({ min: 4, max: 4096 }), fc.integer({ min: 4, max: bytes.length - 1 })),
          (size) => {
            fc.pre(size < bytes.length);
            expect(parse(bytes.subarray(0, size))).toMatchObject({ truncated: true, static: false });
          },
        ),
      );
    });

    testWith([compiler], `survives mutations of what \`${command}\` builds`, () => {
      const bytes = readFileSync(build(compiler, options));
      fc.assert(
        fc.property(anyMutations(bytes.length), (mutations) => {
          const mutated = new Uint8Array(bytes);
          for (const { at, value } of mutations) mutated.set(value.subarray(0, mutated.length - at), at);
          expectBounded(mutated);
        }),
        { numRuns: 300 },
      );
    });
  }

  testWith(["gcc", "readelf"], "agrees with readelf on interpreter, libraries and versions", () => {
    const path = build("gcc", []);
    const listing = execFileSync("readelf", ["--wide", "-d", "-l", "-V", path], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    const found = (pattern: RegExp) => [...listing.matchAll(pattern)].map(([, name]) => name);

    const { interpreter, needed, glibc } = parse(readFileSync(path));
    expect([interpreter]).toEqual(found(/program interpreter: ([^\]]+)\]/g));
    expect(needed).toEqual(found(/\(NEEDED\).*\[([^\]]+)\]/g));
    expect(found(/Name: GLIBC_([\d.]+) /g)).toContain(glibc);
  });
});

/** Random bytes at random places, most of them in the headers, where they hurt. */
function anyMutations(size: number) {
  return fc.array(
    fc.record({
      at: fc.oneof(
        fc.integer({ min: 4, max: Math.min(1024, size) - 1 }),
        fc.integer({ min: Math.max(0, size - 4096), max: size - 1 }),
        fc.integer({ min: 0, max: size - 1 }),
      ),
      value: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(new Uint8Array(8).fill(0xff))),
    }),
    { minLength: 1, maxLength: 12 },
  );
}

/** Work is bounded by what is read, which unlike time is the same on every machine. */
function expectBounded(bytes: Uint8Array): ElfInfo | undefined {
  const { counted, reads } = countReads(bytesSource(bytes));
  const info = parseElf(counted);
  expect(reads.count).toBeLessThan(40_000);
  expect(reads.bytes).toBeLessThan(3 * 1024 * 1024);
  return info;
}

function countReads(inner: ByteSource) {
  const reads = { count: 0, bytes: 0 };
  const read = (offset: number, length: number): Uint8Array => {
    expect(Number.isSafeInteger(offset) && offset >= 0 && offset <= inner.size).toBe(true);
    reads.count += 1;
    reads.bytes += length;
    return inner.read(offset, length);
  };
  return { counted: { size: inner.size, read }, reads };
}

interface HandMade {
  readonly class?: 32 | 64;
  readonly endian?: "little" | "big";
  readonly type?: number;
  readonly machine?: number;
  readonly segments?: readonly HandMadeSegment[];
  readonly patch?: (view: DataView, isLittle: boolean) => void;
  readonly size?: number;
}

interface HandMadeSegment {
  readonly type: number;
  readonly offset: number;
  readonly address?: number;
  readonly size: number;
}

/** A file of `size` bytes: the header, behind it the program headers, and what `patch` writes. */
function handMade(parts: HandMade): Uint8Array {
  const { class: bits = 64, endian = "little", type = 2, machine = 62, segments = [], size = 0x1000 } = parts;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const little = endian === "little";
  const is64 = bits === 64;
  const word = (at: number, value: number) =>
    is64 ? view.setBigUint64(at, BigInt(value), little) : view.setUint32(at, value, little);
  const header = is64 ? 64 : 52;
  const entry = is64 ? 56 : 32;

  bytes.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, little ? 1 : 2, 1]);
  view.setUint16(16, type, little);
  view.setUint16(18, machine, little);
  word(is64 ? 32 : 28, segments.length > 0 ? header : 0);
  view.setUint16(is64 ? 54 : 42, entry, little);
  view.setUint16(is64 ? 56 : 44, segments.length, little);
  for (const [index, segment] of segments.entries()) {
    const at = header + index * entry;
    view.setUint32(at, segment.type, little);
    word(at + (is64 ? 8 : 4), segment.offset);
    word(at + (is64 ? 16 : 8), segment.address ?? 0);
    word(at + (is64 ? 32 : 16), segment.size);
  }
  parts.patch?.(view, little);
  return bytes;
}

const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];

/** Writes dynamic entries of a 64-bit little-endian file. */
function writeDynamic(view: DataView, at: number, entries: readonly (readonly [tag: number, value: number])[]): void {
  for (const [index, [tag, value]] of entries.entries()) {
    view.setBigUint64(at + index * 16, BigInt(tag), true);
    view.setBigUint64(at + index * 16 + 8, BigInt(value), true);
  }
}

function writeText(view: DataView, at: number, text: string): void {
  new TextEncoder().encodeInto(text, new Uint8Array(view.buffer, at));
}

describe("hand-made headers", () => {
  test.for([
    { machine: 3, class: 32, endian: "little", name: "i386" },
    { machine: 40, class: 32, endian: "little", name: "arm" },
    { machine: 20, class: 32, endian: "big", name: "ppc" },
    { machine: 21, class: 64, endian: "big", name: "ppc64" },
    { machine: 21, class: 64, endian: "little", name: "ppc64le" },
    { machine: 22, class: 64, endian: "big", name: "s390x" },
    { machine: 62, class: 64, endian: "little", name: "x86_64" },
    { machine: 183, class: 64, endian: "little", name: "aarch64" },
    { machine: 243, class: 64, endian: "little", name: "riscv64" },
    { machine: 243, class: 32, endian: "little", name: "riscv32" },
    { machine: 258, class: 64, endian: "little", name: "loongarch64" },
    { machine: 8, class: 32, endian: "big", name: "mips" },
    { machine: 62, class: 32, endian: "little", name: "x32" },
    { machine: 183, class: 64, endian: "big", name: "aarch64_be" },
    { machine: 183, class: 32, endian: "little", name: "aarch64_ilp32" },
    { machine: 22, class: 32, endian: "big", name: "s390" },
    { machine: 8, class: 64, endian: "little", name: "mips64" },
    { machine: 0xbeef, class: 64, endian: "little", name: "machine-48879" },
  ] as const)("calls machine $machine, $class bits, $endian endian `$name`", ({ name, ...parts }) => {
    expect(parse(handMade(parts))).toEqual({
      class: parts.class,
      endian: parts.endian,
      machine: name,
      type: "executable",
      static: true,
      needed: [],
      truncated: false,
    });
  });

  test.for([
    { type: 0, name: "other" },
    { type: 1, name: "object" },
    { type: 2, name: "executable" },
    { type: 3, name: "shared-object" },
    { type: 4, name: "core" },
    { type: 0xfe00, name: "other" },
  ])("calls type $type `$name`", ({ type, name }) => {
    expect(parse(handMade({ type }))).toMatchObject({ type: name, static: name === "executable" });
  });

  test("reads the interpreter of a 32-bit big-endian executable", () => {
    const bytes = handMade({
      class: 32,
      endian: "big",
      machine: 20,
      segments: [{ type: PT_INTERP, offset: 0x200, size: 13 }],
      patch: (view) => writeText(view, 0x200, "/lib/ld.so.1\0"),
    });
    expect(parse(bytes)).toMatchObject({ interpreter: "/lib/ld.so.1", static: false, truncated: false });
  });

  test("finds libraries and the highest of the glibc versions behind virtual addresses", () => {
    expect(parse(libraryUser())).toMatchObject({
      type: "executable",
      static: false,
      needed: ["libm.so.6", "libc.so.6"],
      glibc: "2.17",
    });
  });

  test.for([
    { versions: ["GLIBC_2.2.5", "GLIBC_ABI_DT_RELR"], glibc: "2.36" },
    { versions: ["GLIBC_ABI_DT_RELR", "GLIBC_2.38"], glibc: "2.38" },
    { versions: ["GLIBC_2.3.4", "GLIBC_2.3"], glibc: "2.3.4" },
    { versions: ["GLIBC_PRIVATE", "GLIBCXX_3.4.29"], glibc: undefined },
  ])("takes $versions for glibc $glibc", ({ versions, glibc }) => {
    expect(parse(libraryUser(versions)).glibc).toBe(glibc);
  });

  test("does not call an executable static whose library has no readable name", () => {
    const bytes = handMade({
      segments: [{ type: PT_DYNAMIC, offset: 0x300, size: 32 }],
      patch: (view) => writeDynamic(view, 0x300, [[1, 7]]),
    });
    expect(parse(bytes)).toMatchObject({ needed: [], static: false });
  });

  test("does not call an executable static that has two dynamic sections: loaders differ in which one counts", () => {
    const bytes = handMade({
      segments: [
        { type: PT_DYNAMIC, offset: 0x300, size: 32 },
        { type: PT_DYNAMIC, offset: 0x400, size: 32 },
      ],
      patch: (view) => writeDynamic(view, 0x400, [[1, 7]]),
    });
    expect(parse(bytes)).toMatchObject({ static: false, truncated: false });
  });

  test("ignores dynamic entries behind the end mark", () => {
    const bytes = handMade({
      segments: [{ type: PT_DYNAMIC, offset: 0x300, size: 32 }],
      patch: (view) =>
        writeDynamic(view, 0x300, [
          [0, 0],
          [1, 7],
        ]),
    });
    expect(parse(bytes)).toMatchObject({ static: true });
  });

  test("omits an interpreter that does not end, and still does not call the executable static", () => {
    const bytes = handMade({
      segments: [{ type: PT_INTERP, offset: 0x200, size: 4 }],
      patch: (view) => writeText(view, 0x200, "/lib"),
    });
    expect(parse(bytes)).not.toHaveProperty("interpreter");
    expect(parse(bytes)).toMatchObject({ static: false });
  });

  test.for([
    { title: "more program headers than Linux reads", at: 56, value: 2000 },
    { title: "program headers of another size", at: 54, value: 57 },
  ])("does not call an executable static that has $title", ({ at, value }) => {
    const bytes = handMade({
      size: 0x20000,
      segments: [{ type: PT_LOAD, offset: 0, size: 64 }],
      patch: (view) => view.setUint16(at, value, true),
    });
    expect(parse(bytes)).toMatchObject({ static: false, truncated: false });
  });

  test.for([
    { title: "a class", at: 4 },
    { title: "a byte order", at: 5 },
  ])("makes nothing of $title that does not exist", ({ at }) => {
    const bytes = handMade({ patch: (view) => view.setUint8(at, 3) });
    expect(parse(bytes)).toMatchObject({ type: "other", static: false });
  });
});

/** `ET_DYN` with `DF_1_PIE`; file offset + 0x10000 = address; one `Verneed` with one `Vernaux` for each version. */
function libraryUser(versions = ["GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_PRIVATE"]): Uint8Array {
  const strings = `\0libm.so.6\0libc.so.6\0${versions.join("\0")}\0`;
  const index = (name: string) => strings.indexOf(name);
  return handMade({
    type: 3,
    segments: [
      { type: PT_LOAD, offset: 0, address: 0x10000, size: 0x1000 },
      { type: PT_DYNAMIC, offset: 0x300, address: 0x10300, size: 0x100 },
    ],
    patch: (view) => {
      writeText(view, 0x400, strings);
      writeDynamic(view, 0x300, [
        [1, index("libm.so.6")],
        [1, index("libc.so.6")],
        [5, 0x10400],
        [0x6ffffffe, 0x10500],
        [0x6ffffffb, 0x08000000],
      ]);
      writeVersions(view, 0x500, versions.map(index));
    },
  });
}

function writeVersions(view: DataView, at: number, names: readonly number[]): void {
  view.setUint32(at + 8, 16, true);
  for (const [index, name] of names.entries()) {
    view.setUint32(at + 16 + index * 16 + 8, name, true);
    view.setUint32(at + 16 + index * 16 + 12, index + 1 < names.length ? 16 : 0, true);
  }
}

describe("truncation", () => {
  test("leaves a cut header's type and machine readable", () => {
    expect(parse(handMade({}).subarray(0, 20))).toMatchObject({
      type: "executable",
      machine: "x86_64",
      truncated: true,
      static: false,
    });
  });

  test.for([
    {
      title: "a segment that ends with the file",
      segment: { type: PT_LOAD, offset: 0x800, size: 0x800 },
      truncated: false,
    },
    {
      title: "a segment that ends one byte later",
      segment: { type: PT_LOAD, offset: 0x800, size: 0x801 },
      truncated: true,
    },
    { title: "a segment without bytes", segment: { type: PT_LOAD, offset: 0x9000, size: 0 }, truncated: false },
    { title: "an unused segment", segment: { type: 0, offset: 0x9000, size: 1 }, truncated: false },
  ])("$title: $truncated", ({ segment, truncated }) => {
    expect(parse(handMade({ segments: [segment] }))).toMatchObject({ truncated, static: !truncated });
  });

  test.for([
    { title: "ends with the file", offset: 0x1000 - 2 * 64, count: 2, truncated: false },
    { title: "ends one byte later", offset: 0x1000 - 2 * 64 + 1, count: 2, truncated: true },
    { title: "has its count in section 0", offset: 0x800, count: 0, firstSize: 32, truncated: false },
    { title: "has a count too large in section 0", offset: 0x800, count: 0, firstSize: 33, truncated: true },
    { title: "has its count in a section 0 past the end", offset: 0xfff, count: 0, truncated: true },
  ])("a section header table that $title: $truncated", ({ offset, count, firstSize, truncated }) => {
    const bytes = handMade({
      patch: (view) => {
        view.setBigUint64(40, BigInt(offset), true);
        view.setUint16(58, 64, true);
        view.setUint16(60, count, true);
        if (firstSize !== undefined) view.setBigUint64(offset + 32, BigInt(firstSize), true);
      },
    });
    expect(parse(bytes)).toMatchObject({ truncated });
  });

  test("a program header table past the end", () => {
    const bytes = handMade({ patch: (view) => view.setUint16(56, 200, true) });
    expect(parse(bytes)).toMatchObject({ truncated: true, static: false });
  });

  test("does not call a file static that shrinks while it is read", () => {
    const bytes = handMade({ segments: [{ type: PT_LOAD, offset: 0, size: 64 }] });
    const shrinking = {
      size: bytes.length,
      read: (offset: number, length: number) => bytes.subarray(offset, Math.min(offset + length, 100)),
    };
    expect(parseElf(shrinking)).toMatchObject({ static: false });
  });
});

describe("hostile bytes", () => {
  test("are no ELF without the magic", () => {
    expect(parseElf(bytesSource(new Uint8Array()))).toBeUndefined();
    expect(parseElf(bytesSource(new TextEncoder().encode("#!/bin/sh\n")))).toBeUndefined();
    expect(isElf(Uint8Array.of(0x7f, 0x45, 0x4c))).toBe(false);
    expect(isElf(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46))).toBe(true);
  });

  test("of any kind never throw and are read within bounds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(expectBounded(bytes) !== undefined).toBe(isElf(bytes));
      }),
    );
  });

  test("behind a plausible start never throw and are read within bounds", () => {
    const anyStart = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(anyStart, fc.uint8Array({ maxLength: 2048 }), ([elfClass, data], rest) => {
        expectBounded(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, elfClass, data, 1, ...rest));
      }),
      { numRuns: 1000 },
    );
  });

  test("that ask for as many names as they can are read within bounds", () => {
    const size = 0x40000;
    const bytes = handMade({
      size,
      segments: [
        { type: PT_LOAD, offset: 0, size },
        { type: PT_DYNAMIC, offset: 0x300, size: 0x10000 },
      ],
      patch: (view) => {
        const library = [1, 0] as const;
        const tables = [
          [5, 0x20000],
          [0x6ffffffe, 0x30000],
        ] as const;
        writeDynamic(view, 0x300, [...tables, ...Array.from({ length: 4094 }, () => library)]);
        new Uint8Array(view.buffer, 0x20000, 0x10000).fill(0x61);
        // Records 4 bytes apart, each field of which is 4 too.
        for (let at = 0x30008; at < size - 4; at += 4) view.setUint32(at, 4, true);
      },
    });
    expect(expectBounded(bytes)).toMatchObject({ static: false });
  });
});
