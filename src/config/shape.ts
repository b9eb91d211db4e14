import * as z from "zod/mini";

/*
 * What the settings are is built only for those that are given: all of them are some three hundred schemas, for which a run with
 * nothing to do would wait ten milliseconds.
 */

/** What a setting may be, for a value that was given. */
export type Field<T extends z.ZodMiniType = z.ZodMiniType> = (given: unknown) => T;

type Shape = Readonly<Record<string, Field>>;
type Strict<S extends Shape> = z.ZodMiniObject<{ [K in keyof S]: ReturnType<S[K]> }, z.core.$strict>;

/** A mapping with no other keys; everything but what is `given` is left out of it. */
export function strict<S extends Shape>(shape: S, expected: string): Field<Strict<S>> {
  return (given) => {
    const fields = Object.entries(shape).flatMap(([key, field]) =>
      isMapping(given) && Object.hasOwn(given, key) ? [[key, field(given[key])] as const] : [],
    );
    return z.strictObject(Object.fromEntries(fields), expected) as Strict<S>;
  };
}

/** A setting that may be left out. */
export function optional<T extends z.ZodMiniType>(
  description: string,
  field: Field<T>,
): Field<z.ZodMiniExactOptional<T>> {
  return (given) => {
    const schema = z.exactOptional(field(given));
    z.globalRegistry.add(schema, { description });
    return schema;
  };
}

/** Settings under a common name; `null` is a section whose lines are all commented out. */
export function section<S extends Shape>(shape: S): Field<z.ZodMiniExactOptional<z.ZodMiniNullable<Strict<S>>>> {
  const fields = strict(shape, "a mapping of settings");
  return (given) => z.exactOptional(z.nullable(fields(given)));
}

function isMapping(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === "object" && given !== null;
}
