import { createHash } from "node:crypto";
import type { ElfInfo } from "../../src/pack/elf.ts";
import type {
  FileEntry,
  LedgerFile,
  LiveFile,
  LiveSnapshot,
  Ownership,
  PackSnapshot,
} from "../../src/pack/snapshot.ts";
import type { Ledger } from "../../src/plan/plan.ts";
import type { PackPolicy, PathMemory } from "../../src/plan/preserve.ts";

export const policy: PackPolicy = { mode: "static-elf", arch: ["x86_64"], overrides: [], ref: "core" };

/** An ELF file's description; static for x86_64 unless said otherwise. */
export function elfInfo(about: Partial<ElfInfo> = {}): ElfInfo {
  return {
    class: 64,
    endian: "little",
    machine: "x86_64",
    type: "executable",
    static: true,
    needed: [],
    truncated: false,
    ...about,
  };
}

/** What a file holds: its digest is the content's name, and the name's beginning says what it is. */
export function entry(content: string, mode = content.includes("-elf") ? 0o755 : 0o644): FileEntry {
  const elf = elfOf(content);
  return { digest: content, size: content.length, mode, ...(elf && { elf }) };
}

function elfOf(content: string): ElfInfo | undefined {
  if (content.startsWith("static-elf")) return elfInfo();
  if (content.startsWith("dynamic-elf"))
    return elfInfo({ static: false, interpreter: "/lib64/ld-linux-x86-64.so.2", needed: ["libc.so.6"] });
  if (content.startsWith("foreign-arch-elf")) return elfInfo({ machine: "aarch64" });
  return undefined;
}

/** A file of the volume that stands at `path`. */
export function liveFile(
  path: string,
  content: string,
  ownership: Ownership = "ours",
  mode = entry(content).mode,
): LiveFile {
  return { ...entry(content, mode), ...identity(path, content), kind: "file", ownership };
}

export function liveLink(path: string, ownership: Ownership = "foreign"): LiveFile {
  return { ...identity(path, "link"), kind: "symlink", ownership, mode: 0o777 };
}

function identity(path: string, content: string) {
  return { inode: inodeOf(`${path}:${content}`), mtimeMs: 1_700_000_000_000, size: content.length };
}

/** Paths that end with `/` are directories; the directories above a path need not be listed. */
export function source(tree: Readonly<Record<string, FileEntry | "directory">>): PackSnapshot {
  const files = new Map(
    Object.entries(tree).flatMap(([path, value]) => (value === "directory" ? [] : [[path, value] as const])),
  );
  return { files, directories: directoriesOf(tree) };
}

export function live(tree: Readonly<Record<string, LiveFile | "directory">>): LiveSnapshot {
  const files = new Map(
    Object.entries(tree).flatMap(([path, value]) => (value === "directory" ? [] : [[path, value] as const])),
  );
  return { files, directories: directoriesOf(tree) };
}

/** What the last publish left. */
export function ledger(
  tree: Readonly<Record<string, string | "directory">>,
  memory: Record<string, PathMemory> = {},
): Ledger {
  const files = Object.entries(tree).flatMap(([path, content]): [string, LedgerFile][] =>
    content === "directory" ? [] : [[path, { ...entry(content), ...identity(path, content) }]],
  );
  return { files: Object.fromEntries(files), directories: directoriesOf(tree), memory };
}

function directoriesOf(tree: Readonly<Record<string, unknown>>): string[] {
  const directories = Object.entries(tree).flatMap(([path, value]) => {
    const parts = path.split("/");
    const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
    return value === "directory" ? [...above, path] : above;
  });
  return [...new Set(directories)].sort();
}

/** A number for each text. */
export function inodeOf(text: string): number {
  return Number.parseInt(createHash("sha256").update(text).digest("hex").slice(0, 12), 16);
}
