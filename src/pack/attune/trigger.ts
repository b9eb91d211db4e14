import * as z from "zod/mini";
import type { Finding } from "../finding.ts";
import { isAbsent, type Mapping } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { field, oneOf, text, texts } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { parameters } from "./parameter-shape.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE } from "./shapes.ts";

const SCHEMAS = ["parameters", "output"] as const;

/** `triggers/*.yaml`. Source: `PackComponentLoader` (crates/common), which reads `parameters` and `output`. */
export const trigger: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      type: field("`interval`, `cron`, `one_shot`, `webhook` or `custom`; for people only", text),
      parameters: parameters("What a rule may configure: name → field"),
      output: parameters("What an event carries: name → field"),
      reference_visibility: field("Which packs' rules may use it", oneOf(["public", "private", "restricted"])),
      reference_allowed_pack_refs: field("The packs that may, if it is `restricted`", texts),
      examples: field("How to use it; for people only", z.unknown()),
    }),
  advisory: [...FOR_PEOPLE, "type", "reference_visibility", "reference_allowed_pack_refs"],
  check: (value, about) => [
    ...checkRef(value, about),
    ...checkParameters(value, SCHEMAS),
    ...checkRenamed(value, "parameters_schema", "parameters"),
    ...checkRenamed(value, "payload_schema", "output"),
  ],
  report: relabelled(checkedParameters(SCHEMAS)),
};

/** The platform's documentation has StackStorm's names, its loaders have not. */
function checkRenamed(value: Mapping, given: string, wanted: string): readonly Finding[] {
  if (isAbsent(value[given]) || !isAbsent(value[wanted])) return [];
  return [
    {
      severity: "warning",
      code: "trigger.ignored_schema",
      message: `Expected \`${wanted}\`, got \`${given}\`, which the platform's loaders do not read`,
      hint: `Rename it to \`${wanted}\`, as a flat map, name → field.`,
      path: [given],
      at: "key",
    },
  ];
}
