import { shown } from "../check-shape.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import { checkBounds, checkKeywords } from "./parameter-keywords.ts";
import { type ParameterType, parameterTypes } from "./parameter-shape.ts";
import { checkValues } from "./parameter-values.ts";
import type { Relabelling } from "./relabel.ts";

/** How deep schemas are looked into; nobody nests deeper on purpose. */
const MAX_DEPTH = 50;

/** Whether a field stands in the platform's flat map, or inside one, where JSON Schema holds. */
type Place = "flat" | "nested";

/**
 * The schemas of what an action, trigger or pack takes and gives. The platform reads a flat map of fields, each with its
 * own `required` and `secret`; JSON Schema for the whole is what many templates have.
 */
export function checkParameters(value: Mapping, keys: readonly string[]): readonly Finding[] {
  return keys.flatMap((key) => checkFields(value[key], key));
}

/**
 * So that nothing is reported twice: `checkParameters` knows more than the shape of a flat map. In JSON Schema for the whole,
 * the names below `properties` are the author's own, not misspelt keywords.
 */
export function checkedParameters(keys: readonly string[]): readonly Relabelling[] {
  return keys.flatMap((at) => [
    { at: `${at}.properties`, drop: "all" },
    { at, drop: "shape" },
  ]);
}

function checkFields(schema: unknown, key: string): readonly Finding[] {
  if (isAbsent(schema)) return [];
  if (!isMapping(schema)) return [notObject(schema, key)];
  if (!isJsonSchema(schema)) return fieldsIn(schema, [key], "flat", 0);
  const properties = schema["properties"];
  const inside = isMapping(properties) ? fieldsIn(properties, [key, "properties"], "nested", 0) : [];
  return [jsonSchema(key), ...inside];
}

/** In a flat map, `type` and `required` would be fields themselves, and so mappings. */
function isJsonSchema({ type, required }: Mapping): boolean {
  return typeof type === "string" || Array.isArray(required);
}

function fieldsIn(fields: Mapping, path: ValuePath, place: Place, depth: number): readonly Finding[] {
  if (depth > MAX_DEPTH) return [];
  return Object.entries(fields).flatMap(([name, field]) => checkField(field, [...path, name], place, depth));
}

function checkField(field: unknown, path: ValuePath, place: Place, depth: number): readonly Finding[] {
  if (!isMapping(field)) return place === "nested" && typeof field === "boolean" ? [] : [noField(field, path)];
  const type = knownType(field["type"]);
  return [
    ...checkType(field["type"], path, place),
    ...checkRequired(field, path, place),
    ...checkKeywords(field, path),
    ...checkBounds(field, path),
    ...checkValues(field, type, path),
    ...checkInside(field, path, depth + 1),
  ];
}

function knownType(type: unknown): ParameterType | undefined {
  return parameterTypes.find((known) => known === type);
}

function checkInside({ items, properties }: Mapping, path: ValuePath, depth: number): readonly Finding[] {
  if (depth > MAX_DEPTH) return [];
  return [
    ...(isMapping(items) ? checkField(items, [...path, "items"], "nested", depth) : []),
    ...(isMapping(properties) ? fieldsIn(properties, [...path, "properties"], "nested", depth) : []),
  ];
}

function checkType(type: unknown, path: ValuePath, place: Place): readonly Finding[] {
  if (typeof type === "string") return knownType(type) === undefined ? [unknownType(type, path)] : [];
  if (place === "nested") return [];
  const [where, at] = isAbsent(type) ? ([path, "key"] as const) : ([[...path, "type"], "value"] as const);
  return [
    {
      severity: "warning",
      code: "schema.missing_type",
      message: `Expected \`type\` of \`${path.join(".")}\` to be one type, got ${isAbsent(type) ? "none" : shown(type)}`,
      hint: `Add one of ${parameterTypes.map((known) => `\`${known}\``).join(", ")}.`,
      path: where,
      at,
    },
  ];
}

/** Of a flat field `true` or `false`; inside, as JSON Schema has it, the names of keys. */
function checkRequired({ required }: Mapping, path: ValuePath, place: Place): readonly Finding[] {
  if (isAbsent(required)) return [];
  if (place === "flat" ? typeof required === "boolean" : Array.isArray(required)) return [];
  const expected = place === "flat" ? "`true` or `false`" : "a list of keys, as inside of JSON Schema";
  return [
    {
      severity: "warning",
      code: "schema.invalid_required",
      message: `Expected \`required\` to be ${expected}, got ${shown(required)}`,
      hint:
        place === "flat"
          ? "Write `required: true`; the platform takes anything else for `false`."
          : "Move it up, beside `properties`: `required: [name]`.",
      path: [...path, "required"],
      at: "value",
    },
  ];
}

function notObject(schema: unknown, key: string): Finding {
  return {
    severity: "error",
    code: "schema.not_object",
    message: `Expected \`${key}\` to be a mapping of fields, got ${shown(schema)}`,
    hint: `Write a field a line: \`name: {type: string}\`.`,
    path: [key],
    at: "value",
  };
}

function jsonSchema(key: string): Finding {
  return {
    severity: "warning",
    code: "schema.json_schema",
    message: `Expected \`${key}\` to be a flat map, name → field, got JSON Schema for the whole`,
    hint: "Move what is below `properties` up, and write `required: true` into each field that has to be given: not every part of the platform understands JSON Schema here.",
    path: [key],
    at: "key",
  };
}

function noField(field: unknown, path: ValuePath): Finding {
  return {
    severity: "error",
    code: "schema.invalid_field",
    message: `Expected \`${path.join(".")}\` to be a mapping with a \`type\`, got ${shown(field)}`,
    hint: `Write e.g. \`${path.at(-1)}: {type: string}\`.`,
    path,
    at: "value",
  };
}

const MEANT: Readonly<Record<string, ParameterType>> = {
  str: "string",
  text: "string",
  int: "integer",
  float: "number",
  double: "number",
  bool: "boolean",
  list: "array",
  dict: "object",
  map: "object",
  hash: "object",
};

/** The platform makes a JSON Schema of it for each execution, and there such a type is an error. */
function unknownType(type: string, path: ValuePath): Finding {
  const known = parameterTypes.map((each) => `\`${each}\``).join(", ");
  const name = type.trim().toLowerCase();
  const meant = knownType(name) ?? (Object.hasOwn(MEANT, name) ? MEANT[name] : undefined);
  return {
    severity: "error",
    code: "schema.invalid_type",
    message: `Expected \`type\` to be one of ${known}, got ${shown(type)}`,
    hint: meant === undefined ? "Of a text that has a form, the `format` says which." : `Write \`type: ${meant}\`.`,
    path: [...path, "type"],
    at: "value",
  };
}
