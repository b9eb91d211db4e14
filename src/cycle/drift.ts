import { entryAt, type LiveFile } from "../pack/snapshot.ts";
import { rehashed } from "../publish/history.ts";
import type { Manifest } from "../publish/manifest.ts";
import { scanLive } from "../scan/live.ts";

/** How a live tree differs from what was published there. All paths are sorted. */
export interface Drift {
  /** Everything that is not as it was published. */
  readonly paths: readonly string[];
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  /** The same bytes with other permissions. */
  readonly modes: readonly string[];
  /** Binaries of others that stand where packsync, or a source, has another file. */
  readonly preserved: readonly string[];
  /** What others have there, but for these. */
  readonly foreign: readonly string[];
  /** Those of them that were there before packsync. */
  readonly leftovers: readonly string[];
}

const NONE: Drift = { paths: [], changed: [], missing: [], modes: [], preserved: [], foreign: [], leftovers: [] };

/**
 * Reads all files of packsync's own below `root`.
 *
 * @param live the manifest of the live release; `undefined`: nothing is
 * @param wasThere whether a path existed before packsync adopted the pack
 */
export function driftOf(live: Manifest | undefined, root: string, wasThere: (path: string) => boolean): Drift {
  if (live === undefined) return NONE;
  const present = rehashed(root, live.files, scanLive);
  const isBinary = ([path, { ownership, elf }]: [string, LiveFile]) =>
    ownership !== "ours" && (elf !== undefined || isRemembered(live, path));
  const preserved = [...present].filter(isBinary).map(([path]) => path);
  const ours = Object.keys(live.files).filter((path) => !preserved.includes(path));
  const changed = ours.filter((path) => present.get(path)?.ownership === "drifted");
  const missing = ours.filter((path) => !present.has(path));
  const modes = ours.filter((path) => {
    const file = present.get(path);
    return file?.ownership === "ours" && file.mode !== entryAt(live.files, path)?.mode;
  });
  const foreign = [...present].flatMap(([path, { ownership }]) => (ownership === "foreign" ? [path] : []));
  const others = foreign.filter((path) => !preserved.includes(path));
  return {
    paths: [...changed, ...missing, ...modes].sort(),
    changed,
    missing,
    modes,
    preserved,
    foreign: others,
    leftovers: others.filter(wasThere),
  };
}

/** A binary that the source has other bytes for. */
function isRemembered({ memory, files }: Manifest, path: string): boolean {
  const met = entryAt(memory, path);
  return met?.source !== undefined && met.source !== entryAt(files, path)?.digest;
}
