import type * as z from "zod/mini";
import { excerpt } from "./excerpt.ts";
import type { Finding, ValuePath } from "./finding.ts";
import { isMapping, type Mapping } from "./mapping.ts";
import { isClosed } from "./schema/shape.ts";
import { nearest } from "./spelling.ts";

/**
 * Keys that nobody reads: those that look like a misspelling of one that is known in their place, and, where the platform
 * refuses what it does not know ({@link isClosed}), all. Anything else is somebody's own, and kept silently.
 */
export function unknownFields(value: unknown, schema: z.core.$ZodType): Finding[] {
  const found: Finding[] = [];
  fieldsBelow(value, schema, { path: [], found });
  return found;
}

/** `path`: where the walk is. It is one list for the whole walk: nearly nobody needs to keep it. */
interface Walk {
  readonly path: (string | number)[];
  readonly found: Finding[];
}

function fieldsBelow(value: unknown, schema: z.core.$ZodType, walk: Walk): void {
  if (value === null) return;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
      fieldsBelow(value, def.innerType, walk);
      break;
    case "union": {
      const meant = def.options.filter((option) => isOfKind(value, option));
      if (meant.length === 1 && meant[0] !== undefined) fieldsBelow(value, meant[0], walk);
      break;
    }
    case "array":
      if (!Array.isArray(value)) break;
      for (const [index, item] of value.entries()) into(index, item, def.element, walk);
      break;
    case "record":
      if (!isMapping(value)) break;
      for (const key of Object.keys(value)) into(key, value[key], def.valueType, walk);
      break;
    case "object":
      if (isMapping(value)) fieldsOf(value, schema, def.shape, walk);
      break;
    default: // a scalar, or anything at all
  }
}

function into(key: string | number, value: unknown, schema: z.core.$ZodType, walk: Walk): void {
  if (typeof value !== "object") return;
  walk.path.push(key);
  fieldsBelow(value, schema, walk);
  walk.path.pop();
}

function fieldsOf(value: Mapping, schema: z.core.$ZodType, shape: z.core.$ZodShape, walk: Walk): void {
  for (const key of Object.keys(value)) {
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (known !== undefined) into(key, value[key], known, walk);
    else walk.found.push(...unknownField(key, value, shape, isClosed(schema), walk.path));
  }
}

/** A key that is there already is not the one that was meant. */
function unknownField(
  key: string,
  value: Mapping,
  shape: z.core.$ZodShape,
  isRefused: boolean,
  path: ValuePath,
): Finding[] {
  const absent = Object.keys(shape).filter((known) => !Object.hasOwn(value, known));
  const meant = nearest(key, absent, leeway(key));
  if (meant === undefined && !isRefused) return [];
  return [
    {
      severity: isRefused ? "error" : "warning",
      code: "metadata.unknown_field",
      message: `Expected a known field, got \`${excerpt(key)}\`${isRefused ? ", which StackStorm refuses" : ""}`,
      hint:
        meant === undefined ? `Remove it; known here: ${Object.keys(shape).join(", ")}.` : `Did you mean \`${meant}\`?`,
      path: [...path, key],
      at: "key",
    },
  ];
}

/** How many letters may be wrong: short words are near too many others. */
function leeway(key: string): number {
  if (/^[_.]|^x-/.test(key) || key.length > 100) return -1;
  return key.length < 4 ? 0 : key.length < 8 ? 1 : 2;
}

/** Whether an alternative is meant for this kind of value; only what has fields below counts. */
function isOfKind(value: unknown, option: z.core.$ZodType): boolean {
  const { type } = option._zod.def;
  return Array.isArray(value) ? type === "array" : isMapping(value) && (type === "object" || type === "record");
}
