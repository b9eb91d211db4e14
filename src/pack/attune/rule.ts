import * as z from "zod/mini";
import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import type { Mapping } from "../mapping.ts";
import type { DefinitionContext, KindModel } from "../model.ts";
import { anyMap, field, required, text, texts } from "../schema/shape.ts";
import { checkPackRef, checkRef, isReference } from "./component-ref.ts";
import { relabelled } from "./relabel.ts";
import { described, FOR_PEOPLE, nonEmpty } from "./shapes.ts";
import { checkTemplates } from "./templates.ts";

/** `rules/*.yaml`. Source: `PackComponentLoader` (crates/common), which skips a rule whose trigger or action it cannot find. */
export const rule: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      pack_ref: field("The pack's ref; it may say nothing else", text),
      trigger_ref: required("The trigger whose events it takes; a bare name is one of this pack", nonEmpty),
      action_ref: required("The action that it runs; a bare name is one of this pack", nonEmpty),
      conditions: field("Which events it takes; default all", z.union([anyMap, z.array(z.unknown())])),
      action_params: field('Parameters of the action; templates as `"{{ event.payload.x }}"`', anyMap),
      trigger_params: field("Configuration of the trigger", anyMap),
      permission_set_refs: field("What its executions may do", z.union([texts, text])),
      permission_set_ref: field("As `permission_set_refs`, if there is only one", z.union([text, texts])),
      trace_tag_template: field("A tag for what follows from an event", text),
    }),
  advisory: [...FOR_PEOPLE, "trace_tag_template"],
  check: (value, about) => [
    ...checkRef(value, about, "short"),
    ...checkPackRef(value, about),
    ...checkReference(value, "trigger_ref", about),
    ...checkReference(value, "action_ref", about),
    ...checkTemplates(value, ["conditions", "action_params", "trigger_params", "trace_tag_template"]),
  ],
  report: relabelled([{ at: "", reach: "exactly", hint: "A rule says which trigger runs which action." }]),
};

function checkReference(value: Mapping, key: string, { pack }: DefinitionContext): readonly Finding[] {
  const given = value[key];
  if (typeof given !== "string" || given === "" || isReference(given, pack)) return [];
  return [
    {
      severity: "error",
      code: "rule.invalid_reference",
      message: `Expected \`${key}\` to be \`<pack>.<name>\`, or the name of one in this pack, got ${shown(given)}`,
      hint: "Names are of lower-case letters, digits, `_` and `-`, and have one dot between pack and component.",
      path: [key],
      at: "value",
    },
  ];
}
