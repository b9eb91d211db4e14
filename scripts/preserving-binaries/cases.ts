import type { ElfInfo } from "../../src/pack/elf.ts";
import type { FileEntry, LiveFile, Ownership } from "../../src/pack/snapshot.ts";
import { decideFile } from "../../src/plan/decide.ts";
import type { Change } from "../../src/plan/plan.ts";
import type { PackPolicy, PathMemory, PreserveMode } from "../../src/plan/preserve.ts";

/** What may stand on one side of a path, as the page calls it. */
export const KINDS = {
  static: "static for `x86_64`",
  aarch64: "static for `aarch64`",
  riscv64: "static for `riscv64`",
  dynamic: "dynamic executable",
  library: "shared library",
  object: "object file",
  other: "other ELF file",
  script: "no ELF file",
} as const;

export type Kind = keyof typeof KINDS;

/** What changed since the last sync; `first`: the last sync knew nothing of this path. */
export type Changed = "nothing" | "source" | "volume" | "both" | "first";

export const CHANGED: readonly Changed[] = ["nothing", "source", "volume", "both", "first"];

/** One combination. `source` is `undefined` where the source has no such file. */
export interface Combination {
  readonly mode: PreserveMode;
  readonly whose: Ownership;
  readonly volume: Kind;
  readonly source: Kind | undefined;
  readonly changed: Changed;
  readonly wasReplaced: boolean;
}

export const PACK = "core";
export const PATH = "sensors/timer";

/** What the program decides. */
export function decide(combination: Combination): Change | "keep" {
  const { mode, whose, volume, source } = combination;
  const policy: PackPolicy = { mode, arch: ["x86_64"], overrides: [], ref: PACK };
  const prev: LiveFile = { ...fileOf(volume, "volume"), kind: "file", ownership: whose, inode: 1, mtimeMs: 1 };
  const common = { path: PATH, prev, memory: memoryOf(combination) };
  return source === undefined
    ? decideFile({ ...common, next: undefined, isTaken: false }, policy)
    : decideFile({ ...common, next: fileOf(source, "source") }, policy);
}

function memoryOf({ changed, wasReplaced, volume, source }: Combination): PathMemory {
  const seen = (side: "volume" | "source", kind: Kind | undefined) =>
    changed === side || changed === "both" || kind === undefined ? "another file" : digestOf(kind, side);
  const both = { source: seen("source", source), volume: seen("volume", volume) };
  return { ...(changed !== "first" && both), ...(wasReplaced && { replaced: [digestOf(volume, "volume")] }) };
}

function fileOf(kind: Kind, side: "volume" | "source"): FileEntry {
  const base = { digest: digestOf(kind, side), size: 1, mode: 0o755 };
  return kind === "script" ? base : { ...base, elf: { ...ELF, ...ELF_OF[kind] } };
}

function digestOf(kind: Kind, side: "volume" | "source"): string {
  return `${kind} of the ${side}`;
}

const ELF: ElfInfo = {
  class: 64,
  endian: "little",
  machine: "x86_64",
  type: "executable",
  static: false,
  needed: [],
  truncated: false,
};

const ELF_OF: Readonly<Record<Exclude<Kind, "script">, Partial<ElfInfo>>> = {
  static: { static: true },
  aarch64: { static: true, machine: "aarch64" },
  riscv64: { static: true, machine: "riscv64" },
  dynamic: { interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6"], glibc: "2.34" },
  library: { type: "shared-object" },
  object: { type: "object" },
  other: { type: "other" },
};
