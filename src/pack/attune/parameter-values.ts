import { shown } from "../check-shape.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";
import type { ParameterType } from "./parameter-shape.ts";

/** That the values which a field names itself are among those that it takes. Templates may become anything. */
export function checkValues(field: Mapping, type: ParameterType | undefined, path: ValuePath, found: Finding[]): void {
  if (Array.isArray(field["enum"])) found.push(...checkEnum(field["enum"], type, path));
  const value = field["default"];
  if (!isAbsent(value) && !isTemplate(value)) found.push(...checkDefault(value, field, type, path));
}

/** Whether a value is of a type, as JSON Schema has it; `null` is no value, and fits. */
export function fitsType(value: unknown, type: ParameterType): boolean {
  if (isAbsent(value)) return true;
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "integer":
      return Number.isInteger(value) || typeof value === "bigint";
    case "boolean":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object":
      return isMapping(value);
    case "null":
      return false;
    default:
      return type satisfies never;
  }
}

export function isTemplate(value: unknown): boolean {
  return typeof value === "string" && /\{\{|\{%/.test(value);
}

function checkEnum(values: readonly unknown[], type: ParameterType | undefined, path: ValuePath): readonly Finding[] {
  if (values.length === 0) return [noValue([...path, "enum"])];
  const position = type === undefined ? -1 : values.findIndex((value) => !fitsType(value, type));
  if (position === -1) return [];
  return [
    {
      severity: "warning",
      code: "schema.invalid_enum",
      message: `Expected the values of \`enum\` to be of type \`${type}\`, got ${shown(values[position])}`,
      hint: type === "string" ? "Quote it." : "Mend the value, or the `type`.",
      path: [...path, "enum", position],
      at: "value",
    },
  ];
}

function noValue(path: ValuePath): Finding {
  return {
    severity: "warning",
    code: "schema.invalid_enum",
    message: "Expected `enum` to have a value, got an empty list: no value fits",
    hint: "Remove `enum` to take any value.",
    path,
    at: "value",
  };
}

function checkDefault(
  value: unknown,
  field: Mapping,
  type: ParameterType | undefined,
  path: ValuePath,
): readonly Finding[] {
  const expected = typeExpected(value, type) ?? choiceExpected(value, field["enum"]) ?? rangeExpected(value, field);
  if (expected === undefined) return [];
  return [
    {
      severity: "warning",
      code: "schema.invalid_default",
      message: `Expected \`default\` to be ${expected}, got ${shown(value)}`,
      hint: "Without a value the action gets this one, which the schema refuses from everybody else.",
      path: [...path, "default"],
      at: "value",
    },
  ];
}

function typeExpected(value: unknown, type: ParameterType | undefined): string | undefined {
  return type === undefined || fitsType(value, type) ? undefined : `of type \`${type}\``;
}

function choiceExpected(value: unknown, choices: unknown): string | undefined {
  if (typeof value === "object" || !Array.isArray(choices) || choices.length === 0) return undefined;
  if (choices.includes(value)) return undefined;
  const scalars = choices.filter((choice) => typeof choice !== "object").slice(0, 10);
  return `one of ${scalars.map((choice) => `\`${String(choice)}\``).join(", ")}`;
}

const SIZES = [
  ["minimum", "maximum", (value: unknown) => (typeof value === "number" ? value : undefined), ""],
  ["minLength", "maxLength", (value: unknown) => (typeof value === "string" ? value.length : undefined), " long"],
  ["minItems", "maxItems", (value: unknown) => (Array.isArray(value) ? value.length : undefined), " entries long"],
] as const;

function rangeExpected(value: unknown, field: Mapping): string | undefined {
  for (const [low, high, sizeOf, unit] of SIZES) {
    const [from, to, size] = [field[low], field[high], sizeOf(value)];
    if (size === undefined || (typeof from === "number" && typeof to === "number" && from > to)) continue;
    if (typeof from === "number" && size < from) return `at least \`${from}\`${unit}`;
    if (typeof to === "number" && size > to) return `at most \`${to}\`${unit}`;
  }
  return undefined;
}
