import type * as z from "zod/mini";
import { isMapping } from "../mapping.ts";

type Fits = (value: unknown) => boolean;

const known = new WeakMap<z.core.$ZodType, Fits>();

/**
 * Whether a value certainly fits a schema, and has no key that the schema does not know: nothing is to be said of either.
 * `false`: zod and `unknown-fields.ts` have to look. Nearly every definition fits, and zod, which also makes the value anew
 * and remembers where it is, takes ten times as long to say so.
 */
export function fits(schema: z.core.$ZodType, value: unknown): boolean {
  return fitsOf(schema)(value);
}

function fitsOf(schema: z.core.$ZodType): Fits {
  const found = known.get(schema);
  if (found !== undefined) return found;
  let made: Fits = UNSURE;
  known.set(schema, (value) => made(value)); // for a schema that contains itself
  made = checked(schema);
  known.set(schema, made);
  return made;
}

function checked(schema: z.core.$ZodType): Fits {
  const isOfType = typed(schema);
  const checks = (schema._zod.def.checks ?? []).flatMap((check) => checkOf(check) ?? []);
  const [only, another] = checks;
  if (only === undefined) return isOfType;
  if (another === undefined) return (value) => isOfType(value) && only(value);
  return (value) => isOfType(value) && checks.every((check) => check(value));
}

const UNSURE: Fits = () => false;

function typed(schema: z.core.$ZodType): Fits {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "unknown":
      return () => true;
    case "string":
      return "format" in def ? UNSURE : (value) => typeof value === "string";
    case "boolean":
      return (value) => typeof value === "boolean";
    case "number":
      if (!("format" in def)) return Number.isFinite;
      return def.format === "safeint" ? Number.isSafeInteger : UNSURE;
    case "enum":
      return fitsEnum(new Set<unknown>(Object.values(def.entries)));
    case "optional":
      return orElse(undefined, fitsOf(def.innerType));
    case "nullable":
      return orElse(null, fitsOf(def.innerType));
    case "union":
      return fitsUnion(def.options.map(fitsOf));
    case "lazy":
      return fitsOf(def.getter());
    case "array":
      return fitsArray(fitsOf(def.element));
    case "record":
      return fitsRecord(fitsOf(def.keyType), fitsOf(def.valueType));
    case "object":
      return fitsObject(def.shape, def.catchall?._zod.def.type === "unknown");
    default:
      return UNSURE;
  }
}

function fitsEnum(values: ReadonlySet<unknown>): Fits {
  return (value) => values.has(value);
}

function orElse(other: null | undefined, inner: Fits): Fits {
  return (value) => value === other || inner(value);
}

function fitsUnion(options: readonly Fits[]): Fits {
  return (value) => options.some((option) => option(value));
}

function fitsArray(element: Fits): Fits {
  return (value) => Array.isArray(value) && value.every(element);
}

function fitsRecord(key: Fits, each: Fits): Fits {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (!key(name) || !each(value[name])) return false;
    return true;
  };
}

function fitsObject(shape: z.core.$ZodShape, isLoose: boolean): Fits {
  if (!isLoose) return UNSURE;
  const fields = new Map(Object.entries(shape).map(([name, field]) => [name, fitsOf(field)]));
  const needed = Object.keys(shape).filter((name) => shape[name] !== undefined && !isOptional(shape[name]));
  return (value) => {
    if (!isPlain(value)) return false;
    for (const name in value) if (fields.get(name)?.(value[name]) !== true) return false; // a file has fewer than a schema
    return needed.every((name) => Object.hasOwn(value, name));
  };
}

function isOptional(field: z.core.$ZodType): boolean {
  return field._zod.def.type === "optional";
}

/** As parsers make them. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isMapping(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `undefined`: it only describes. */
function checkOf(check: z.core.$ZodCheck<never>): Fits | undefined {
  const { def } = (check as z.core.$ZodCheck as z.core.$ZodChecks)._zod;
  switch (def.check) {
    case "min_length":
      return (value) => lengthOf(value) >= def.minimum;
    case "max_length":
      return (value) => lengthOf(value) <= def.maximum;
    case "greater_than":
      return (value) => Number(value) > Number(def.value) || (def.inclusive && value === def.value);
    case "less_than":
      return (value) => Number(value) < Number(def.value) || (def.inclusive && value === def.value);
    case "string_format":
      return def.format === "regex" && def.pattern ? matching(def.pattern) : UNSURE;
    default:
      return ONLY_DESCRIBE.has(def.check) ? undefined : UNSURE;
  }
}

function matching(pattern: RegExp): Fits {
  return (value) => typeof value === "string" && value.search(pattern) >= 0;
}

const ONLY_DESCRIBE: ReadonlySet<string> = new Set(["describe", "meta"]);

function lengthOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : Number.NaN;
}
