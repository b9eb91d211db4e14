import { describe, expect, test } from "vitest";
import { checkBinary } from "../../src/pack/binaries.ts";
import { bytesSource, type ElfInfo, parseElf } from "../../src/pack/elf.ts";
import { elfFile } from "../support/elf.ts";
import { across } from "../support/whole-pack.ts";

const STATIC: ElfInfo = {
  class: 64,
  endian: "little",
  machine: "x86_64",
  type: "executable",
  static: true,
  needed: [],
  truncated: false,
};
const DYNAMIC: ElfInfo = {
  ...STATIC,
  static: false,
  interpreter: "/lib64/ld-linux-x86-64.so.2",
  needed: ["libc.so.6"],
  glibc: "2.34",
};

describe("a binary that an action starts", () => {
  test.for([
    { title: "static, for any machine", elf: STATIC, arch: [], codes: [] },
    { title: "static, for a wanted machine", elf: STATIC, arch: ["aarch64", "x86_64"], codes: [] },
    { title: "static, for another machine", elf: STATIC, arch: ["aarch64"], codes: ["binary.other_machine"] },
    { title: "dynamic", elf: DYNAMIC, arch: ["x86_64"], codes: ["binary.dynamic"] },
    {
      title: "dynamic, for another machine",
      elf: DYNAMIC,
      arch: ["arm"],
      codes: ["binary.other_machine", "binary.dynamic"],
    },
    { title: "cut short", elf: { ...DYNAMIC, truncated: true }, arch: ["arm"], codes: ["binary.truncated"] },
    { title: "a library", elf: { ...DYNAMIC, type: "shared-object" }, arch: [], codes: ["binary.no_program"] },
  ] as const)("$title", ({ elf, arch, codes }) => {
    expect(checkBinary({ file: "sensors/x", elf, arch }).map(({ code }) => code)).toEqual(codes);
  });

  test.for([
    {
      title: "glibc's loader",
      elf: DYNAMIC,
      words: ["`/lib64/ld-linux-x86-64.so.2`", "Alpine", "glibc 2.34", "build it static"],
    },
    {
      title: "musl's loader",
      elf: { ...DYNAMIC, interpreter: "/lib/ld-musl-x86_64.so.1", glibc: undefined },
      words: ["Debian", "build it static"],
    },
    {
      title: "libraries alone",
      elf: { ...DYNAMIC, interpreter: undefined },
      words: ["`libc.so.6`", "build it static"],
    },
  ])("says that it needs $title", ({ elf, words }) => {
    const { interpreter, glibc, ...rest } = elf;
    const known = { ...rest, ...(interpreter && { interpreter }), ...(glibc && { glibc }) };
    const [finding] = checkBinary({ file: "sensors/x", elf: known, arch: [] });
    for (const word of words) expect(finding?.message).toContain(word);
  });

  test("is looked at where a definition starts it, and nowhere else", () => {
    const elf = parseElf(bytesSource(elfFile({ interpreter: true })));
    if (elf === undefined) throw new Error("Expected an ELF file");
    const sensor = { "sensors/s.yaml": "ref: demo.s\nentry_point: timer\n" };
    expect(across({ ...sensor, "sensors/timer": elf })).toEqual(["warning binary.dynamic sensors/timer"]);
    expect(across({ ...sensor, "sensors/timer": STATIC, "lib/tool": elf })).toEqual([]);
  });
});
