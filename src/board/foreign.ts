import { isSystemError } from "../errors.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { listNames, printableName } from "../platform/names.ts";
import { type ForeignAbout, readForeignAbout } from "../scan/foreign.ts";
import type { PackRow } from "./documents.ts";

/** Packs of the volume that packsync did not put there. */
export interface Foreign {
  /** @param isKnown whether packsync has something to do with a name */
  rows(root: string, isKnown: (name: string) => boolean): Promise<readonly PackRow[]>;
}

/** In bytes; longer ones are listed all the same, without what they say. */
const MAX_MANIFEST = 64 * 1024;

/** Each `pack.yaml` is read once as long as it stays what it is. */
export function createForeign(): Foreign {
  let read = new Map<string, { readonly stamp: string; readonly about: ForeignAbout | undefined }>();
  return {
    async rows(root, isKnown) {
      const found = namesIn(root).flatMap((name) => (isKnown(name) ? [] : manifestIn(root, name)));
      const now: typeof read = new Map();
      for (const { name, stamp } of found) {
        const before = read.get(name);
        const about =
          before?.stamp === stamp
            ? before.about
            : await readForeignAbout(`${root}/${name}`, name, { maxDefinitionSize: MAX_MANIFEST });
        now.set(name, { stamp, about });
      }
      read = now;
      return found.map(({ name }) => foreignRow(name, now.get(name)?.about));
    },
  };
}

function namesIn(root: string): string[] {
  try {
    return listNames(root).filter((name) => !name.startsWith("."));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return []; // the volume is not there: that is said elsewhere
  }
}

function manifestIn(root: string, name: string): { readonly name: string; readonly stamp: string }[] {
  try {
    if (lstatIfAny(`${root}/${name}`)?.isDirectory() !== true) return [];
    const stats = lstatIfAny(`${root}/${name}/pack.yaml`);
    if (stats?.isFile() !== true) return [];
    return [{ name, stamp: `${stats.ino}:${stats.ctimeMs}:${stats.size}` }];
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return [];
  }
}

function foreignRow(name: string, about: ForeignAbout | undefined): PackRow {
  return {
    ref: printableName(name),
    version: about?.version ?? null,
    label: about?.label ?? null,
    source: null,
    directory: null,
    dialect: about?.dialect ?? null,
    state: "foreign",
    origin: null,
    release: null,
    published_at: null,
    since: null,
    errors: 0,
    warnings: 0,
    is_registered: null,
    todo: null,
  };
}
