import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttuneSettings } from "./catalog/attune-round.ts";
import { PackRefused } from "./catalog/catalog.ts";
import { type EmbeddedReader, readEmbedded } from "./catalog/embedded.ts";
import type { Config } from "./config/config.ts";
import type { Diagnostic } from "./pack/diagnostics.ts";
import type { PackRef } from "./pack/ref.ts";
import { readLedger } from "./publish/ledger.ts";
import { type VolumeView, viewVolume } from "./publish/view.ts";
import { attuneSettings, readDefinitions } from "./registration.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Compares what is live with what is registered, both ways; a part of `packsync verify`. */

/** `ref` is the pack's, or empty for the catalog as such. */
export interface CatalogFinding {
  readonly ref: string;
  readonly diagnostic: Diagnostic;
}

/** Registering follows going live, by another process perhaps: a difference counts when it is there at every look. */
const LOOK_AGAIN_MS = [100, 200, 400, 800, 1600, 3200];

/** What somebody has to do something about; a database that does not answer is none of it. */
const DIFFERENT: ReadonlySet<string> = new Set(["catalog.differs", "catalog.refused"]);

export function isDifference({ diagnostic }: CatalogFinding): boolean {
  return DIFFERENT.has(diagnostic.code);
}

/** What the database refuses it will refuse again. */
function isBehind({ diagnostic }: CatalogFinding): boolean {
  return diagnostic.code === "catalog.differs";
}

/** @param refs empty: all. Takes no lock and changes nothing; what it tries in the database it takes back. */
export async function verifyCatalogs(
  config: Config,
  refs: readonly string[],
  abort: AbortSignal,
): Promise<readonly CatalogFinding[]> {
  let found = await compareCatalogs(config, refs);
  for (const delayMs of LOOK_AGAIN_MS) {
    if (!found.some(isBehind)) break;
    await sleep(delayMs);
    abort.throwIfAborted();
    found = await compareCatalogs(config, refs);
  }
  return found;
}

function compareCatalogs(config: Config, refs: readonly string[]): Promise<readonly CatalogFinding[]> {
  return reading(config, async (database) => {
    if (database === undefined) return [];
    const volume = viewVolume(layoutOf(config), readLedger(database));
    const about = { database, volume, config, isAsked: (ref: string) => refs.length === 0 || refs.includes(ref) };
    const settings = attuneSettings(config);
    return [...(await verifyEmbedded(about)), ...(settings === undefined ? [] : await verifyAttune(about, settings))];
  });
}

interface About {
  readonly database: DatabaseSync;
  readonly volume: VolumeView;
  readonly config: Config;
  isAsked(ref: string): boolean;
}

async function verifyEmbedded({ database, volume, config, isAsked }: About): Promise<CatalogFinding[]> {
  const embedded = readEmbedded(database);
  const live = [...volume.packs().values()].filter(({ ref, release }) => release !== undefined && isAsked(ref));
  const found: CatalogFinding[] = [];
  for (const { ref } of live) {
    const differs = await differsFromLive(ref, embedded, { volume, config });
    if (differs !== undefined) found.push(finding(ref, "catalog.differs", `the embedded catalog ${differs}`));
  }
  const orphans = embedded.packs().filter(({ ref }) => isAsked(ref) && volume.live(ref) === undefined);
  return [
    ...found,
    ...orphans.map(({ ref }) => finding(ref, "catalog.orphan", "the embedded catalog has it, and it is not live")),
  ];
}

async function differsFromLive(
  ref: PackRef,
  embedded: EmbeddedReader,
  { volume, config }: Pick<About, "volume" | "config">,
): Promise<string | undefined> {
  const summary = embedded.summary(ref);
  if (summary === undefined) return "does not have it";
  const pack = await readDefinitions(ref, volume, config);
  if (pack === undefined) return undefined;
  if (summary.release !== pack.release) return `has ${summary.release}`;
  return pack.digest === summary.digest ? undefined : "has other definitions than its directory in the volume";
}

async function verifyAttune(about: About, settings: AttuneSettings): Promise<CatalogFinding[]> {
  const { connect, describeTrouble } = await import("./catalog/attune/connect.ts");
  const { inspect } = await import("./catalog/attune/database.ts");
  const { attuneCatalog } = await import("./catalog/attune/attune-catalog.ts");
  try {
    const client = await connect(settings.connection);
    try {
      const catalog = attuneCatalog(await inspect(client, settings.schema), settings.policy);
      const there = await catalog.list();
      const found = there
        .filter(({ ref }) => about.isAsked(ref) && !about.volume.isLive(ref))
        .map(({ ref }) => orphan(ref));
      const embedded = readEmbedded(about.database);
      for (const { ref, dialect } of embedded.packs()) {
        if (dialect !== "attune" || !about.isAsked(ref)) continue;
        const pack = await readDefinitions(ref, about.volume, about.config);
        if (pack !== undefined) found.push(...(await differsInAttune(ref, () => catalog.compare(pack))));
      }
      return found;
    } finally {
      await client.end().catch(() => {});
    }
  } catch (error) {
    return [unreachable(describeTrouble(error, settings.connection))];
  }
}

async function differsInAttune(
  ref: string,
  compare: () => Promise<{ readonly changes: number }>,
): Promise<CatalogFinding[]> {
  try {
    const { changes } = await compare();
    const rows = changes === 1 ? "1 row" : `${changes} rows`;
    return changes === 0 ? [] : [finding(ref, "catalog.differs", `the database differs from what is live in ${rows}`)];
  } catch (error) {
    if (!(error instanceof PackRefused)) throw error;
    return [finding(ref, "catalog.refused", `the database cannot take it: ${error.message}`)];
  }
}

function finding(ref: string, code: string, message: string): CatalogFinding {
  const hint = `\`packsync catalog sync${code === "catalog.orphan" ? "" : ` ${ref}`}\` registers what is live.`;
  return { ref, diagnostic: { severity: "warning", code, message, hint } };
}

/** Somebody may have made it there, by hand. */
function orphan(ref: string): CatalogFinding {
  const message = "the database has a pack that is not in the volume";
  const hint = "Leave it if somebody made it there; else remove it with the platform.";
  return { ref, diagnostic: { severity: "hint", code: "catalog.orphan", message, hint } };
}

function unreachable(why: string): CatalogFinding {
  const hint = "The next run tries again.";
  return {
    ref: "",
    diagnostic: {
      severity: "warning",
      code: "catalog.unreachable",
      message: `the database cannot be compared: ${why}`,
      hint,
    },
  };
}
