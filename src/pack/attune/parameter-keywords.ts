import { shown } from "../check-shape.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";

type Test = readonly [expected: string, fits: (value: unknown) => boolean];

const NUMBER: Test = ["a number", (value) => typeof value === "number"];
const SIZE: Test = ["0 or a positive whole number", (value) => Number.isInteger(value) && Number(value) >= 0];
const MAPPING: Test = ["a mapping", isMapping];

/** Those that decide what values are taken. A wrong one makes the whole schema invalid: no value is taken any more. */
const KEYWORDS: readonly (readonly [keyword: string, Test])[] = [
  ["enum", ["a list", Array.isArray]],
  ["minimum", NUMBER],
  ["maximum", NUMBER],
  ["minLength", SIZE],
  ["maxLength", SIZE],
  ["minItems", SIZE],
  ["maxItems", SIZE],
  ["pattern", ["text", (value) => typeof value === "string"]],
  ["items", ["a mapping", (value) => isMapping(value) || typeof value === "boolean"]],
  ["properties", MAPPING],
];

export function checkKeywords(field: Mapping, path: ValuePath, found: Finding[]): void {
  for (const [key, [expected, fits]] of KEYWORDS) {
    const value = field[key];
    if (!isAbsent(value) && !fits(value)) found.push(invalidKeyword(value, [...path, key], expected, "error"));
  }
}

export function checkSecret({ secret }: Mapping, path: ValuePath, found: Finding[]): void {
  if (isAbsent(secret) || typeof secret === "boolean") return;
  found.push(invalidKeyword(secret, [...path, "secret"], "`true` or `false`", "warning"));
}

function invalidKeyword(value: unknown, path: ValuePath, expected: string, severity: "error" | "warning"): Finding {
  return {
    severity,
    code: "schema.invalid_keyword",
    message: `Expected \`${path.join(".")}\` to be ${expected}, got ${shown(value)}`,
    path,
    at: "value",
  };
}

const BOUNDS = [
  ["minimum", "maximum"],
  ["minLength", "maxLength"],
  ["minItems", "maxItems"],
] as const;

/** That there is a value between the bounds. */
export function checkBounds(field: Mapping, path: ValuePath, found: Finding[]): void {
  for (const [low, high] of BOUNDS) {
    const from = field[low];
    const to = field[high];
    if (typeof from !== "number" || typeof to !== "number" || from <= to) continue;
    found.push(emptyRange({ low, high, from, to }, path));
  }
}

interface Range {
  readonly low: string;
  readonly high: string;
  readonly from: number;
  readonly to: number;
}

function emptyRange({ low, high, from, to }: Range, path: ValuePath): Finding {
  return {
    severity: "warning",
    code: "schema.empty_range",
    message: `Expected \`${low}\` to be at most \`${high}\`, which is \`${to}\`, got \`${from}\`: no value fits`,
    hint: `Exchange \`${low}\` and \`${high}\`.`,
    path: [...path, low],
    at: "value",
  };
}
