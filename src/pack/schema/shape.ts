import * as z from "zod/mini";

/*
 * How schemas of definitions are written: with `zod/mini`, which is loaded only when there is something to validate. The
 * same schemas become JSON Schema for editors, so descriptions are for people who write packs. What zod's own messages
 * say is never shown: `check-shape.ts` makes findings.
 */

/** What is made with the first use: to make the schemas of all kinds takes longer than to sync an edited file. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A field that may be missing; `key:` without a value says as little. */
export function field<T extends z.ZodMiniType>(description: string, type: T) {
  return described(z.optional(z.nullable(type)), description);
}

/** A field that may be missing, but not be left empty: the platform refuses `key:` without a value. */
export function filled<T extends z.ZodMiniType>(description: string, type: T) {
  return described(z.optional(type), description);
}

/** A schema that nobody else has, so that none need be made of it. */
function described<T extends z.ZodMiniType>(own: T, description: string): T {
  z.globalRegistry.add(own, { description });
  return own;
}

/** A field that has to be there. */
export function required<T extends z.ZodMiniType>(description: string, type: T): T {
  return type.check(z.describe(description));
}

/**
 * A mapping whose unknown keys the platform refuses. They pass the schema all the same: `unknown-fields.ts` makes a finding
 * of each, where it stands.
 */
export function closed<const T extends z.core.$ZodLooseShape>(shape: T) {
  return z.looseObject(shape).check(z.meta({ additionalProperties: false }));
}

export function isClosed(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.["additionalProperties"] === false;
}

/** Values that the platform compares as they are. */
export function oneOf<const T extends readonly string[]>(names: T) {
  return z.enum(names);
}

export const text = z.string();
export const bool = z.boolean();
export const int = z.int();
export const anyMap = z.record(z.string(), z.unknown());
export const texts = z.array(z.string());
export const number = z.number();
export const anyMaps = z.array(anyMap);
