import ignore from "ignore";

/** `static-elf`: guarantee 3; `always`: the volume's ELF files always win; `off`: the source always wins. */
export type PreserveMode = "static-elf" | "always" | "off";

export interface PreservePolicy {
  /** For every file that no override names. */
  readonly mode: PreserveMode;
  /** Wanted machines, e.g. `x86_64`. */
  readonly arch: readonly string[];
  /** A later one wins. */
  readonly overrides: readonly PreserveOverride[];
}

/** Another mode for some files: `pattern` is `<ref>/<path>` as in `.gitignore`, so `core/sensors` is all below, too. */
export interface PreserveOverride {
  readonly pattern: string;
  readonly mode: PreserveMode;
  /** @param file `<ref>/<path>` */
  readonly matches: (file: string) => boolean;
}

/** The policy as it holds for the files of one pack. */
export interface PackPolicy extends PreservePolicy {
  readonly ref: string;
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
  | "foreign-binary-in-the-way"
  | "source-not-a-binary"
  | "source-not-static"
  | "source-other-arch"
  | "first-contact"
  | "source-unchanged"
  | "volume-changed";

export function preserveOverride(pattern: string, mode: PreserveMode): PreserveOverride {
  const matcher = ignore({ ignorecase: false }).add(pattern);
  return { pattern, mode, matches: (file) => matcher.ignores(file) };
}

export function forPack(policy: PreservePolicy, ref: string): PackPolicy {
  return { ...policy, ref };
}

/** @param path relative to the pack */
export function modeOf({ mode, overrides, ref }: PackPolicy, path: string): PreserveMode {
  return overrides.findLast(({ matches }) => matches(`${ref}/${path}`))?.mode ?? mode;
}
