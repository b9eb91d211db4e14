/** The machines that packs are built for, as `pack/elf.ts` names them: mostly what `uname -m` says. */
export const MACHINES: readonly string[] = [
  "x86_64",
  "aarch64",
  "arm",
  "i386",
  "loongarch64",
  "ppc64le",
  "riscv64",
  "s390x",
];

/** What Docker (`amd64`), Node (`process.arch`) and `uname -m` (`armv7l`) call them otherwise. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["amd64", "x86_64"],
  ["x64", "x86_64"],
  ["arm64", "aarch64"],
  ["armv7l", "arm"],
  ["386", "i386"],
  ["i686", "i386"],
  ["ia32", "i386"],
  ["loong64", "loongarch64"],
  ["ppc64", "ppc64le"],
]);

/** A machine by its one name; one that is unknown stays what it is. */
export function machine(name: string): string {
  return ALIASES.get(name) ?? name;
}
