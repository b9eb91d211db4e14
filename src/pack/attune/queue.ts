import * as z from "zod/mini";
import { shown } from "../check-shape.ts";
import type { Finding } from "../finding.ts";
import { isMapping, type Mapping } from "../mapping.ts";
import type { KindModel } from "../model.ts";
import { anyMap, bool, field, int, once, oneOf, required, text, texts } from "../schema/shape.ts";
import { checkRef } from "./component-ref.ts";
import { parameters } from "./parameter-shape.ts";
import { checkedParameters, checkParameters } from "./parameters.ts";
import { relabelled } from "./relabel.ts";
import { described, natural, nonEmpty } from "./shapes.ts";
import { checkTemplates } from "./templates.ts";

const CODE = "queue.invalid_definition";

const tunable = once(() =>
  z.looseObject({
    source: required("Where the value comes from", oneOf(["literal", "pack_config", "keystore"])),
    value: field("The value, if it is `literal`", z.unknown()),
    path: field("Where in the configuration, or in the key, it stands", text),
    key_ref: field("Which key, if it is in the `keystore`", text),
  }),
);

/** `queues/*.yaml`, which newer versions of the platform load. Source: crates/common/src/queue_definition.rs. */
export const queue: KindModel = {
  schema: () =>
    z.looseObject({
      ...described(),
      label: required("Name for people", nonEmpty),
      dispatch_action: required("The action that takes the items, `<pack>.<name>`", nonEmpty),
      accepting_new_items: field("Whether items can be put in; default true", bool),
      default_priority: field("Of items that have none; default 0", int),
      allow_pending_update: field("Whether an item that waits can be changed; default false", bool),
      update_strategy: field("How it is changed; default `replace`", oneOf(["immutable", "replace", "merge_patch"])),
      batch_mode: field("Whether the action gets one item or many; default `single`", oneOf(["single", "batch"])),
      item_schema: parameters("What an item has: name → field"),
      action_params: field('Parameters of the action; templates as `"{{ item.x }}"`', anyMap),
      trace_tag_template: field("A tag for what follows from an item", nonEmpty),
      permission_set_refs: field("What its executions may do", z.array(nonEmpty)),
      reference_visibility: field("Which packs may use it", oneOf(["public", "private", "restricted"])),
      reference_allowed_pack_refs: field("The packs that may, if it is `restricted`", texts),
      config: field(
        "How items are handed out",
        z.looseObject({
          dispatch: field(
            "How many at a time, and how often again",
            z.looseObject({
              concurrency: field("How many executions at a time", tunable()),
              batch_size: field("How many items an execution gets", tunable()),
              retry_limit: field("How often an item is tried again", natural),
              inter_execution_delay_seconds: field("Seconds between two executions", natural),
            }),
          ),
        }),
      ),
    }),
  advisory: ["tags"],
  check: (value, about) => [
    ...checkRef(value, about, "queue"),
    ...checkAction(value),
    ...checkParameters(value, ["item_schema"]),
    ...checkTunables(value),
    ...checkVisibility(value),
    ...checkTemplates(value, ["action_params", "trace_tag_template"]),
  ],
  report: relabelled([...checkedParameters(["item_schema"]), { at: "", code: CODE }]),
};

function checkAction({ dispatch_action: given }: Mapping): readonly Finding[] {
  if (typeof given !== "string" || given === "" || /^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$/.test(given)) return [];
  const message = `Expected \`dispatch_action\` to be \`<pack>.<name>\`, got ${shown(given)}`;
  return [invalid(message, "Write the pack too, also if it is this one.", ["dispatch_action"])];
}

/** What each source of a value needs. */
const NEEDED: Readonly<Record<string, string>> = { literal: "value", pack_config: "path", keystore: "key_ref" };

function checkTunables({ config }: Mapping): readonly Finding[] {
  const dispatch = isMapping(config) && isMapping(config["dispatch"]) ? config["dispatch"] : {};
  return ["concurrency", "batch_size"].flatMap((key) => {
    const given = dispatch[key];
    if (!isMapping(given) || typeof given["source"] !== "string" || !Object.hasOwn(NEEDED, given["source"])) return [];
    const needed = NEEDED[given["source"]] ?? "value";
    if (given[needed] !== undefined && given[needed] !== null && given[needed] !== "") return [];
    const message = `Expected \`${needed}\` beside \`source: ${given["source"]}\`, got none`;
    return [invalid(message, `Add \`${needed}\`.`, ["config", "dispatch", key], "key")];
  });
}

function checkVisibility(value: Mapping): readonly Finding[] {
  const { reference_visibility: visibility, reference_allowed_pack_refs: packs } = value;
  if (visibility === "restricted" || !Array.isArray(packs) || packs.length === 0) return [];
  const message =
    "Expected `reference_allowed_pack_refs` only beside `reference_visibility: restricted`, got it without";
  const hint = "Add `reference_visibility: restricted`, or remove the list.";
  return [invalid(message, hint, ["reference_allowed_pack_refs"], "key")];
}

function invalid(message: string, hint: string, path: Finding["path"], at: Finding["at"] = "value"): Finding {
  return { severity: "error", code: CODE, message, hint, path, at };
}
