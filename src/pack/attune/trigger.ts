import * as z from "zod/mini";
import type { KindModel } from "../model.ts";
import { anyMap, bool, field, required, text, texts } from "../schema/shape.ts";

/** `triggers/*.yaml`. Source: `PackComponentLoader` (crates/common), which reads `parameters` and `output`. */
export const trigger: KindModel = {
  schema: z.looseObject({
    ref: required("Full reference, e.g. `core.intervaltimer`", text),
    label: field("Name for people", text),
    description: field("What makes it fire", text),
    enabled: field("Whether rules may use it; default true", bool),
    type: field("`interval`, `cron`, `one_shot`, `webhook` or `custom`; for people only", text),
    parameters: field("What a rule may configure: field name → schema", anyMap),
    output: field("What an event carries: field name → schema", anyMap),
    tags: field("Words to find it by", texts),
    examples: field("How to use it; for people only", z.unknown()),
  }),
  advisory: ["label", "type", "tags", "examples"],
};
