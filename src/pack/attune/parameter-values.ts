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

/** What the bounds of a value are about. */
interface Size {
  readonly low: string;
  readonly high: string;
  readonly of: number;
  readonly unit: string;
}

function sizeOf(value: unknown): Size | undefined {
  if (typeof value === "number") return { low: "minimum", high: "maximum", of: value, unit: "" };
  if (typeof value === "string") return { low: "minLength", high: "maxLength", of: value.length, unit: " long" };
  if (Array.isArray(value)) return { low: "minItems", high: "maxItems", of: value.length, unit: " entries long" };
  return undefined;
}

function rangeExpected(value: unknown, field: Mapping): string | undefined {
  const size = sizeOf(value);
  if (size === undefined) return undefined;
  const { [size.low]: from, [size.high]: to } = field;
  if (typeof from === "number" && typeof to === "number" && from > to) return undefined;
  if (typeof from === "number" && size.of < from) return `at least \`${from}\`${size.unit}`;
  if (typeof to === "number" && size.of > to) return `at most \`${to}\`${size.unit}`;
  return undefined;
}
