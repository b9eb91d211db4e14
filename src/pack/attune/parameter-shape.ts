import * as z from "zod/mini";
import { anyMap, bool, field, once, oneOf, required, text } from "../schema/shape.ts";
import { natural } from "./shapes.ts";

export const parameterTypes = ["string", "number", "integer", "boolean", "array", "object", "null"] as const;
export type ParameterType = (typeof parameterTypes)[number];

const parameter = once(() =>
  z.looseObject({
    type: required("What values it takes", oneOf(parameterTypes)),
    description: field("What it is for", text),
    default: z.optional(z.unknown()).check(z.describe("The value when none is given")),
    required: field("Whether a value has to be given; default false", bool),
    secret: field("Whether its value is hidden from people; default false", bool),
    enum: field("The only values that it takes", z.array(z.unknown())),
    const: z.optional(z.unknown()).check(z.describe("The only value that it takes")),
    minimum: field("The smallest number", z.number()),
    maximum: field("The largest number", z.number()),
    minLength: field("The shortest text, in characters", natural),
    maxLength: field("The longest text, in characters", natural),
    pattern: field("A regular expression that the text fits", text),
    format: field("What the text is, e.g. `date-time`", text),
    minItems: field("The shortest list", natural),
    maxItems: field("The longest list", natural),
    items: field("What the entries of a list are, as JSON Schema", anyMap),
    properties: field("What the keys of a mapping hold, as JSON Schema", anyMap),
  }),
);

/**
 * Fields by name, in the platform's flat style. For editors: findings about it come from `checkParameters`, which knows
 * the other style too.
 */
export function parameters(description: string) {
  return field(description, z.record(z.string(), parameter()));
}
