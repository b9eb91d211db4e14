import { isSystemError, PacksyncError } from "../errors.ts";
import { textAt } from "../pack/fields.ts";
import type { Mapping } from "../pack/mapping.ts";
import { reasonOf } from "./failure.ts";
import { inOrder, type RegistryDeps, readIndex } from "./registry.ts";
import { shownUrl } from "./shown-url.ts";

/** What a registry says of a pack; nobody has judged it. */
export interface FoundPack {
  readonly ref: string;
  readonly version: string;
  readonly label: string;
  readonly description: string;
  readonly keywords: readonly string[];
  /** Its URL without credentials. */
  readonly registry: string;
  /** Another registry is asked before, and has a pack of this ref. */
  readonly shadowed: boolean;
}

export interface FoundPacks {
  readonly found: readonly FoundPack[];
  /** Registries that could not be read: what comes behind one of them cannot be installed, either. */
  readonly failed: readonly {
    readonly registry: string;
    readonly error: string;
    readonly hint: string | undefined;
  }[];
}

/**
 * Packs of all registries that have every word in their ref, label, description or keywords, in any case. Those whose ref
 * has a word come first, then by ref, then in the order of the registries.
 *
 * @throws the abort's reason
 */
export async function searchRegistries(
  words: readonly string[],
  deps: RegistryDeps,
  abort: AbortSignal,
): Promise<FoundPacks> {
  const failed: FoundPacks["failed"][number][] = [];
  const packs: FoundPack[] = [];
  for (const registry of inOrder(deps.registries)) {
    const shown = shownUrl(registry.url);
    try {
      const seen = new Set(packs.map(({ ref }) => ref));
      packs.push(...(await readIndex(registry, deps, abort)).map((entry) => packFrom(entry, shown, seen)));
    } catch (error) {
      abort.throwIfAborted();
      if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
      const hint = error instanceof PacksyncError ? error.hint : undefined;
      failed.push({ registry: shown, error: reasonOf(error), hint });
    }
  }
  const wanted = words.map((word) => word.toLowerCase());
  const found = packs.filter((pack) => wanted.every((word) => textOf(pack).includes(word)));
  const rank = ({ ref }: FoundPack): number => (wanted.some((word) => ref.includes(word)) ? 0 : 1);
  return { found: found.sort((a, b) => rank(a) - rank(b) || compare(a.ref, b.ref)), failed };
}

function packFrom(entry: Mapping & { readonly ref: string }, registry: string, seen: ReadonlySet<string>): FoundPack {
  const { ref, keywords } = entry;
  return {
    ref,
    version: textAt(entry, "version") ?? "",
    label: textAt(entry, "label") ?? ref,
    description: textAt(entry, "description") ?? "",
    keywords: Array.isArray(keywords) ? keywords.filter((each) => typeof each === "string") : [],
    registry,
    shadowed: seen.has(ref),
  };
}

function textOf({ ref, label, description, keywords }: FoundPack): string {
  return [ref, label, description, ...keywords].join("\n").toLowerCase();
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
