import { resolve } from "node:path";
import { PacksyncError } from "../errors.ts";
import { type Layer, originsOf } from "./layer.ts";
import { type Place, parseSettings, wrongValue } from "./problems.ts";
import type { RunSettings } from "./schema.ts";
import { DIRECTORIES, exampleOf, type Setting } from "./settings.ts";
import { type NamedSource, namedDirectory, PACKS_DEV, type SourceSettings } from "./sources.ts";

/** Where values have a name of their own each (flags, variables), and are no place that one could point at. */
export interface NamedPlace {
  readonly code: "USAGE" | "CONFIG_INVALID";
  readonly from: "flag" | "environment";
  /** Between name and value: ` ` or `=`. */
  readonly separator: string;
  /** What relative paths are relative to; absolute. */
  readonly cwd: string;
}

/** `name` is how the person said it: `--quiet`, `TARGET_PACKS_DIR`. */
export interface Given {
  readonly setting: Setting;
  readonly name: string;
  readonly value: unknown;
}

/** The schema is not loaded for directories alone, which is what most runs are given. */
export async function namedLayer(given: readonly Given[], place: NamedPlace, sources: SourceSettings): Promise<Layer> {
  const found = DIRECTORIES.flatMap((key) => given.filter(({ setting }) => setting.key === key));
  const directories: RunSettings = Object.fromEntries(
    found.map(({ setting: { key, example }, value, name }) => [
      key,
      directoryFrom(String(value), name, example, place),
    ]),
  );
  const others = given.filter(({ setting }) => !Object.hasOwn(directories, setting.key));

  const names = new Map(given.map(({ setting, name }) => [setting.key, name]));
  const nameOf = (key: string) => names.get(key) ?? key;
  const settings = { ...(await parsed(others, nameOf, place)), ...directories };
  return { settings, sources, origins: originsOf(settings, (key) => ({ from: place.from, name: nameOf(key) })) };
}

async function parsed(
  given: readonly Given[],
  nameOf: (key: string) => string,
  { code, separator }: NamedPlace,
): Promise<RunSettings> {
  if (given.length === 0) return {};
  const { runSettings } = await import("./schema.ts");
  const place: Place = {
    code,
    name: (path) => nameOf(path.join(".")),
    example: (path) => `${nameOf(path.join("."))}${separator}${exampleOf(path)}`,
  };
  const settings = nested(given);
  return parseSettings(runSettings(settings), settings, place);
}

/** In the shape of a file: sections hold their settings. */
function nested(given: readonly Given[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { setting, value } of given) {
    const [first = "", second] = setting.key.split(".");
    root[first] = second === undefined ? value : { ...(root[first] ?? {}), [second]: value };
  }
  return root;
}

/** A production source from `[name=]<directory>`. */
export function sourceFrom(text: string, name: string, place: NamedPlace): NamedSource {
  const { code, from, separator, cwd } = place;
  const source = namedDirectory(text);
  if (source !== undefined) {
    return { name: source.name, path: resolve(cwd, source.directory), kind: "production", origin: { from, name } };
  }
  const expected = "`[name=]<directory>`, with a name of letters, digits, `.`, `_` and `-`";
  throw new PacksyncError(code, wrongValue(name, expected, text), {
    hint: `Write for example \`${name}${separator}./packs\` or \`${name}${separator}extra=./more-packs\`.`,
  });
}

export function packsDevFrom(text: string, name: string, place: NamedPlace): NamedSource {
  const path = directoryFrom(text, name, "./packs.dev", place);
  return { name: PACKS_DEV, path, kind: "development", origin: { from: place.from, name } };
}

function directoryFrom(text: string, name: string, example: string, { code, separator, cwd }: NamedPlace): string {
  if (text !== "" && !text.includes("\0")) return resolve(cwd, text);
  throw new PacksyncError(code, wrongValue(name, "a directory", text), {
    hint: `Write for example \`${name}${separator}${example}\`.`,
  });
}
