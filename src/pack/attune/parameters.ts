import { shown } from "../check-shape.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import { checkBounds, checkKeywords, checkSecret } from "./parameter-keywords.ts";
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
  const found: Finding[] = [];
  for (const key of keys) checkFields(value[key], key, found);
  return found;
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

/** All below put what they find into one list: nearly every field is right, and there are ten in a definition. */
function checkFields(schema: unknown, key: string, found: Finding[]): void {
  if (isAbsent(schema)) return;
  if (!isMapping(schema)) {
    found.push(notObject(schema, key));
  } else if (!isJsonSchema(schema)) {
    fieldsIn(schema, [key], { place: "flat", depth: 0, found });
  } else {
    found.push(jsonSchema(key));
    const properties = schema["properties"];
    if (isMapping(properties)) fieldsIn(properties, [key, "properties"], { place: "nested", depth: 0, found });
  }
}

interface Level {
  readonly place: Place;
  readonly depth: number;
  readonly found: Finding[];
}

/** In a flat map, `type` and `required` would be fields themselves, and so mappings. */
function isJsonSchema({ type, required }: Mapping): boolean {
  return typeof type === "string" || Array.isArray(required);
}

function fieldsIn(fields: Mapping, path: ValuePath, level: Level): void {
  if (level.depth > MAX_DEPTH) return;
  for (const name of Object.keys(fields)) checkField(fields[name], [...path, name], level);
}

function checkField(field: unknown, path: ValuePath, level: Level): void {
  const { place, depth, found } = level;
  if (!isMapping(field)) {
    if (place === "flat" || typeof field !== "boolean") found.push(noField(field, path));
    return;
  }
  const type = KNOWN_TYPES.get(field["type"]);
  if (type === undefined) checkType(field["type"], path, level);
  checkRequired(field, path, level);
  const isConstrained = hasConstraints(field);
  if (isConstrained) checkKeywords(field, path, found);
  checkSecret(field, path, found);
  if (isConstrained) checkBounds(field, path, found);
  checkValues(field, type, path, found);
  if (isConstrained) checkInside(field, path, { place: "nested", depth: depth + 1, found });
}

const KNOWN_TYPES: ReadonlyMap<unknown, ParameterType> = new Map(parameterTypes.map((type) => [type, type]));

/** All that most fields say; about anything more there is much more to ask. */
const PLAIN_KEYS: ReadonlySet<string> = new Set(["type", "description", "required", "default", "secret"]);

function hasConstraints(field: Mapping): boolean {
  for (const key in field) if (!PLAIN_KEYS.has(key)) return true;
  return false;
}

function checkInside({ items, properties }: Mapping, path: ValuePath, level: Level): void {
  if (level.depth > MAX_DEPTH) return;
  if (isMapping(items)) checkField(items, [...path, "items"], level);
  if (isMapping(properties)) fieldsIn(properties, [...path, "properties"], level);
}

/** Of a type that is none of those. */
function checkType(type: unknown, path: ValuePath, { place, found }: Level): void {
  if (typeof type === "string") {
    found.push(unknownType(type, path));
    return;
  }
  if (place === "nested") return;
  const [where, at] = isAbsent(type) ? ([path, "key"] as const) : ([[...path, "type"], "value"] as const);
  found.push({
    severity: "warning",
    code: "schema.missing_type",
    message: `Expected \`type\` of \`${path.join(".")}\` to be one type, got ${isAbsent(type) ? "none" : shown(type)}`,
    hint: `Add one of ${parameterTypes.map((known) => `\`${known}\``).join(", ")}.`,
    path: where,
    at,
  });
}

/** Of a flat field `true` or `false`; inside, as JSON Schema has it, the names of keys. */
function checkRequired({ required }: Mapping, path: ValuePath, { place, found }: Level): void {
  if (isAbsent(required)) return;
  if (place === "flat" ? typeof required === "boolean" : Array.isArray(required)) return;
  const expected = place === "flat" ? "`true` or `false`" : "a list of keys, as inside of JSON Schema";
  found.push({
    severity: "warning",
    code: "schema.invalid_required",
    message: `Expected \`required\` to be ${expected}, got ${shown(required)}`,
    hint:
      place === "flat"
        ? "Write `required: true`; the platform takes anything else for `false`."
        : "Move it up, beside `properties`: `required: [name]`.",
    path: [...path, "required"],
    at: "value",
  });
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
  const meant = KNOWN_TYPES.get(name) ?? (Object.hasOwn(MEANT, name) ? MEANT[name] : undefined);
  return {
    severity: "error",
    code: "schema.invalid_type",
    message: `Expected \`type\` to be one of ${known}, got ${shown(type)}`,
    hint: meant === undefined ? "Of a text that has a form, the `format` says which." : `Write \`type: ${meant}\`.`,
    path: [...path, "type"],
    at: "value",
  };
}
