import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import { INSTALLED } from "../plan/installed.ts";
import type { SourceConfig } from "./config.ts";
import { type Origin, originText } from "./origin.ts";

/** A source's name: its identity in the ledger. */
export const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A source, and who named it. */
export interface NamedSource extends SourceConfig {
  readonly origin: Origin;
}

/**
 * What one layer says about sources. A file lists `all`; flags and variables set the `production` ones, or
 * the one development source that has a flag of its own, and leave the others as they were.
 */
export interface SourceSettings {
  readonly all?: readonly NamedSource[];
  readonly production?: readonly NamedSource[];
  readonly packsDev?: NamedSource;
}

/** The name of the production source that is given without one. */
export const PACKS = "packs";
export const PACKS_DEV = "packs.dev";

/** Development sources come last: a later source shadows an earlier one. */
export function mergeSources(below: readonly NamedSource[], layer: SourceSettings): readonly NamedSource[] {
  const { packsDev } = layer;
  const others = (layer.all ?? below).filter(({ name }) => packsDev === undefined || name !== PACKS_DEV);
  const production = layer.production ?? others.filter(({ kind }) => kind === "production");
  const development = others.filter(({ kind }) => kind === "development");
  return [...production, ...development, ...(packsDev === undefined ? [] : [packsDev])];
}

/** One `[name=]<directory>`, or `undefined` if it is none. With a slash before its `=` it is a directory. */
export function namedDirectory(text: string): { readonly name: string; readonly directory: string } | undefined {
  const { name = PACKS, directory = "" } = /^(?:(?<name>[^/=]*)=)?(?<directory>[^\0]+)$/.exec(text)?.groups ?? {};
  return SOURCE_NAME.test(name) && directory !== "" ? { name, directory } : undefined;
}

type FileSource = Pick<SourceConfig, "path"> & Partial<Pick<SourceConfig, "kind" | "dialect" | "mode">>;

/** The sources of a file, in the file's order: `originOf` also says in which line a source stands. */
export function fileSources(
  sources: Readonly<Record<string, string | FileSource>>,
  base: string,
  originOf: (name: string) => Extract<Origin, { from: "file" }>,
): readonly NamedSource[] {
  return Object.entries(sources)
    .map(([name, source]) => {
      const about: FileSource = typeof source === "string" ? { path: source } : source;
      const { path, kind = name === PACKS_DEV ? "development" : "production", ...how } = about;
      return { name, path: resolve(base, path), kind, ...how, origin: originOf(name) };
    })
    .sort(({ origin: a }, { origin: b }) => a.line - b.line || a.column - b.column); // JavaScript puts `2` before `a`
}

/** @throws PacksyncError if two sources are one, or a source and the volume are not apart */
export function checkSources(
  sources: readonly NamedSource[],
  volume: { readonly path: string; readonly origin: Origin },
): void {
  for (const [index, source] of sources.entries()) {
    for (const other of sources.slice(0, index)) checkTwo(other, source);
    checkApart(source, volume);
    checkName(source);
  }
}

function checkTwo(first: NamedSource, second: NamedSource): void {
  const both = `${told(first)} and ${told(second)}`;
  if (first.name === second.name) {
    throw conflict(`Expected each source to have a name of its own, got \`${second.name}\` twice: ${both}`, second, {
      hint: `Name one of them differently, e.g. \`--packs other=${second.path}\`.`,
    });
  }
  if (real(first.path) === real(second.path)) {
    const names = `\`${first.name}\` and \`${second.name}\``;
    throw conflict(`Expected each source to have a directory of its own, got one for ${names}: ${both}`, second, {
      hint: "Drop one of them, or give it another directory.",
    });
  }
}

function checkName(source: NamedSource): void {
  if (source.name !== INSTALLED) return;
  throw conflict(`Expected the source to have another name than \`${INSTALLED}\`: ${told(source)}`, source, {
    hint: "That is where packsync keeps what was installed. Name it differently.",
  });
}

function checkApart(source: NamedSource, volume: { readonly path: string; readonly origin: Origin }): void {
  const [inner, outer] = [real(source.path), real(volume.path)];
  if (!contains(inner, outer) && !contains(outer, inner)) return;
  const message =
    `Expected the source \`${source.name}\` and the volume to be apart, neither inside the other, ` +
    `got ${told(source)} and ${told(volume)}`;
  throw conflict(message, source.origin.from === "file" ? source : volume, {
    hint: `Move one of them: \`--volume\` for the volume, \`${flagFor(source)}\` for the source.`,
  });
}

function flagFor({ name, kind }: NamedSource): string {
  if (name === PACKS_DEV) return "--packs-dev <dir>";
  return kind === "production" ? `--packs ${name === PACKS ? "" : `${name}=`}<dir>` : `sources.${name}`;
}

function told({ path, origin }: { readonly path: string; readonly origin: Origin }): string {
  return `\`${path}\` (${originText(origin)})`;
}

function conflict(message: string, { origin }: { readonly origin: Origin }, { hint }: { hint: string }): PacksyncError {
  const position = origin.from === "file" ? origin : undefined;
  return new PacksyncError("CONFIG_INVALID", message, { hint, position });
}

function contains(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way !== ".." && !way.startsWith("../");
}

/** Without symlinks, as far as the path exists. */
function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent), basename(path));
  }
}
