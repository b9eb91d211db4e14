import type { DatabaseSync } from "node:sqlite";
import type { PackRef } from "../pack/ref.ts";
import { transaction } from "../platform/database.ts";
import type { CatalogPack } from "./catalog.ts";
import { type EmbeddedCatalog, openEmbedded } from "./embedded.ts";
import { type Known, type LiveRelease, readLive } from "./read-live.ts";

export interface EmbeddedDeps {
  readonly database: DatabaseSync;
  live(ref: PackRef): Live | undefined;
  /** Which release is live: asked again when it was read, for it may have changed meanwhile. */
  release(ref: PackRef): string | undefined;
  /** `false`: every definition is read again. */
  readonly remembers: boolean;
  readonly now: () => Date;
}

/** A release that is live, and what whoever published it knows of its definitions. */
export interface Live {
  readonly release: LiveRelease;
  readonly scanned: Known | undefined;
}

/** What a round did in the embedded catalog. */
export interface EmbeddedRound {
  readonly registered: readonly string[];
  readonly unregistered: readonly string[];
  /** Packs that changed while they were read, or could not be: the next round has them. */
  readonly pending: readonly { readonly ref: string; readonly why: string }[];
}

/**
 * So many packs are committed at once: each commit writes the same pages of the database again, but what was read of many packs is
 * old when it is written, and stays in memory for long.
 */
const BATCH = 16;

/**
 * Makes the embedded catalog equal to what is live. All of a pack or nothing; what is left is still different, and so the next
 * round's. Must not run during a cycle, whose transaction it would commit.
 */
export async function registerEmbedded(
  refs: readonly string[],
  deps: EmbeddedDeps,
  abort: AbortSignal,
): Promise<EmbeddedRound> {
  using relaxed = relaxedCommits(deps.database);
  const catalog = openEmbedded(relaxed.database, deps.now);
  const round = {
    registered: [] as string[],
    unregistered: [] as string[],
    pending: [] as { ref: string; why: string }[],
  };
  for (let from = 0; from < refs.length && !abort.aborted; from += BATCH) {
    const batch: Reading[] = [];
    for (const ref of refs.slice(from, from + BATCH)) batch.push(await read(ref as PackRef, catalog, deps));
    transaction(deps.database, () => {
      for (const reading of batch) write(reading, catalog, round);
    });
  }
  return round;
}

/** What a power cut takes from the embedded catalog the next round finds out by itself: no commit of it waits for the disk. */
function relaxedCommits(database: DatabaseSync): Disposable & { readonly database: DatabaseSync } {
  database.exec("PRAGMA synchronous = NORMAL");
  return { database, [Symbol.dispose]: () => database.exec("PRAGMA synchronous = FULL") };
}

type Reading =
  | { readonly ref: string; readonly pack: CatalogPack | undefined }
  | { readonly ref: string; readonly why: string };

async function read(ref: PackRef, catalog: EmbeddedCatalog, deps: EmbeddedDeps): Promise<Reading> {
  try {
    const live = deps.live(ref);
    if (live === undefined) return { ref, pack: undefined };
    const known = deps.remembers ? [live.scanned, rememberedOf(ref, catalog)] : [];
    const pack = await readLive(
      live.release,
      known.filter((each) => each !== undefined),
    );
    const isStill = deps.release(ref) === live.release.release;
    return isStill ? { ref, pack } : { ref, why: "it changed while it was read" };
  } catch (error) {
    return { ref, why: error instanceof Error ? error.message : String(error) };
  }
}

function rememberedOf(ref: PackRef, catalog: EmbeddedCatalog): Known | undefined {
  const summary = catalog.summary(ref);
  return summary && { dialect: summary.dialect, definition: (file) => catalog.component(ref, file) };
}

function write(
  reading: Reading,
  catalog: EmbeddedCatalog,
  round: { registered: string[]; unregistered: string[]; pending: { ref: string; why: string }[] },
): void {
  const { ref } = reading;
  if ("why" in reading) {
    round.pending.push(reading);
  } else if (reading.pack === undefined) {
    if (catalog.drop(ref).changes > 0) round.unregistered.push(ref);
  } else if (catalog.put(reading.pack).changes > 0) {
    round.registered.push(ref);
  }
}
