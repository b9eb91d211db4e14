/** What PyYAML's `safe_load` makes of a scalar without quotes. `value`: it has none of its own kind for `=`, and refuses the file. */
export type Reading =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly value: number; readonly isWhole: boolean }
  | { readonly kind: "null" | "date" | "value" | "merge" };

/** Source: the implicit resolvers in PyYAML's resolver.py and the constructors in its constructor.py. */
export function readYaml11(scalar: string): Reading {
  if (TRUE.test(scalar)) return { kind: "boolean", value: true };
  if (FALSE.test(scalar)) return { kind: "boolean", value: false };
  if (INT.test(scalar) || FLOAT.test(scalar)) return readNumber(scalar);
  if (TIMESTAMP.test(scalar)) return { kind: "date" };
  if (/^(?:~|null|Null|NULL|)$/.test(scalar)) return { kind: "null" };
  if (scalar === "=") return { kind: "value" };
  return scalar === "<<" ? { kind: "merge" } : { kind: "text", value: scalar };
}

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INT = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

function readNumber(scalar: string): Reading {
  const sign = scalar.startsWith("-") ? -1 : 1;
  const value = sign * magnitude(scalar.replace(/^[-+]/, "").replaceAll("_", ""));
  return { kind: "number", value, isWhole: INT.test(scalar) };
}

function magnitude(digits: string): number {
  if (/^\.inf$/i.test(digits)) return Number.POSITIVE_INFINITY;
  if (digits.includes(":")) return digits.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return /^0\d+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}
