import type { FileEntry, LiveFile, LiveSnapshot, PackSnapshot } from "../pack/snapshot.ts";
import { isForeignBinary } from "./decide.ts";
import type { PackPolicy } from "./preserve.ts";

interface AroundBinaries {
  /** Files of the source that cannot be there; `prev` is the binary. */
  readonly withheld: ReadonlyMap<string, { readonly next: FileEntry; readonly prev: LiveFile }>;
  /** The rest of the source. */
  readonly wanted: PackSnapshot;
}

/**
 * A foreign ELF file may be in the source's way by type: it stands where the source needs a directory, or in a directory
 * where the source has a file.
 */
export function aroundBinaries(source: PackSnapshot, live: LiveSnapshot, policy: PackPolicy): AroundBinaries {
  const binaries = [...live.files].filter(([path, file]) => isForeignBinary(path, file, policy));
  const blocking = (path: string) =>
    binaries.find(([binary]) => path.startsWith(`${binary}/`) || binary.startsWith(`${path}/`))?.[1];
  const withheld = new Map(
    [...source.files].flatMap(([path, next]) => {
      const prev = blocking(path);
      return prev === undefined ? [] : [[path, { next, prev }] as const];
    }),
  );
  const isBlocked = (path: string) => binaries.some(([binary]) => `${path}/`.startsWith(`${binary}/`));
  const wanted = {
    files: withheld.size === 0 ? source.files : new Map([...source.files].filter(([path]) => !withheld.has(path))),
    directories: binaries.length === 0 ? source.directories : source.directories.filter((path) => !isBlocked(path)),
  };
  return { withheld, wanted };
}
