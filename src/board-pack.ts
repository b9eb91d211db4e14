import { componentRows } from "./board/components.ts";
import { diffDocument, MAX_COMPARED } from "./board/diff.ts";
import type { ComponentRow, DiffDocument, FilesDocument, PackDocument } from "./board/documents.ts";
import { type FilesPart, fileRows, pathsOf } from "./board/files.ts";
import { findingRows, judgedLines } from "./board/findings.ts";
import type { BoardPack } from "./board/packs.ts";
import { isDirectory } from "./board/tree.ts";
import type { CatalogComponent } from "./catalog/catalog.ts";
import { readEmbedded } from "./catalog/embedded.ts";
import { liveFiles } from "./catalog/live-files.ts";
import { type LiveRelease, readLive } from "./catalog/read-live.ts";
import type { Config } from "./config/config.ts";
import { readLastCycle } from "./cycle/journal.ts";
import { PacksyncError } from "./errors.ts";
import { diff } from "./history.ts";
import { isPythonMapping, pythonAt } from "./pack/python-value.ts";
import { asPackRef, type PackRef } from "./pack/ref.ts";
import { printableName } from "./platform/names.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import type { Manifest } from "./publish/manifest.ts";
import { viewVolume } from "./publish/view.ts";
import { dialectSetFor } from "./registration.ts";
import { readForeignAbout } from "./scan/foreign.ts";
import { readKnown } from "./scan/store.ts";
import { sourcesIn } from "./sources.ts";
import { layoutOf, reading } from "./volume-session.ts";

/** Composition root of what the dashboard shows of one pack; it takes no lock. */

/** Everything about a pack, whatever state it is in. */
export async function packDocument(config: Config, pack: BoardPack): Promise<PackDocument> {
  const { row, source, directory } = pack;
  const layout = layoutOf(config);
  const root = sourcesIn(layout, config).find(({ name }) => name === source)?.path;
  const place = root === undefined || directory === undefined ? undefined : `${root}/${directory}`;
  const { known, by, description } = await reading(config, (database) => ({
    known:
      database && source !== undefined && directory !== undefined ? readKnown(database, source, directory) : undefined,
    by:
      database && readLastCycle(database)?.shadowed.find((each) => each.ref === row.ref && each.source === source)?.by,
    description:
      database && row.release !== null
        ? descriptionIn(readEmbedded(database).component(row.ref, "pack.yaml"))
        : undefined,
  }));
  return {
    ...row,
    description:
      description ?? (row.state === "foreign" ? await foreignDescription(`${layout.root}/${row.ref}`) : null),
    findings: findingRows(pack.findings, judgedLines(place, known)),
    catalogs: pack.catalogs.map(({ catalog, state, since = null, why = null }) => ({ catalog, state, since, why })),
    shadowed_by: by ?? null,
    source_path: place === undefined ? null : printableName(place),
  };
}

function descriptionIn(manifest: CatalogComponent | undefined): string | undefined {
  const definition = manifest?.definition;
  const description = isPythonMapping(definition) ? pythonAt(definition, "description") : undefined;
  return typeof description === "string" ? description : undefined;
}

const MAX_MANIFEST = 64 * 1024;

async function foreignDescription(root: string): Promise<string | null> {
  return (await readForeignAbout(root, "", { maxDefinitionSize: MAX_MANIFEST }))?.description ?? null;
}

/** What the volume has of a pack; `undefined`: nothing, and packsync knows nothing of it. */
export async function packFiles(config: Config, ref: string, part: FilesPart): Promise<FilesDocument | undefined> {
  const seen = await seenInVolume(config, ref);
  if (seen === undefined) return undefined;
  const { root, manifest, release = null } = seen;
  return { release, ...fileRows(await pathsOf(root, manifest), part, { root, manifest }) };
}

interface Seen {
  readonly ref: PackRef;
  readonly root: string;
  readonly release: string | undefined;
  /** Of what packsync published there. */
  readonly manifest: Manifest | undefined;
}

function seenInVolume(config: Config, name: string): Promise<Seen | undefined> {
  const layout = layoutOf(config);
  const ref = asPackRef(name);
  if (ref === undefined) return Promise.resolve(undefined);
  return reading(config, (database) => {
    const volume = viewVolume(layout, database ? readLedger(database) : emptyLedger);
    const record = volume.packs().get(ref);
    const root = volume.path(ref);
    if (record === undefined && !(volume.isLive(ref) && isDirectory(root))) return undefined;
    return { ref, root, release: record?.release, manifest: record && volume.previous(ref) };
  });
}

/** What a pack that is live gives its platform; `undefined` as of {@link packFiles}. */
export async function packComponents(config: Config, name: string): Promise<readonly ComponentRow[] | undefined> {
  const seen = await seenInVolume(config, name);
  return seen && componentRows((await readLive(liveIn(seen, config), [])).components);
}

function liveIn({ root, ref, manifest }: Seen, config: Config): LiveRelease {
  const files = liveFiles(root, config.limits.maxDefinitionSize);
  const dialect = manifest && dialectSetFor(manifest, config);
  return { ref, release: "", version: "", dependencies: [], dialect, digestOf: () => undefined, files };
}

/** What is different between two releases; `undefined`: there are no two such. */
export async function packDiff(
  config: Config,
  pack: string,
  releases: readonly string[],
): Promise<DiffDocument | undefined> {
  try {
    return diffDocument(await diff(config, { pack, releases, most: MAX_COMPARED }));
  } catch (error) {
    if (error instanceof PacksyncError && error.code === "USAGE") return undefined;
    throw error;
  }
}
