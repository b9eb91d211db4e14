import { existsSync, lstatSync, realpathSync, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import type { Diagnostic } from "../pack/diagnostics.ts";
import { componentDirectories, isDefinitionFile } from "../pack/layout.ts";
import { isAbsence, lstatIfAny } from "../platform/absence.ts";
import { listNames, printableName } from "../platform/names.ts";
import { discover, type Source } from "../scan/discover.ts";
import type { SourceDirectory } from "../scan/look.ts";

/** A pack to look at. `only`: the one file of it that was asked for, relative to the pack. */
export interface Target {
  readonly at: SourceDirectory;
  readonly only: string | undefined;
}

/** What is to be looked at, and what is wrong with the directories that the packs lie in. */
export interface Targets {
  readonly targets: readonly Target[];
  readonly sources: readonly { readonly path: string; readonly diagnostics: readonly Diagnostic[] }[];
}

/**
 * The packs that paths name: each a pack, a directory of packs, or a file of a pack. Without paths: all of the sources.
 *
 * @param cwd absolute; where relative paths start
 * @throws PacksyncError `USAGE` when a path leads to no pack
 */
export function findTargets(paths: readonly string[], sources: readonly Source[], cwd: string): Targets {
  const found = paths.length === 0 ? [ofSources(sources)] : paths.map((path) => ofPath(resolve(cwd, path), sources));
  const targets = new Map(found.flatMap((each) => each.targets).map((target) => [keyOf(target), target]));
  return { targets: [...targets.values()], sources: found.flatMap((each) => each.sources) };
}

function keyOf({ at: { source, directory }, only = "" }: Target): string {
  return [source.path, directory, only].join("\0");
}

function ofSources(sources: readonly Source[]): Targets {
  const found = sources.map(packsIn);
  const targets = found.flatMap((each) => each.targets);
  const troubles = found.flatMap((each) => each.sources);
  if (targets.length + troubles.length > 0) return { targets, sources: troubles };
  const places = sources.map(({ path }) => `\`${path}\``).join(" and ");
  throw new PacksyncError("USAGE", `Expected packs in ${places}, got none.`, {
    hint: "Name a pack or a directory of packs: packsync validate <path>.",
  });
}

function packsIn(source: Source): Targets {
  const { packs, state, ...listing } = discover(source, new Map());
  const diagnostics = state === "unreadable" ? [unreadable(source)] : listing.diagnostics;
  const targets = packs.map((directory) => ({ at: { source, directory }, only: undefined }));
  return { targets, sources: diagnostics.length === 0 ? [] : [{ path: source.path, diagnostics }] };
}

function unreadable({ path }: Source): Diagnostic {
  const message = `Expected \`${printableName(path)}\` to be a directory that can be listed`;
  return { severity: "error", code: "source.unreadable", message, hint: "Let packsync's user read it." };
}

function ofPath(path: string, sources: readonly Source[]): Targets {
  const stats = statOf(path, sources);
  if (!stats.isDirectory()) return { targets: [ofFile(path, sources)], sources: [] };
  const real = realpathSync.native(path);
  if (isPack(real, sources)) return { targets: [{ at: placeOf(real, sources), only: undefined }], sources: [] };
  const found = packsIn(sourceAt(real, sources));
  if (found.targets.length > 0) return found;
  throw new PacksyncError("USAGE", `Expected a pack or a directory of packs, got neither in \`${path}\`.`, {
    hint: "A pack has a `pack.yaml`, or a definition in a directory such as `actions`.",
  });
}

function statOf(path: string, sources: readonly Source[]): Stats {
  try {
    const stats = lstatSync(path);
    return stats.isSymbolicLink() ? lstatSync(realpathSync.native(path)) : stats;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    // Other commands take a pack's name.
    const named = sources.map((source) => join(source.path, basename(path))).find((directory) => existsSync(directory));
    throw new PacksyncError(
      "USAGE",
      `Expected a pack, a directory of packs or a file of a pack, got nothing at \`${path}\`.`,
      {
        hint: named === undefined ? "Correct the path." : `Did you mean \`${named}\`?`,
        cause: error,
      },
    );
  }
}

/** A file's pack is the nearest directory above it that is one. */
function ofFile(path: string, sources: readonly Source[]): Target {
  const real = `${realpathSync.native(dirname(path))}/${basename(path)}`;
  for (let root = dirname(real); root !== "/"; root = dirname(root)) {
    if (isPack(root, sources)) return { at: placeOf(root, sources), only: real.slice(root.length + 1) };
  }
  throw new PacksyncError(
    "USAGE",
    `Expected \`${path}\` to be a file of a pack, but no directory above it is a pack.`,
    {
      hint: "A pack has a `pack.yaml`, or a definition in a directory such as `actions`.",
    },
  );
}

/** A source is none, even if one of its packs is called `actions`. */
function isPack(root: string, sources: readonly Source[]): boolean {
  if (lstatIfAny(`${root}/pack.yaml`) !== undefined) return true;
  if (sources.some(({ path }) => path === root)) return false;
  return componentDirectories.some((component) =>
    namesIn(`${root}/${component}`).some((name) => isDefinitionFile(`${component}/${name}`)),
  );
}

function namesIn(directory: string): readonly string[] {
  try {
    return listNames(directory);
  } catch {
    return [];
  }
}

function placeOf(root: string, sources: readonly Source[]): SourceDirectory {
  return { source: sourceAt(dirname(root), sources), directory: basename(root) };
}

/** A directory that nobody configured is judged as strictly as production: what is there is all there is. */
function sourceAt(path: string, sources: readonly Source[]): Source {
  const configured = sources.find((source) => source.path === path || realOf(source.path) === path);
  const name = basename(path);
  return configured ?? { name: name === "" ? "/" : name, path, kind: "production" };
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
