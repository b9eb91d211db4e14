import { join } from "node:path";
import type { Config } from "./config/config.ts";
import { installedPacks } from "./dependencies.ts";
import { type FetchOrder, fetchDeps } from "./downloads.ts";
import { type FoundPack, type FoundPacks, searchRegistries } from "./install/search.ts";
import { isNewer } from "./pack/version-range.ts";
import { scratchDirectory } from "./platform/scratch.ts";

/** A pack of a registry, and what of it is here. */
export interface SearchedPack extends FoundPack {
  /** The version that is installed; `undefined`: none. */
  readonly installed: string | undefined;
  /** The registry has a newer one. */
  readonly newer: boolean;
}

export interface Searched extends Pick<FoundPacks, "failed"> {
  readonly packs: readonly SearchedPack[];
}

/** Composition root of the search in registries. Takes no lock. */
export async function searchPacks(
  config: Config,
  words: readonly string[],
  order: FetchOrder,
  abort: AbortSignal,
): Promise<Searched> {
  using directory = scratchDirectory("packsync-search-");
  let files = 0;
  const scratch = (): string => join(directory.path, `${files++}`);
  const { found, failed } = await searchRegistries(words, { ...fetchDeps(order), scratch }, abort);
  const here = await installedPacks(config);
  return {
    failed,
    packs: found.map((pack) => {
      const installed = here.get(pack.ref);
      return { ...pack, installed, newer: installed !== undefined && isNewer(pack.version, installed) };
    }),
  };
}
