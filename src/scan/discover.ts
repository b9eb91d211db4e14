import { type Dirent, readdirSync } from "node:fs";
import { errnoOf, isSystemError, PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import type { Dialect } from "../pack/identity.ts";
import { componentDirectories, isDefinitionFile, isLitter } from "../pack/layout.ts";
import { entryAt } from "../pack/snapshot.ts";
import { lstatIfAny } from "../platform/absence.ts";
import { decodeName, listNames, printableName } from "../platform/names.ts";
import type { KnownPack } from "./store.ts";

/** A directory that packs come from; `development` packs may lack `pack.yaml`. */
export interface Source {
  readonly name: string;
  readonly path: string;
  readonly kind: "production" | "development";
  /** `mounted`: services read it where it is, so that it is only validated. */
  readonly mode?: "published" | "mounted" | undefined;
  /** Whose rules its packs follow: all of them, or by the directory's name; unset: each says so by what it has. */
  readonly dialect?: Dialect | Readonly<Record<string, Dialect>> | undefined;
}

/** Whose rules a directory's pack was set to follow. */
export function setDialect({ dialect }: Source, directory: string): Dialect | undefined {
  return typeof dialect === "object" ? entryAt(dialect, directory) : dialect;
}

/**
 * What a look into a source found. `packs` are the names of the directories that are packs, or were at the last look;
 * `absent`: the source's own directory does not exist; `unreadable`: it does, and cannot be listed.
 */
export interface SourceListing {
  readonly source: Source;
  readonly state: "listed" | "absent" | "unreadable";
  readonly packs: readonly string[];
  /** Not a single entry, dot-files and `lost+found` aside. */
  readonly isEmpty: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lists the packs of a source: the directories directly below it that hold a `pack.yaml`; in a development source
 * also those with a component directory that holds a definition. Packs are never looked for deeper.
 *
 * @throws PacksyncError `SOURCE_UNUSABLE` when the source is a pack itself: all it had would count as gone.
 */
export function discover(source: Source, known: ReadonlyMap<string, KnownPack>): SourceListing {
  let entries: readonly Entry[];
  try {
    entries = listEntries(source.path);
  } catch (error) {
    const state = errnoOf(error) === "ENOENT" ? "absent" : "unreadable";
    return { source, state, packs: [], isEmpty: true, diagnostics: [] };
  }
  if (entries.some(({ name, type }) => name === "pack.yaml" && type.isFile())) throw isPackItself(source);
  const named = entries.filter(({ name }) => !name.startsWith(".") && !isLitter(name) && name !== LOST_AND_FOUND);
  const packs = named.filter((entry) => isPack(source, entry, known));
  const isLinked = ({ name, type }: Entry) =>
    type.isSymbolicLink() && !known.has(name) && mayHoldManifest(source, name);
  const linked = named.filter(isLinked);
  const undecodable = packs.filter(({ name }) => !name.isWellFormed());
  return {
    source,
    state: "listed",
    packs: namesOf(packs).filter((name) => name.isWellFormed()),
    isEmpty: entries.every(({ name }) => name === LOST_AND_FOUND || name.startsWith(".")),
    diagnostics: [...namesOf(undecodable).map(undecodableName), ...namesOf(linked).map(linkedPack)],
  };
}

function isPackItself({ name, path }: Source): PacksyncError {
  return new PacksyncError(
    "SOURCE_UNUSABLE",
    `Expected the source \`${name}\` to hold packs, but ${path} is one itself.`,
    {
      hint: "Name the directory above it, which holds the packs.",
    },
  );
}

/** What `mkfs` makes at the root of a disk, for root only. */
const LOST_AND_FOUND = "lost+found";

interface Entry {
  readonly name: string;
  readonly type: Dirent<Buffer>;
}

function listEntries(path: string): readonly Entry[] {
  const entries = readdirSync(path, { withFileTypes: true, encoding: "buffer" });
  return entries.map((type) => ({ name: decodeName(type.name), type }));
}

function namesOf(entries: readonly Entry[]): string[] {
  return entries.map(({ name }) => name).sort();
}

function isPack(source: Source, { name, type }: Entry, known: ReadonlyMap<string, KnownPack>): boolean {
  if (type.isSymbolicLink()) return known.has(name); // its scan says what is wrong with it
  return type.isDirectory() && (known.has(name) || mayHoldManifest(source, name) || isBarePack(source, name));
}

/** Where nobody lets us look there may be one: the scan then says so, instead of nobody. */
function mayHoldManifest({ path }: Source, name: string): boolean {
  try {
    return lstatIfAny(`${path}/${name}/pack.yaml`) !== undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return true;
  }
}

/** What the quick start makes by hand: `mypack/actions/test.yaml` and no `pack.yaml`. */
function isBarePack({ kind, path }: Source, name: string): boolean {
  if (kind !== "development") return false;
  return componentDirectories.some((component) => {
    const files = namesIn(`${path}/${name}/${component}`);
    return files.some((file) => !isLitter(file) && isDefinitionFile(`${component}/${file}`));
  });
}

function namesIn(directory: string): readonly string[] {
  try {
    return listNames(directory);
  } catch {
    return [];
  }
}

function undecodableName(name: string): Diagnostic {
  const file = printableName(name);
  const message = `\`${file}\`: the name is not valid UTF-8`;
  return { severity: "error", code: "source.undecodable_name", message, file, hint: "Rename it." };
}

/** Nothing is read outside a source, so a pack cannot be a symlink; say so instead of ignoring it silently. */
function linkedPack(name: string): Diagnostic {
  const file = printableName(name);
  return {
    severity: "warning",
    code: "source.linked_pack",
    message: `\`${file}\` is a symlink; a pack's directory must stand in its source`,
    file,
    hint: "Move it here, or name its parent as a source of its own: --packs <name>=<dir>.",
  };
}
