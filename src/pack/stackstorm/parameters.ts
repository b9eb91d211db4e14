import * as z from "zod/mini";
import { excerpt } from "../excerpt.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import { anyMap, anyMaps, bool, closed, field, filled, number, once, oneOf, text } from "../schema/shape.ts";
import { isTemplate } from "./common.ts";

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string", "raw_string"] as const;
const type = once(() => oneOf(TYPES));
const count = once(() => z.int().check(z.gte(0)));
const schemas = once(() => z.union([anyMap, anyMaps]));
const schemaOrFlag = once(() => z.union([bool, anyMap]));

/**
 * One parameter of an action, or one setting of a pack. Source: st2common/util/schema/action_params.json, which is JSON
 * Schema's draft 4 with `required` inline, and with `secret`, `immutable` and `position`. What is nested in it
 * (`properties`, `items`) is left to the platform.
 */
const parameter = once(() =>
  closed({
    type: filled("What kind of value it is; default string", z.union([type(), z.array(z.union([type(), anyMap]))])),
    description: filled("What it is for", text),
    default: field("What it is when nobody says; may be a template", z.unknown()),
    required: filled("Whether it has to be given; default false", bool),
    secret: filled("Whether it is masked in logs and results; default false", bool),
    immutable: filled("Whether callers are forbidden to change it; needs a `default`", bool),
    position: filled("Its place among the positional arguments of a script, from 0", number.check(z.gte(0))),
    enum: filled("The values that it may have", z.array(z.unknown()).check(z.minLength(1))),
    items: filled("What the items of an array are", schemas()),
    properties: filled("What the fields of an object are", anyMap),
    patternProperties: filled("What fields are whose names match", anyMap),
    additionalProperties: filled("Whether an object may have other fields, or what they are", schemaOrFlag()),
    additionalItems: filled("Whether an array may have more items, or what they are", schemaOrFlag()),
    minimum: filled("The smallest number", number),
    maximum: filled("The largest number", number),
    exclusiveMinimum: filled("Whether `minimum` itself is too small", bool),
    exclusiveMaximum: filled("Whether `maximum` itself is too large", bool),
    multipleOf: filled("What the number is a multiple of", number),
    minLength: filled("How short a text may be", count()),
    maxLength: filled("How long a text may be", count()),
    pattern: filled("A regular expression that a text matches", text),
    minItems: filled("How few items an array may have", count()),
    maxItems: filled("How many items an array may have", count()),
    uniqueItems: filled("Whether no two items are equal", bool),
    minProperties: filled("How few fields an object may have", count()),
    maxProperties: filled("How many fields an object may have", count()),
    dependencies: filled("What else must be there if a field is", anyMap),
    definitions: filled("Schemas to refer to", anyMap),
    allOf: filled("Schemas that all fit", anyMaps),
    anyOf: filled("Schemas of which one fits or more", anyMaps),
    oneOf: filled("Schemas of which exactly one fits", anyMaps),
    not: filled("A schema that does not fit", anyMap),
    title: filled("A heading", text),
    id: filled("JSON Schema's `id`", text),
    $schema: filled("JSON Schema's `$schema`", text),
  }),
);

export const parameters = once(() => z.record(z.string(), parameter()));

/** What is wrong with parameters beyond their shape: names, and values that disagree with the declared type. */
export function checkParameters(value: unknown, path: ValuePath): Finding[] {
  if (!isMapping(value)) return [];
  const entries = Object.entries(value);
  return [
    ...entries.flatMap(([name]) => checkName(name, path)),
    ...entries.flatMap(([name, schema]) => (isMapping(schema) ? checkValues(schema, [...path, name]) : [])),
    ...checkPositions(value, path),
  ];
}

function checkName(name: string, path: ValuePath): Finding[] {
  if (/^[\p{L}\p{M}\p{N}_]+$/u.test(name)) return [];
  const message = `Expected the name of a parameter to have letters, digits and \`_\`, got \`${excerpt(name)}\``;
  return [{ severity: "error", code: "schema.invalid_name", message, path: [...path, name], at: "key" }];
}

function checkValues(schema: Mapping, path: ValuePath): Finding[] {
  const { type: declared, default: fallback, enum: allowed } = schema;
  const values = Array.isArray(allowed) ? allowed : [];
  return [
    ...values.flatMap((each, index) => checkType(each, declared, [...path, "enum", index])),
    ...checkType(fallback, declared, [...path, "default"]),
    ...checkDefaultInEnum(fallback, values, path),
    ...checkImmutable(schema, path),
  ];
}

/** It only breaks for callers who do not give the value themselves, so the pack is not refused. */
function checkType(value: unknown, declared: unknown, path: ValuePath): Finding[] {
  const isOpen = isAbsent(value) || isTemplate(value);
  if (isOpen || typeof declared !== "string" || fits(value, declared)) return [];
  const isDefault = path.at(-1) === "default";
  return [
    {
      severity: "warning",
      code: isDefault ? "schema.invalid_default" : "schema.invalid_enum",
      message: `Expected ${isDefault ? "`default`" : "a value of `enum`"} to be of type \`${declared}\`, got ${shown(value)}`,
      hint: `${hintFor(value, declared)}: the platform refuses the call otherwise.`,
      path,
      at: "value",
    },
  ];
}

function fits(value: unknown, declared: string): boolean {
  switch (declared) {
    case "string":
    case "raw_string":
      return typeof value === "string";
    case "integer":
      return Number.isInteger(value);
    case "number":
    case "boolean":
      return typeof value === declared;
    case "array":
      return Array.isArray(value);
    case "object":
      return isMapping(value);
    default:
      return true;
  }
}

function hintFor(value: unknown, declared: string): string {
  const isScalar = typeof value === "boolean" || typeof value === "number";
  return declared === "string" && isScalar ? `Quote it: \`"${value}"\`` : `Write a value of type \`${declared}\``;
}

function checkDefaultInEnum(fallback: unknown, allowed: readonly unknown[], path: ValuePath): Finding[] {
  const isScalar = typeof fallback === "string" || typeof fallback === "number" || typeof fallback === "boolean";
  if (!isScalar || isTemplate(fallback) || allowed.length === 0 || allowed.includes(fallback)) return [];
  return [
    {
      severity: "warning",
      code: "schema.invalid_default",
      message: `Expected \`default\` to be one of \`enum\`, got ${shown(fallback)}`,
      path: [...path, "default"],
      at: "value",
    },
  ];
}

/** A parameter of the runner may have its default there, so this is no error. */
function checkImmutable(schema: Mapping, path: ValuePath): Finding[] {
  if (schema["immutable"] !== true || Object.hasOwn(schema, "default")) return [];
  const message = "Expected `default` beside `immutable: true`, got none: nobody can give it a value";
  return [
    { severity: "warning", code: "schema.immutable_without_default", message, path: [...path, "immutable"], at: "key" },
  ];
}

/** The registrar refuses two parameters in one place (`_validate_parameters`). */
function checkPositions(parameters: Mapping, path: ValuePath): Finding[] {
  const taken = new Map<number, string>();
  const findings: Finding[] = [];
  for (const [name, schema] of Object.entries(parameters)) {
    const position = isMapping(schema) ? schema["position"] : undefined;
    if (typeof position !== "number") continue;
    const other = taken.get(position);
    if (other === undefined) taken.set(position, name);
    else findings.push(samePosition(position, other, [...path, name, "position"]));
  }
  return findings;
}

function samePosition(position: number, other: string, path: ValuePath): Finding {
  const message = `Expected a \`position\` of its own, got \`${position}\`, which \`${excerpt(other)}\` has`;
  return { severity: "error", code: "schema.duplicate_position", message, path, at: "value" };
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return isMapping(value) ? "a mapping" : `\`${excerpt(JSON.stringify(value) ?? "")}\``;
}
