import { type Dirent, readdirSync, statSync } from "node:fs";
import { errnoOf } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { componentDirectories, isDefinitionFile, isLitter } from "../pack/layout.ts";
import { printableName } from "../platform/names.ts";
import type { KnownPack } from "./store.ts";

/** A directory that packs come from; `development` packs may lack `pack.yaml`. */
export interface Source {
  readonly name: string;
  readonly path: string;
  readonly kind: "production" | "development";
}

/**
 * What a look into a source found. `packs` are the names of the directories that are packs, or were at the last look;
 * `absent`: the source's own directory does not exist; `unreadable`: it does, and cannot be listed.
 */
export interface SourceListing {
  readonly source: Source;
  readonly state: "listed" | "absent" | "unreadable";
  readonly packs: readonly string[];
  /** Not a single entry, `lost+found` aside. */
  readonly isEmpty: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lists the packs of a source: the directories directly below it that hold a `pack.yaml`; in a development source
 * also those with a component directory that holds a definition. Packs are never looked for deeper.
 */
export function discover(source: Source, known: ReadonlyMap<string, KnownPack>): SourceListing {
  let entries: Dirent[];
  try {
    entries = readdirSync(source.path, { withFileTypes: true });
  } catch (error) {
    const state = errnoOf(error) === "ENOENT" ? "absent" : "unreadable";
    return { source, state, packs: [], isEmpty: true, diagnostics: [] };
  }
  const named = entries.filter(({ name }) => !name.startsWith(".") && !isLitter(name));
  const packs = named.filter((entry) => entry.isDirectory() && isPack(source, entry.name, known));
  return {
    source,
    state: "listed",
    packs: packs.map(({ name }) => name).sort(),
    isEmpty: entries.every(({ name }) => name === "lost+found"),
    diagnostics: named.filter((entry) => entry.isSymbolicLink()).flatMap(({ name }) => linkedPack(source, name)),
  };
}

function isPack(source: Source, name: string, known: ReadonlyMap<string, KnownPack>): boolean {
  return known.has(name) || exists(`${source.path}/${name}/pack.yaml`) || isBarePack(source, name);
}

/** What the quick start makes by hand: `mypack/actions/test.yaml` and no `pack.yaml`. */
function isBarePack({ kind, path }: Source, name: string): boolean {
  if (kind !== "development") return false;
  return componentDirectories.some((component) => {
    const files = namesIn(`${path}/${name}/${component}`);
    return files.some((file) => !isLitter(file) && isDefinitionFile(`${component}/${file}`));
  });
}

/** Nothing is read outside a source, so a pack cannot be a symlink; say so instead of ignoring it silently. */
function linkedPack(source: Source, name: string): Diagnostic[] {
  const printable = printableName(name);
  if (!exists(`${source.path}/${name}/pack.yaml`)) return [];
  return [
    {
      severity: "warning",
      code: "source.linked_pack",
      message: `\`${printable}\` is a symlink; a pack's directory must stand in its source`,
      file: printable,
      hint: `Move it here, or name its parent as a source of its own: --packs <name>=<dir>.`,
    },
  ];
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
