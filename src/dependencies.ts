import { readEmbedded } from "./catalog/embedded.ts";
import type { Config } from "./config/config.ts";
import { isSystemError, PacksyncError } from "./errors.ts";
import { analyzeDependencies, type DependencyRequest, type InstalledPacks } from "./install/dependencies.ts";
import { readPackIdentity } from "./install/pack-root.ts";
import type { DependencyReport } from "./install/stages.ts";
import { asPackRef } from "./pack/ref.ts";
import { isAbsence, lstatIfAny } from "./platform/absence.ts";
import { listNames } from "./platform/names.ts";
import { unusable } from "./platform/unusable.ts";
import { emptyLedger, readLedger } from "./publish/ledger.ts";
import { readScanStore } from "./scan/store.ts";
import { layoutOf, reading } from "./volume-session.ts";

interface InstalledPack {
  readonly ref: string;
  readonly version: string;
}

/** Composition root of the dependencies' stage: what packs need, against what is installed here. Takes no lock. */
export async function dependenciesOf(config: Config, request: DependencyRequest): Promise<DependencyReport> {
  return analyzeDependencies(request, await installedPacks(config));
}

/**
 * Version by ref of every pack that services can use: what stands in the volume, whoever put it there; what they read where
 * it is; and what else is registered. Empty where there is no volume yet.
 */
export async function installedPacks(config: Config): Promise<InstalledPacks> {
  const { root } = layoutOf(config);
  const names = namesIn(root);
  return await reading(config, (database) => {
    const records = [...(database ? readLedger(database) : emptyLedger).packs().values()];
    const known = new Set<string>(records.map(({ ref }) => ref));
    const registered = (database ? readEmbedded(database).packs() : []).filter(({ ref }) => !known.has(ref));
    const published = records.filter(({ ref, release }) => release !== undefined && isDirectory(`${root}/${ref}`));
    const mounted = config.sources
      .filter(({ mode }) => mode === "mounted")
      .flatMap(({ name }) => (database ? [...readScanStore(database).known(name).values()] : []))
      .flatMap(({ identity, verdict }) => (identity !== undefined && verdict === "valid" ? [identity] : []));
    const foreign = foreignPacks(root, names, new Set(published.map(({ ref }) => ref)));
    return new Map([...registered, ...mounted, ...foreign, ...published].map(({ ref, version }) => [ref, version]));
  });
}

function isDirectory(path: string): boolean {
  return lstatIfAny(path)?.isDirectory() === true;
}

/** @throws PacksyncError when nobody can tell what is there */
function namesIn(root: string): readonly string[] {
  try {
    return listNames(root);
  } catch (error) {
    if (isAbsence(error)) return []; // before the first sync
    throw unusable(`the volume ${root}`, error);
  }
}

/** Services look a pack up by the name of its directory. Whatever is wrong with it is not ours to say. */
function foreignPacks(root: string, names: readonly string[], published: ReadonlySet<string>): InstalledPack[] {
  return names.flatMap((name) => {
    const ref = asPackRef(name);
    if (ref === undefined || published.has(ref) || !isDirectory(`${root}/${ref}`)) return [];
    const identity = ifReadable(() => readPackIdentity(`${root}/${ref}`));
    return identity === undefined ? [] : [{ ref, version: identity.version }];
  });
}

function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PacksyncError) && !isSystemError(error)) throw error;
    return undefined;
  }
}
