import type { ElfInfo } from "../pack/elf.ts";
import type { FileEntry, LiveFile } from "../pack/snapshot.ts";
import type { Change } from "./plan.ts";
import { modeOf, type PackPolicy, type PathMemory, type PreserveReason } from "./preserve.ts";

/** What source and volume have at one path. */
export type Meeting = {
  readonly path: string;
  readonly memory: PathMemory;
} & (
  | { readonly next: FileEntry; readonly prev: LiveFile | undefined }
  | {
      readonly next: undefined;
      readonly prev: LiveFile;
      /** The source needs the path for a directory, or one of its parents for a file. */
      readonly isTaken: boolean;
    }
);

/**
 * What becomes of one path: guarantee 3 (ARCHITECTURE §3) as one function; `docs/preserving-binaries.md` is its table.
 *
 * An ELF file of the volume gets out of the way only for what is better, or for what it was made from. Everything else
 * follows the source. Time stamps decide nothing.
 */
export function decideFile(meeting: Meeting, policy: PackPolicy): Change | "keep" {
  const { path, prev, next } = meeting;
  if (next === undefined) return leaving(meeting, policy);
  if (prev === undefined) return { kind: "add", path, next };
  const isSame = prev.kind === "file" && prev.digest === next.digest;
  if (isSame && prev.mode === next.mode) return "keep";
  const why = isSame || !isElfFile(prev) ? undefined : preserveReason(path, prev, next, meeting.memory, policy);
  if (why !== undefined) return { kind: "preserve", path, prev, why, next };
  return { kind: "replace", path, prev, next, displaces: !isSame && prev.ownership !== "ours" };
}

/** Whether a file of the volume is a binary that packsync may not displace for what merely needs its place. */
export function isForeignBinary(path: string, file: LiveFile, policy: PackPolicy): boolean {
  return isElfFile(file) && file.ownership !== "ours" && modeOf(policy, path) !== "off";
}

export function isElfFile(file: LiveFile): file is ElfFile {
  return file.elf !== undefined;
}

type ElfFile = LiveFile & { readonly elf: ElfInfo };

/** Only the volume has something there. What is ours leaves with its source, whatever it is. */
function leaving({ path, prev, isTaken }: Extract<Meeting, { next: undefined }>, policy: PackPolicy): Change {
  if (prev.ownership === "ours") return { kind: "remove", path, prev, displaces: false };
  const isLeftOfOurs = prev.ownership === "drifted" && !isForeignBinary(path, prev, policy);
  return isLeftOfOurs || isTaken ? { kind: "remove", path, prev, displaces: true } : { kind: "carry", path, prev };
}

/** @returns why the volume's ELF file stays, or `undefined` when the source's file takes its place. */
function preserveReason(
  path: string,
  live: ElfFile,
  next: FileEntry,
  memory: PathMemory,
  policy: PackPolicy,
): PreserveReason | undefined {
  const mode = modeOf(policy, path);
  switch (mode) {
    case "off":
      return undefined;
    case "always":
      return "volume-always-wins";
    case "static-elf": {
      const isOurs = live.ownership === "ours" || wasReplaced(live, memory);
      return isOurs ? againstOurs(live.elf, next.elf, policy) : againstTheirs(live, next, memory, policy);
    }
    default:
      return mode satisfies never;
  }
}

/** Somebody puts it there again and again: it has no more rights than a file of ours. */
function wasReplaced({ digest }: LiveFile, { replaced = [] }: PathMemory): boolean {
  return digest !== undefined && replaced.includes(digest);
}

/** It follows its source like any file, but a static one is never replaced by a lesser build. */
function againstOurs(live: ElfInfo, next: ElfInfo | undefined, { arch }: PackPolicy): PreserveReason | undefined {
  return live.static && next !== undefined ? lesserBuild(next, [...arch, live.machine]) : undefined;
}

/** Only a static executable for a wanted architecture may take its place. */
function againstTheirs(
  live: ElfFile,
  next: FileEntry,
  memory: PathMemory,
  { arch }: PackPolicy,
): PreserveReason | undefined {
  if (next.elf === undefined) return "source-not-a-binary";
  const isLiveWanted = lesserBuild(live.elf, arch) === undefined;
  return lesserBuild(next.elf, arch) ?? (isLiveWanted ? olderClaim(live, next, memory) : undefined);
}

function lesserBuild(elf: ElfInfo, arch: readonly string[]): "source-not-static" | "source-other-arch" | undefined {
  if (!elf.static) return "source-not-static";
  return arch.includes(elf.machine) ? undefined : "source-other-arch";
}

/** Two static executables: the source's must have changed since both were last seen, and the volume's must not. */
function olderClaim(live: ElfFile, next: FileEntry, { source, volume }: PathMemory): PreserveReason | undefined {
  if (source === undefined || volume === undefined) return "first-contact";
  if (volume !== live.digest) return "volume-changed";
  return source === next.digest ? "source-unchanged" : undefined;
}
