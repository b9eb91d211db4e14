import {
  isPythonMapping,
  isTruthy,
  type PythonMapping,
  PythonScalar,
  type PythonValue,
  pythonAt,
} from "../../pack/python-value.ts";
import type { CatalogComponent } from "../catalog.ts";
import { Unfit } from "./coerce.ts";

/** A definition as the loader sees it: its mapping, and what is read out of it with Python's defaults. */
export interface Definition {
  readonly file: string;
  readonly value: PythonMapping;
  readonly script: string | undefined;
  /** What stands at `key`; `otherwise` only where the key is absent: an explicit null is passed on. */
  at(key: string, otherwise: PythonValue): PythonValue;
}

/**
 * @throws Unfit where the loader would fail
 * @returns `undefined` for a file that says nothing, if such a file does no harm
 */
export function definitionOf(component: CatalogComponent, empty: "skipped" | "refused"): Definition | undefined {
  const { file, definition, problem, script } = component;
  if (definition === undefined) throw new Unfit(`Expected YAML as PyYAML reads it: ${problem ?? "it is gone"}`);
  if (empty === "skipped" && !isTruthy(definition)) return undefined;
  if (!isPythonMapping(definition)) throw new Unfit("Expected `key: value` lines");
  const at = (key: string, otherwise: PythonValue) => {
    const given = pythonAt(definition, key);
    return given === undefined ? otherwise : given;
  };
  return { file, value: definition, script, at };
}

/** An empty mapping, the default of most columns. */
export const NOTHING: PythonMapping = {};

/** Two words around one dot, in small letters: what the tables' CHECKs take. */
const TWO_PARTS = /^[^.]+\.[^.]+$/;

/** `<pack>.<name>`, from `ref`, or from `name` where that is missing. */
export function refOf({ value, at }: Definition, pack: string): string {
  const ref = at("ref", null);
  if (isTruthy(ref)) return checkedRef(ref);
  const name = pythonAt(value, "name");
  if (name === undefined) throw new Unfit("Expected `ref`, got none");
  return checkedRef(`${pack}.${pythonText(name)}`);
}

/** @throws Unfit for what the table refuses */
export function checkedRef(ref: PythonValue): string {
  if (typeof ref === "string" && TWO_PARTS.test(ref) && ref === ref.toLowerCase() && !ref.includes("\0")) return ref;
  throw new Unfit(
    `Expected \`ref\` to be \`<pack>.<name>\` in small letters, got \`${pythonText(ref).slice(0, 100)}\``,
  );
}

export function lastPart(ref: string): string {
  return ref.slice(ref.lastIndexOf(".") + 1);
}

/** `x` is `pack.x`. */
export function prefixed(ref: string, pack: string): string {
  return ref.includes(".") ? ref : `${pack}.${ref}`;
}

/** `http_request` is `Http Request`: the rest of each word becomes small. */
export function generatedLabel(name: string): string {
  const words = name
    .replaceAll("_", " ")
    .split(/\s+/)
    .filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join(" ");
}

/** A text in small letters. @throws Unfit for anything else */
export function lowercased(value: PythonValue, field: string): string {
  if (typeof value === "string") return value.toLowerCase();
  throw new Unfit(`Expected \`${field}\` to be a text, got \`${pythonText(value).slice(0, 60)}\``);
}

/** What Python's `str()` makes of it. */
function pythonText(value: PythonValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof PythonScalar) return value.text;
  return typeof value === "object" ? (Array.isArray(value) ? "a list" : "a mapping") : String(value);
}
