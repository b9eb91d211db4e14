import { readFileSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import semver from "semver";
import * as z from "zod";
import { downloadFailed, reasonOf } from "./failure.ts";
import type { OriginHeaders } from "./fetch.ts";
import { type GetDeps, getFile } from "./get.ts";
import type { Limits } from "./limits.ts";
import { shownUrl } from "./shown-url.ts";

/** An index of packs. */
export interface Registry {
  /** https or file; http only with `plainHttp`. */
  readonly url: string;
  /** The lowest one is asked first. */
  readonly priority: number;
  readonly plainHttp: "allowed" | "refused";
  /** Go to its own origin, and to no other. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export const DEFAULT_REGISTRY = "https://registry.attune.io/index.json";

/** For so long an index is believed without asking again; the platform's default is an hour, too. */
const INDEX_MAX_AGE_MS = 60 * 60 * 1000;

const InstallSource = z.discriminatedUnion("type", [
  z.object({ type: z.literal("git"), url: z.string(), ref: z.string().optional(), checksum: z.string().optional() }),
  z.object({ type: z.literal("archive"), url: z.string(), checksum: z.string().optional() }),
]);
export type InstallSource = z.infer<typeof InstallSource>;

/** What is asked of the platform's index; it has more. */
const RegistryEntry = z.object({
  ref: z.string(),
  version: z.string(),
  install_sources: z.array(InstallSource).min(1),
});
/** A pack, whether what its registry names may be without TLS, and what to say to that registry. */
type Listed = z.infer<typeof RegistryEntry> & Pick<Registry, "plainHttp"> & { readonly own: OriginHeaders | undefined };

/** Entries are judged when somebody wants them: one that is wrong is no reason to refuse the others. */
const Index = z.object({ packs: z.array(z.looseObject({ ref: z.string() })) });

export interface RegistryDeps extends GetDeps {
  readonly registries: readonly Registry[];
  readonly limits: Limits;
  /** A path of its own for each call, where nothing is. */
  readonly scratch: () => string;
}

/**
 * Finds a pack in the first registry that has it. A registry that cannot be read ends the search: whoever comes next
 * must not be able to take its place.
 *
 * @param version exact, `latest`, or a range (`^1.2`)
 */
export async function lookUp(
  name: string,
  version: string | undefined,
  deps: RegistryDeps,
  abort: AbortSignal,
): Promise<Listed> {
  for (const registry of inOrder(deps.registries)) {
    const found = (await readIndex(registry, deps, abort)).find(({ ref }) => ref === name);
    if (found !== undefined) return judged(found, version, registry);
  }
  const known = deps.registries.map(({ url }) => shownUrl(url)).join(", ");
  throw downloadFailed(`Expected \`${name}\` to be in a registry, got no such pack in ${known || "any"}`);
}

/** Of equal priority the first. */
export function inOrder(registries: readonly Registry[]): readonly Registry[] {
  return [...registries].sort((a, b) => a.priority - b.priority);
}

/** All that an index has, each with a `ref`. @throws PacksyncError when it is none, or cannot be read */
export async function readIndex(registry: Registry, deps: RegistryDeps, abort: AbortSignal) {
  const text = await indexText(registry, deps, abort);
  try {
    return Index.parse(JSON.parse(text)).packs;
  } catch (error) {
    throw downloadFailed(`Expected ${shownUrl(registry.url)} to be an index of packs, got something else`, {
      cause: error,
    });
  }
}

async function indexText(registry: Registry, deps: RegistryDeps, abort: AbortSignal): Promise<string> {
  const { url, plainHttp } = registry;
  const { indexBytes } = deps.limits;
  if (url.startsWith("file:")) return localIndex(url, indexBytes);
  const file = deps.scratch();
  try {
    const request = { url, file, maxBytes: indexBytes, maxAgeMs: INDEX_MAX_AGE_MS, plainHttp, own: ownOf(registry) };
    await getFile(request, deps, abort);
    return readFileSync(file, "utf8");
  } finally {
    rmSync(file, { force: true });
  }
}

/** Names of headers in lower case: none is said twice. */
function ownOf({ url, headers }: Registry): OriginHeaders | undefined {
  const origin = URL.parse(url)?.origin;
  if (headers === undefined || origin === undefined || origin === "null") return undefined;
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { origin, headers: Object.fromEntries(lower) };
}

function localIndex(url: string, maxBytes: number): string {
  try {
    const path = fileURLToPath(url);
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > maxBytes) throw new Error(`no file of at most ${maxBytes} bytes`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw downloadFailed(`Expected to read the registry ${url}, got ${reasonOf(error)}`, { cause: error });
  }
}

function judged(found: unknown, version: string | undefined, registry: Registry): Listed {
  const { data: entry } = RegistryEntry.safeParse(found);
  if (entry === undefined)
    throw downloadFailed(
      `Expected ${shownUrl(registry.url)} to say where the pack is, got no \`install_sources\` that can be used`,
    );
  const isWanted = version === undefined || version === "latest" || version === entry.version;
  if (isWanted || semver.satisfies(entry.version, version))
    return { ...entry, plainHttp: registry.plainHttp, own: ownOf(registry) };
  throw downloadFailed(`Expected \`${entry.ref}\` ${version}, got ${entry.version} in ${shownUrl(registry.url)}`);
}
