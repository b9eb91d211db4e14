import type { CatalogEntry, CatalogVersion } from "./catalog/catalog.ts";
import { emptyEmbedded, readEmbedded } from "./catalog/embedded.ts";
import type { RegistrationReport } from "./catalog/report.ts";
import { noStandings, readStandings, type Standing } from "./catalog/standing.ts";
import type { Config } from "./config/config.ts";
import { PacksyncError } from "./errors.ts";
import { attuneSettings, type RegistrationOptions, registerLive, untilRegistered } from "./registration.ts";
import { reading, type SessionOptions, withVolume } from "./volume-session.ts";

/** Composition root of the commands about registered packs: `list`, `show`, `catalog sync`. */

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

/** Registers now, whatever was found last; waits for a database as `--once` does. */
export async function syncCatalog(
  options: SessionOptions,
  packs: readonly string[],
  abort: AbortSignal,
): Promise<RegistrationReport> {
  const about: RegistrationOptions & SessionOptions = { ...options, request: { only: packs, compare: "all" } };
  const first = await withVolume(options, abort, ({ database, publisher }) => {
    const unknown = packs.find((ref) => ![...publisher.packs().keys()].some((known) => known === ref));
    if (unknown !== undefined) throw notRegistered(unknown);
    const live = [...publisher.packs().values()].filter(({ release }) => release !== undefined);
    const reread = packs.length > 0 ? packs : live.map(({ ref }) => ref);
    return registerLive({ database, volume: publisher }, { ...about, reread }, abort);
  });
  return await untilRegistered(first, about, abort);
}

function notRegistered(ref: string): PacksyncError {
  return new PacksyncError("USAGE", `Expected a registered pack, got \`${ref}\`.`, {
    hint: "`packsync list` names them.",
  });
}
