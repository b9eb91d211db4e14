import {
  isPythonList,
  isPythonMapping,
  isTruthy,
  type PythonMapping,
  type PythonValue,
  pythonAt,
} from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { arrayCell, jsonCell, requiredText, textCell, Unfit } from "./coerce.ts";
import { definitionOf, lastPart, lowercased, NOTHING } from "./definition.ts";
import type { RowContext } from "./rows.ts";
import type { Row } from "./table.ts";

export interface RuntimeRow {
  readonly row: Row;
  /** What the runtime is called by those who want it, in small letters. */
  readonly names: readonly string[];
  /** All of its versions; `undefined`: nothing is said of them, and they stay as they are. */
  readonly versions: readonly Row[] | undefined;
}

export function runtimeRow(component: CatalogComponent, { pack, warn }: RowContext): RuntimeRow | undefined {
  const definition = definitionOf(component, "skipped");
  if (definition === undefined) return undefined;
  const { at } = definition;
  const given = at("ref", null);
  if (!isTruthy(given)) return void warn("Expected `ref`, got none: left out");
  if (typeof given !== "string" || given !== given.toLowerCase()) throw new Unfit("Expected `ref` in small letters");
  const name = requiredText(at("name", lastPart(given)), "name");
  const aliases = aliasesOf(at("aliases", []));
  const row = {
    ref: given,
    pack_ref: pack,
    name,
    description: textCell(at("description", ""), "description"),
    aliases: arrayCell(aliases, "aliases"),
    distributions: jsonCell(at("distributions", NOTHING), "distributions"),
    installation: jsonCell(at("installation", NOTHING), "installation"),
    execution_config: jsonCell(at("execution_config", NOTHING), "execution_config"),
  };
  return { row, names: [name.toLowerCase(), ...aliases], versions: versionsOf(given, at("versions", null), warn) };
}

/** A text is a list of its letters, as everywhere in Python. */
function aliasesOf(given: PythonValue): string[] {
  const items = typeof given === "string" ? [...given] : given;
  if (!isPythonList(items)) throw new Unfit("Expected `aliases` to be a list of texts");
  return items.map((item) => lowercased(item, "aliases"));
}

function versionsOf(ref: string, given: PythonValue, warn: RowContext["warn"]): readonly Row[] | undefined {
  if (given === null) return undefined;
  if (!isPythonList(given)) return void warn("Expected `versions` to be a list: they stay as they are");
  const rows = given.flatMap((entry) => {
    const version = isPythonMapping(entry) ? pythonAt(entry, "version") : undefined;
    if (isPythonMapping(entry) && typeof version === "string" && version.trim() !== "")
      return [versionRow(ref, version.trim(), entry)];
    warn("Expected each of `versions` to have a `version` in quotes: one is left out");
    return [];
  });
  return [...new Map(rows.map((row) => [row["version"], row])).values()];
}

function versionRow(ref: string, version: string, entry: PythonMapping): Row {
  const json = (key: string) => {
    const given = pythonAt(entry, key);
    return jsonCell(given === undefined ? NOTHING : given, `versions.${key}`);
  };
  const [major = null, minor = null, patch = null] = numbersIn(version);
  return {
    ref,
    version: textCell(version, "versions.version"),
    version_major: major,
    version_minor: minor,
    version_patch: patch,
    execution_config: json("execution_config"),
    distributions: json("distributions"),
    meta: json("meta"),
    is_default: String(isTruthy(pythonAt(entry, "is_default"))),
    available: "true",
  };
}

/** The leading digits of the first three parts: `1.2.3-rc1` has 1, 2 and 3, `abc` none. */
function numbersIn(version: string): (string | null)[] {
  return version.split(".", 3).map((part) => {
    const digits = /^\d+/.exec(part)?.[0];
    return digits === undefined ? null : String(Number(digits));
  });
}
