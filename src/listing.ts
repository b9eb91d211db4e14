import type { CatalogEntry, CatalogVersion } from "./catalog/catalog.ts";
import { emptyEmbedded, readEmbedded } from "./catalog/embedded.ts";
import { noStandings, readStandings, type Standing } from "./catalog/standing.ts";
import type { Config } from "./config/config.ts";
import { PacksyncError } from "./errors.ts";
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
      const components: Record<string, number> = {};
      for (const { kind } of embedded.entry(ref)?.components ?? []) components[kind] = (components[kind] ?? 0) + 1;
      return { ref, version, label, release, components, catalogs: standings.of(ref, release) };
    }),
  );
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

function looking<T>(
  config: Config,
  look: (at: {
    readonly embedded: ReturnType<typeof readEmbedded>;
    readonly standings: ReturnType<typeof readStandings>;
  }) => T,
): Promise<T> {
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
