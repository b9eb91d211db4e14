import type { CatalogEntry, CatalogVersion } from "./catalog/catalog.ts";
import { type EmbeddedReader, type EmbeddedSummary, emptyEmbedded, readEmbedded } from "./catalog/embedded.ts";
import { noStandings, readStandings, type Standing, type Standings } from "./catalog/standing.ts";
import type { Config } from "./config/config.ts";
import { PacksyncError } from "./errors.ts";
import { isPythonMapping, type PythonMapping, plainJson } from "./pack/python-value.ts";
import { attuneSettings } from "./registration.ts";
import { reading } from "./volume-session.ts";

/** Composition root of the commands about registered packs: `list`, `show`. */

export interface ListedPack extends Omit<CatalogEntry, "components"> {
  readonly release: string;
  /** How many of which kind. */
  readonly components: Readonly<Record<string, number>>;
  readonly catalogs: readonly Standing[];
}

export interface ShownPack extends CatalogEntry {
  readonly release: string;
  readonly dialect: string;
  readonly dependencies: readonly string[];
  readonly catalogs: readonly Standing[];
  /** The newest first. */
  readonly versions: readonly CatalogVersion[];
}

/** Every registered pack; takes no lock. */
export function listPacks(config: Config): Promise<readonly ListedPack[]> {
  return looking(config, ({ embedded, standings }) =>
    embedded.packs().map(({ ref, version, label, release }) => {
      return { ref, version, label, release, components: embedded.kinds(ref), catalogs: standings.of(ref, release) };
    }),
  );
}

/** What stands in `pack.yaml`, as JSON. */
export type PackDefinition = Readonly<Record<string, unknown>>;

/** A registered pack with what it says about itself. Times are ISO, of its first and its newest version. */
export interface DefinedPack extends ListedPack {
  /** Its number here. */
  readonly id: number;
  readonly dialect: string;
  readonly definition: PackDefinition;
  readonly created: string | undefined;
  readonly updated: string | undefined;
}

/** With all its components and versions, the newest first. */
export interface DescribedPack extends Omit<DefinedPack, "components">, Omit<ShownPack, "catalogs"> {
  /** How many components of which kind. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A part of all registered packs, and how many there are. */
export interface PackPage {
  readonly packs: readonly DefinedPack[];
  readonly total: number;
}

/** Registered packs in the order of their refs, so many from the first one that is wanted; takes no lock. */
export function pageOfPacks(
  config: Config,
  { skip, take }: { readonly skip: number; readonly take: number },
): Promise<PackPage> {
  return looking(config, (at) => {
    const { packs, total } = at.embedded.page(skip, take);
    return { total, packs: packs.map((summary) => definedPack(summary, at)) };
  });
}

/** A pack with its components and versions; `undefined`: it is not registered. Takes no lock. */
export function definedPackOf(config: Config, ref: string): Promise<DescribedPack | undefined> {
  return looking(config, (at) => {
    const [summary, entry] = [at.embedded.summary(ref), at.embedded.entry(ref)];
    if (summary === undefined || entry === undefined) return undefined;
    const { dependencies } = summary;
    const { components: counts, ...defined } = definedPack(summary, at);
    return { ...defined, ...entry, counts, dependencies, versions: at.embedded.versions(ref) };
  });
}

function definedPack(summary: EmbeddedSummary, { embedded, standings }: Looking): DefinedPack {
  const { ref, version, label, release, dialect } = summary;
  const versions = embedded.versions(ref);
  const definition = embedded.component(ref, "pack.yaml")?.definition;
  return {
    ...{ id: embedded.idOf(ref) ?? 0, ref, version, label, release, dialect },
    components: embedded.kinds(ref),
    catalogs: standings.of(ref, release),
    definition: isPythonMapping(definition) ? mappingJson(definition) : {},
    created: versions.at(-1)?.since,
    updated: versions[0]?.since,
  };
}

function mappingJson(definition: PythonMapping): PackDefinition {
  return Object.fromEntries(Object.entries(definition).map(([key, value]) => [key, plainJson(value)]));
}

/** @throws PacksyncError `USAGE` for a pack that is not registered */
export function showPack(config: Config, ref: string): Promise<ShownPack> {
  return looking(config, ({ embedded, standings }) => {
    const [summary, entry] = [embedded.summary(ref), embedded.entry(ref)];
    if (summary === undefined || entry === undefined) throw notRegistered(ref);
    const { release, dialect, dependencies } = summary;
    return {
      ...entry,
      release,
      dialect,
      dependencies,
      catalogs: standings.of(ref, release),
      versions: embedded.versions(ref),
    };
  });
}

interface Looking {
  readonly embedded: EmbeddedReader;
  readonly standings: Standings;
}

function looking<T>(config: Config, look: (at: Looking) => T): Promise<T> {
  return reading(config, (database) => {
    if (database === undefined) return look({ embedded: emptyEmbedded, standings: noStandings });
    return look({
      embedded: readEmbedded(database),
      standings: readStandings(database, attuneSettings(config) !== undefined),
    });
  });
}

export function notRegistered(ref: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected a registered pack, got \`${ref}\`.`, {
    hint: "`packsync list` names them.",
  });
}
