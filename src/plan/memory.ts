import { entryAt, type FileEntry, type LiveFile } from "../pack/snapshot.ts";
import { isElfFile } from "./decide.ts";
import type { Change, Ledger } from "./plan.ts";
import type { PathMemory } from "./preserve.ts";

/** Only paths where an ELF file of the volume met the source's are remembered: nothing else asks. */
export function remember(
  changes: readonly Change[],
  keep: ReadonlyMap<string, FileEntry>,
  ledger: Ledger | undefined,
): Readonly<Record<string, PathMemory>> {
  const memory = new Map<string, PathMemory>();
  for (const [path, { replaced = [] }] of Object.entries(ledger?.memory ?? {})) {
    if (replaced.length > 0) memory.set(path, { replaced }); // such a file never wins again
  }
  const met = (path: string, source: string, volume: string | undefined) =>
    memory.set(path, { ...recall(ledger, path), ...memory.get(path), source, ...(volume && { volume }) });

  for (const [path, { digest, elf }] of keep) if (elf !== undefined) met(path, digest, digest);
  for (const change of changes) {
    const { kind, path } = change;
    if (kind === "replace" && isElfFile(change.prev)) {
      const replaced = replacedDigests(recall(ledger, path), change.prev);
      if (replaced.length > 0) memory.set(path, { replaced });
    }
    if (kind === "preserve") met(path, change.next.digest, change.prev.digest);
    else if ((kind === "replace" || kind === "add") && change.next.elf)
      met(path, change.next.digest, change.next.digest);
  }
  return Object.fromEntries(memory);
}

export function recall(ledger: Ledger | undefined, path: string): PathMemory {
  return entryAt(ledger?.memory, path) ?? {};
}

function replacedDigests({ replaced = [] }: PathMemory, { digest }: LiveFile): readonly string[] {
  return digest === undefined || replaced.includes(digest) ? replaced : [...replaced, digest];
}
