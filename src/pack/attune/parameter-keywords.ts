import { shown } from "../check-shape.ts";
import type { Finding, ValuePath } from "../finding.ts";
import { isAbsent, isMapping, type Mapping } from "../mapping.ts";

interface Keyword {
  readonly keyword: string;
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

const NUMBER = { expected: "a number", fits: (value: unknown) => typeof value === "number" };
const SIZE = {
  expected: "0 or a positive whole number",
  fits: (value: unknown) => Number.isInteger(value) && Number(value) >= 0,
};

/** Those that decide what values are taken. A wrong one makes the whole schema invalid: no value is taken any more. */
const KEYWORDS: readonly Keyword[] = [
  { keyword: "enum", expected: "a list", fits: Array.isArray },
  { keyword: "minimum", ...NUMBER },
  { keyword: "maximum", ...NUMBER },
  { keyword: "minLength", ...SIZE },
  { keyword: "maxLength", ...SIZE },
  { keyword: "minItems", ...SIZE },
  { keyword: "maxItems", ...SIZE },
  { keyword: "pattern", expected: "text", fits: (value) => typeof value === "string" },
  { keyword: "items", expected: "a mapping", fits: (value) => isMapping(value) || typeof value === "boolean" },
  { keyword: "properties", expected: "a mapping", fits: isMapping },
];

export function checkKeywords(field: Mapping, path: ValuePath, found: Finding[]): void {
  for (const { keyword, expected, fits } of KEYWORDS) {
    const value = field[keyword];
    if (!isAbsent(value) && !fits(value)) found.push(invalidKeyword(value, [...path, keyword], expected, "error"));
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
  { low: "minimum", high: "maximum" },
  { low: "minLength", high: "maxLength" },
  { low: "minItems", high: "maxItems" },
] as const;

/** That there is a value between the bounds. */
export function checkBounds(field: Mapping, path: ValuePath, found: Finding[]): void {
  for (const { low, high } of BOUNDS) {
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
