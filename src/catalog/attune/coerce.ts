import { isPythonList, isPythonMapping, PythonScalar, type PythonValue } from "../../pack/python-value.ts";

/** What a column is given: the text that PostgreSQL casts to its type; `null` is SQL's. */
export type Cell = string | null;

/** A value that its column cannot take; says so with the field's name. */
export class Unfit extends Error {
  override readonly name = "Unfit";
}

/** Of a `text` column: numbers, booleans, dates and lists become text, as PostgreSQL casts what psycopg2 sends. */
export function textCell(value: PythonValue, field: string): Cell {
  if (value === null) return null;
  if (isPythonList(value)) return arrayLiteral(value, field);
  if (isPythonMapping(value)) throw unfit(field, "a text", value);
  return storable(scalarText(value), field);
}

/** The same where the table has NOT NULL. */
export function requiredText(value: PythonValue, field: string): string {
  const cell = textCell(value, field);
  if (cell === null) throw unfit(field, "a text", value);
  return cell;
}

/** What PostgreSQL reads as a boolean, unique beginnings too. */
const TRUE = /^\s*(?:t|tr|tru|true|y|ye|yes|on|1)\s*$/i;
const FALSE = /^\s*(?:f|fa|fal|fals|false|n|no|of|off|0)\s*$/i;

/** Of a `boolean` column, NOT NULL. */
export function booleanCell(value: PythonValue, field: string): Cell {
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string" && TRUE.test(value)) return "true";
  if (typeof value === "string" && FALSE.test(value)) return "false";
  throw unfit(field, "`true` or `false`", value);
}

/** Of a `text[]` column, NOT NULL. */
export function arrayCell(value: PythonValue, field: string): Cell {
  if (typeof value === "string" && /^\s*\{.*\}\s*$/s.test(value)) return storable(value, field);
  if (!isPythonList(value)) throw unfit(field, "a list of texts", value);
  return arrayLiteral(value, field);
}

/** Of a `jsonb` column: `null` becomes JSON's. */
export function jsonCell(value: PythonValue, field: string): Cell {
  return jsonText(value, field);
}

function jsonText(value: PythonValue, field: string): string {
  if (value instanceof PythonScalar) {
    if (value.kind === "number") return value.text;
    throw new Unfit(`Expected \`${field}\` to have values that JSON knows, got ${shown(value)}: quote it`);
  }
  if (typeof value === "string") return JSON.stringify(storable(value, field));
  if (isPythonList(value)) return `[${value.map((item) => jsonText(item, field)).join(",")}]`;
  if (!isPythonMapping(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => {
    return `${JSON.stringify(storable(key, field))}:${jsonText(item, field)}`;
  });
  return `{${entries.join(",")}}`;
}

/** PostgreSQL has neither NUL nor half a character. */
function storable(text: string, field: string): string {
  if (!text.includes("\0") && text.isWellFormed()) return text;
  throw new Unfit(`Expected \`${field}\` to be text that PostgreSQL can store, got a NUL or half a character`);
}

function scalarText(value: boolean | number | string | PythonScalar): string {
  if (value instanceof PythonScalar) return value.text;
  return typeof value === "number" ? decimal(value) : String(value);
}

/** Without exponent, as `numeric` is printed. */
function decimal(value: number): string {
  const [digits = "", exponent] = String(value).split("e");
  if (exponent === undefined) return digits;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d)(?:\.(\d+))?$/.exec(digits) ?? [];
  const shift = Number(exponent);
  return shift < 0
    ? `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(shift, "0")}`;
}

/** PostgreSQL wants all items of one type, and takes a text for any other that it can be read as. */
function arrayLiteral(items: readonly PythonValue[], field: string): string {
  const types = new Set(items.filter((item) => item !== null && typeof item !== "string").map(typeOf));
  if (types.size > 1)
    throw new Unfit(`Expected all items of \`${field}\` to be of one type, got ${[...types].join(" and ")}`);
  const [type] = types;
  if (type === "a mapping") throw new Unfit(`Expected \`${field}\` to be a list of texts, got a mapping in it`);
  return `{${items.map((item) => itemLiteral(item, type, field)).join(",")}}`;
}

function itemLiteral(item: PythonValue, type: string | undefined, field: string): string {
  if (item === null) return "NULL";
  if (isPythonList(item)) return arrayLiteral(item, field);
  if (isPythonMapping(item)) throw new Unfit(`Expected \`${field}\` to be a list of texts, got a mapping in it`);
  const text = storable(scalarText(item), field);
  if (typeof item === "string" && type !== undefined && !isReadAs(text, type)) {
    throw new Unfit(
      `Expected all items of \`${field}\` to be of one type, got ${type} and the text \`${text.slice(0, 60)}\``,
    );
  }
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

function isReadAs(text: string, type: string): boolean {
  if (type === "a boolean") return TRUE.test(text) || FALSE.test(text);
  return type === "a number" && /^\s*[-+]?\d+\s*$/.test(text);
}

function typeOf(value: PythonValue): string {
  if (value === null) return "nothing";
  if (isPythonList(value)) return "a list";
  if (value instanceof PythonScalar) return value.kind === "time" ? "a date" : "a number";
  return typeof value === "object" ? "a mapping" : `a ${typeof value === "string" ? "text" : typeof value}`;
}

function unfit(field: string, expected: string, got: PythonValue): Unfit {
  return new Unfit(`Expected \`${field}\` to be ${expected}, got ${shown(got)}`);
}

function shown(value: PythonValue): string {
  if (value === null || isPythonList(value) || isPythonMapping(value)) return typeOf(value);
  return `${typeOf(value).replace(/^a /, "the ")} \`${scalarText(value).slice(0, 60)}\``;
}
