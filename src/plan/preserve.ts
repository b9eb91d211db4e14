import type { ElfInfo } from "../pack/elf.ts";
import type { FileEntry, LiveFile } from "../pack/snapshot.ts";

/** `static-elf`: guarantee 3; `always`: the volume's ELF files always win; `off`: the source always wins. */
export type PreserveMode = "static-elf" | "always" | "off";

export interface PreservePolicy {
  readonly mode: PreserveMode;
  /** Wanted machines, e.g. `x86_64`. */
  readonly arch: readonly string[];
}

/** What the ledger remembers of a path where the source and others meet; digests in hex. */
export interface PathMemory {
  /** What the source had there at the last sync. */
  readonly source?: string;
  /** What the volume had there after the last sync. */
  readonly volume?: string;
  /** Everything that packsync has replaced there: such a file never wins again. */
  readonly replaced?: readonly string[];
}

/** Why a file of the volume stays although the source has another one. */
export type PreserveReason =
  | "volume-always-wins"
  | "foreign-binary"
  | "foreign-binary-in-the-way"
  | "foreign-static-binary"
  | "source-not-a-binary"
  | "source-not-static"
  | "source-other-arch";

export function isElfFile(file: LiveFile): file is ElfFile {
  return file.elf !== undefined;
}

type ElfFile = LiveFile & { readonly elf: ElfInfo };

/**
 * Whether an ELF file of the volume stays where the source has another file (ARCHITECTURE §3, guarantee 3).
 * Time stamps decide nothing.
 *
 * @returns why it stays, or `undefined` when the source's file takes its place.
 */
export function preserveReason(
  live: ElfFile,
  next: FileEntry,
  memory: PathMemory,
  policy: PreservePolicy,
): PreserveReason | undefined {
  if (policy.mode === "off") return undefined;
  if (policy.mode === "always") return "volume-always-wins";
  if (live.ownership === "ours") return live.elf.static ? lesserBuild(next, policy, live.elf.machine) : undefined;
  const liveIsWanted = isWantedStatic(live.elf, policy);
  const nextIsWanted = next.elf !== undefined && isWantedStatic(next.elf, policy);

  if (!nextIsWanted)
    return lesserBuild(next, policy) ?? (next.elf === undefined ? "source-not-a-binary" : "foreign-binary");
  if (!liveIsWanted) return undefined;
  if (live.digest !== undefined && memory.replaced?.includes(live.digest) === true) return undefined;
  const sourceChanged = memory.source !== undefined && memory.source !== next.digest;
  const volumeChanged = memory.volume !== live.digest;
  return sourceChanged && !volumeChanged ? undefined : "foreign-static-binary";
}

function lesserBuild(next: FileEntry, { arch }: PreservePolicy, than?: string): PreserveReason | undefined {
  if (next.elf === undefined) return undefined;
  if (!next.elf.static) return "source-not-static";
  return next.elf.machine === than || arch.includes(next.elf.machine) ? undefined : "source-other-arch";
}

function isWantedStatic(elf: ElfInfo, { arch }: PreservePolicy): boolean {
  return elf.static && arch.includes(elf.machine);
}
