import type { Config } from "../config/config.ts";
import type { World } from "../pack/check-world.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { isReference, type Outside, packOf } from "../pack/pack-facts.ts";
import { asPackRef } from "../pack/ref.ts";
import type { ForeignPack } from "../scan/foreign.ts";
import { rootOf } from "../scan/look.ts";
import type { Scanner } from "../scan/scanner.ts";

/** A pack that was looked into: what it has, and what it needs of others. */
export interface Looked {
  readonly ref: string;
  readonly version: string | undefined;
  readonly outside: Outside | undefined;
}

/**
 * What packs miss of each other, pack by pack. Others of the sources count, and those that the volume has: they are looked
 * at only as far as somebody needs them, and whatever is wrong with them is not said.
 */
export async function missing(
  packs: readonly Looked[],
  scanner: Scanner,
  config: Config,
): Promise<readonly (readonly Diagnostic[])[]> {
  const wanted = new Set(packs.flatMap(({ outside }) => outside?.wants ?? []).map(packWanted));
  if (wanted.size === 0) return packs.map(() => []);
  const { checkWorld } = await import("../pack/check-world.ts");
  const world = await worldOf(wanted, packs, scanner, config);
  return packs.map(({ outside }) => (outside === undefined ? [] : checkWorld(outside, world)));
}

function packWanted({ to, target }: Outside["wants"][number]): string {
  return isReference(to) ? packOf(target) : target;
}

async function worldOf(
  wanted: ReadonlySet<string>,
  packs: readonly Looked[],
  scanner: Scanner,
  config: Config,
): Promise<World> {
  const own = packs.map(({ ref, version, outside }) => [ref, known(version, outside?.offers ?? [])] as const);
  const found = new Map(own);
  const others = [...wanted].filter((name) => !found.has(name));
  const roots = others.length === 0 ? new Map<string, string>() : await rootsOf(scanner, config);
  for (const name of others) {
    const root = roots.get(name) ?? (asPackRef(name) && `${config.volume}/${name}`);
    const foreign = root === undefined ? undefined : await scanner.readForeign(root, name);
    if (foreign !== undefined) found.set(name, known(foreign.version, foreign.offers));
  }
  return {
    has: (kind, ref) => found.get(packOf(ref))?.refs.has(`${kind} ${ref}`) === true,
    hasPack: (ref) => found.has(ref),
    versionOf: (ref) => found.get(ref)?.version,
  };
}

function known(version: string | undefined, offers: ForeignPack["offers"]) {
  return { version, refs: new Set(offers.map(({ kind, ref }) => `${kind} ${ref}`)) };
}

/** Where the packs of all sources lie, by ref; a later source shadows an earlier one. */
async function rootsOf(scanner: Scanner, { sources }: Config): Promise<ReadonlyMap<string, string>> {
  const none = new Map();
  const places = sources.flatMap((source) =>
    scanner.discover(source, none).packs.map((directory) => ({ at: { source, directory }, known: undefined })),
  );
  const looks = await scanner.look(places);
  return new Map(looks.flatMap((look) => (look.identity ? [[look.identity.ref, rootOf(look)] as const] : [])));
}
