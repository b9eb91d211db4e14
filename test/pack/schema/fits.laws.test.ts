import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type * as z from "zod/mini";
import { kindsOf } from "../../../src/pack/json-schema.ts";
import { modelOf } from "../../../src/pack/model.ts";
import { fits } from "../../../src/pack/schema/fits.ts";
import { unknownFields } from "../../../src/pack/unknown-fields.ts";

const kinds = (["attune", "stackstorm"] as const).flatMap((dialect) =>
  kindsOf(dialect).map((kind) => ({ dialect, kind })),
);

describe.for(kinds)("a definition of $kind in $dialect", ({ dialect, kind }) => {
  const schema = modelOf(kind, dialect)?.schema;
  if (schema === undefined) throw new Error(`Expected ${dialect} to know ${kind}`);

  test("that fits certainly is what zod takes, too, and has no unknown key, whatever it is", () => {
    fc.assert(
      fc.property(near(schema, 3), (value) => {
        if (!fits(schema, value)) return;
        expect(schema.safeParse(value)).toMatchObject({ success: true });
        expect(unknownFields(value, schema)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test("that zod takes fits certainly, if it is made as the schema says", () => {
    fc.assert(
      fc.property(near(schema, 0), (value) => {
        if (schema.safeParse(value).success) expect(fits(schema, value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** In the way of what a schema says, often at its limits; in `odd` of 100 places anything stands instead. */
function near(schema: z.core.$ZodType, odd: number, depth = 0): fc.Arbitrary<unknown> {
  const right = rightOf(schema, odd, depth);
  if (odd === 0) return right;
  return fc.oneof({ weight: 100 - odd, arbitrary: right }, { weight: odd, arbitrary: anything });
}

const anything = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.constantFrom(null, undefined, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, 1.5, "", [], {}, new Date(0)),
);

function rightOf(schema: z.core.$ZodType, odd: number, depth: number): fc.Arbitrary<unknown> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const below = (inner: z.core.$ZodType) => near(inner, odd, depth + 1);
  switch (def.type) {
    case "string":
      return fc.string({ maxLength: 3 });
    case "boolean":
      return fc.boolean();
    case "number":
      return fc.oneof(
        fc.integer({ min: -2, max: 3 }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      );
    case "enum":
      return fc.constantFrom<unknown>(...Object.values(def.entries));
    case "optional":
      return fc.oneof(fc.constant(undefined), below(def.innerType));
    case "nullable":
      return fc.oneof(fc.constant(null), below(def.innerType));
    case "union":
      return fc.oneof(...def.options.map(below));
    case "lazy":
      return depth > 8 ? fc.constant({}) : below(def.getter());
    case "array":
      return fc.array(below(def.element), { maxLength: 2 });
    case "record":
      return fc.dictionary(fc.string({ maxLength: 3 }), below(def.valueType), { maxKeys: 2 });
    case "object":
      return fc
        .record(Object.fromEntries(Object.entries(def.shape).map(([name, field]) => [name, below(field)])), {
          requiredKeys: odd === 0 ? Object.keys(def.shape).filter((name) => isRequired(def.shape[name])) : [],
        })
        .chain((known) =>
          fc
            .dictionary(fc.string({ maxLength: 3 }), anything, { maxKeys: odd === 0 ? 0 : 1 })
            .map((own) => ({ ...own, ...known })),
        );
    default:
      return fc.anything({ maxDepth: 1 });
  }
}

function isRequired(field: z.core.$ZodType | undefined): boolean {
  return field?._zod.def.type !== "optional";
}
